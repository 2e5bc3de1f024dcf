"""Rows F2 and F5: forwarded and returned, decided, advised upon, a major incident; each as the others see it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from playwright.sync_api import Browser, Page, expect

from servicedesk.actions import sessions
from servicedesk.rules.lifecycle import State
from servicedesk.store.base import writing
from tests import factories
from tests.e2e.world import World
from tests.web.conftest import PROVIDER

FIRST, SECOND, ADVISING, KEY = "INFO1", "STAGE", "TASSE", "stage-curriculare"
_serial = count(1)


def code() -> str:
    """A code that none of the demo's staff has."""
    return f"LINE-{next(_serial)}"


class Desk:
    """A student's ticket, technicians of both lines, an adviser and a supervisor, each with a browser."""

    def __init__(self, world: World, browser: Browser) -> None:
        self.world, self.browser = world, browser
        self.opened: list[Page] = []
        now = datetime.now(UTC)
        with world.session() as session, writing(session):
            people = {
                "first": factories.technician(session, FIRST, given_name="Primo", family_name="Linea", code=code()),
                "second": factories.technician(session, SECOND, given_name="Seconda", family_name="Linea", code=code()),
                "adviser": factories.technician(
                    session, ADVISING, given_name="Ivo", family_name="Consigli", code=code()
                ),
                "leader": factories.supervisor(session, SECOND, given_name="Nora", family_name="Guida", code=code()),
                "student": factories.student(session),
            }
            ticket = factories.ticket(
                session,
                key=KEY,
                state=State.IN_PROGRESS,
                technician=people["second"],
                requester=people["student"],
                now=now,
            )
            self.address = f"/tickets/{ticket.number}"
            self.leaders_mail, self.seconds_mail = people["leader"].email, people["second"].email
            self.tokens = {
                name: sessions.start(session, who.id, PROVIDER, now + timedelta(hours=1), now)
                for name, who in people.items()
            }

    def page(self, name: str, address: str = "") -> Page:
        context = self.browser.new_context(base_url=self.world.address, locale="en")
        cookies = {"servicedesk_language": "en", self.world.settings.sessions.cookie: self.tokens[name]}
        context.add_cookies([{"name": key, "value": each, "url": self.world.address} for key, each in cookies.items()])
        page = context.new_page()
        page.goto(address or self.address)
        self.opened.append(page)
        return page


@pytest.fixture
def desk(browser: Browser, shared_world: World) -> Iterator[Desk]:
    made = Desk(shared_world, browser)
    yield made
    for page in made.opened:
        page.context.close()


def forward(page: Page, group: str, reason: str) -> int:
    """Forward the ticket on the page with a reason, and return how many clicks that took beside the typing."""
    clicks = 1
    page.get_by_role("link", name="Forward", exact=True).click()
    if page.locator("#forward-group").input_value() != group:
        page.locator("#forward-group").select_option(group)
        clicks += 2
    page.keyboard.type(reason)
    page.locator("#form-forward").get_by_role("button", name="Forward", exact=True).click()
    expect(page.get_by_role("status").or_(page.get_by_role("alert")).first).to_be_visible()
    return clicks + 1


def test_f2_tickets_pass_between_the_lines_and_a_supervisor_decides_the_third_time(desk: Desk) -> None:
    student, second = desk.page("student"), desk.page("second")
    forward(second, FIRST, "The student asks about opening hours.")
    first = desk.page("leader")
    expect(first.locator("body")).to_contain_text("This page is not here")  # it is with the first line now
    with desk.world.session() as session, writing(session):
        back = factories.technician(session, FIRST, given_name="Altra", family_name="Prima", code=code())
        token = sessions.start(session, back.id, PROVIDER, datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC))
    desk.tokens["back"] = token
    page = desk.page("back")
    clicks = forward(page, SECOND, "It is about the internship after all.")
    print(f"forwarded with a reason: {clicks} presses")
    assert clicks <= 3
    second.goto(desk.address)
    expect(second.get_by_text("handed over 2 times")).to_be_visible()
    forward(second, FIRST, "Theirs, and I am sure.")
    expect(second.get_by_text("a supervisor was asked").first).to_be_visible()
    assert "Your decision is wanted" in desk.world.mail_to(desk.leaders_mail)[0]
    leader = desk.page("leader", "/queue")
    leader.get_by_role("link", name="to decide").click()
    leader.get_by_role("link", name="Renewing late").first.click()
    leader.get_by_text("It stays here", exact=True).first.click()
    leader.locator("#keep-note").fill("Second line answers the student itself.")
    leader.locator("#form-keep").get_by_role("button", name="It stays here").click()
    expect(leader.get_by_text("decided that the request stays").first).to_be_visible()
    assert "It stays where it is" in desk.world.mail_to(desk.seconds_mail)[0]
    student.reload()
    conversation = student.locator("body")
    expect(conversation.get_by_text("forwarded the request to")).to_have_count(2)
    expect(conversation.get_by_text("supervisor")).to_have_count(0)


def test_f2_another_group_gives_advice_and_the_ticket_stays(desk: Desk) -> None:
    second = desk.page("second")
    second.locator("#form-ask_advice > summary").click()
    second.locator("#advice-group").select_option(ADVISING)
    second.locator("#advice-note").fill("Is the stamp duty due?")
    second.locator("#form-ask_advice").get_by_role("button", name="Ask", exact=True).click()
    adviser = desk.page("adviser", "/queue")
    adviser.get_by_role("link", name="for your advice").click()
    adviser.get_by_role("link", name="Renewing late").first.click()
    expect(adviser.get_by_role("button", name="Take")).to_have_count(0)
    adviser.locator("#advise-note").fill("Not in this case.")
    adviser.get_by_role("button", name="Send the advice").click()
    assert "Advice given" in desk.world.mail_to(desk.seconds_mail)[0]
    second.reload()
    expect(second.get_by_text("Not in this case.")).to_be_visible()
    student = desk.page("student")
    expect(student.get_by_text("Not in this case.")).to_have_count(0)


def test_f5_a_major_incident_is_declared_by_its_own_right_and_seen_by_the_group(desk: Desk) -> None:
    second = desk.page("second")
    expect(second.get_by_text("Declare a major incident")).to_have_count(0)
    leader = desk.page("leader")
    leader.locator("#form-declare_major > summary").click()
    leader.locator("#declare_major-note").fill("Nobody can reach the portal.")
    leader.locator("#form-declare_major").get_by_role("button").click()
    assert "Major incident" in desk.world.mail_to(desk.seconds_mail)[0]
    second.reload()
    expect(second.get_by_role("alert").get_by_text("Major incident")).to_be_visible()
    second.goto("/queue")
    expect(second.get_by_role("row").nth(1)).to_contain_text("Major incident")
