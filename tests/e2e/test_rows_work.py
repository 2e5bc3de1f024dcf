"""Rows F7, F8 and F10 at the ticket at work: named in a note, two in one ticket, a moment to take back what is sent."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from servicedesk.actions import sessions
from servicedesk.rules.lifecycle import State
from servicedesk.settings import Workbench
from servicedesk.store.base import writing
from servicedesk.store.models.tickets import Ticket
from tests import factories
from tests.e2e.world import World
from tests.web.conftest import PROVIDER

GROUP, KEY, ELSEWHERE = "STAGE", "stage-curriculare", "INFO1"
LOOK = "document.dispatchEvent(new Event('visibilitychange'))"


class Desk:
    """A ticket of a student with two technicians of its group and one of another, each with a browser."""

    def __init__(self, world: World, browser: Browser) -> None:
        self.world, self.browser = world, browser
        self.opened: list[Page] = []
        now = datetime.now(UTC)
        with world.session() as session, writing(session):
            people = {
                "anna": factories.technician(session, GROUP, given_name="Anna", family_name="Alba", code="OP-A"),
                "bruno": factories.technician(session, GROUP, given_name="Bruno", family_name="Bo", code="OP-B"),
                "carla": factories.technician(session, ELSEWHERE, given_name="Carla", family_name="Co", code="OP-C"),
                "student": factories.student(session, email="giulia@example.org"),
            }
            ticket = factories.ticket(
                session,
                key=KEY,
                state=State.IN_PROGRESS,
                technician=people["anna"],
                requester=people["student"],
                now=now,
            )
            self.number, self.address = ticket.number, f"/tickets/{ticket.number}"
            self.carlas_mail = people["carla"].email
            self.students_mail = factories.institutional_address(session, people["student"])
            self.tokens = {
                name: sessions.start(session, who.id, PROVIDER, now + timedelta(hours=1), now)
                for name, who in people.items()
            }

    def page(self, name: str, width: int = 1280) -> Page:
        context = self.browser.new_context(
            base_url=self.world.address, viewport={"width": width, "height": 900}, locale="en"
        )
        cookies = {"servicedesk_language": "en", self.world.settings.sessions.cookie: self.tokens[name]}
        context.add_cookies([{"name": key, "value": each, "url": self.world.address} for key, each in cookies.items()])
        page = context.new_page()
        page.goto(self.address)
        self.opened.append(page)
        return page

    def state(self) -> str:
        with self.world.session() as session:
            return session.scalars(sa.select(Ticket.state).where(Ticket.number == self.number)).one()


@pytest.fixture
def desk(shared_world: World, browser: Browser) -> Iterator[Desk]:
    made = Desk(shared_world, browser)
    yield made
    for page in made.opened:
        page.context.close()
    with shared_world.session() as session, writing(session):  # codes are nobody's twice
        session.execute(sa.text("UPDATE person SET code = NULL WHERE code LIKE 'OP-_'"))


def write(page: Page, text: str) -> None:
    page.locator(".desk-composer trix-editor").click()
    page.keyboard.type(text)


def test_f8_two_technicians_in_one_ticket_see_each_other_and_never_overwrite_each_other(desk: Desk) -> None:
    anna, bruno = desk.page("anna"), desk.page("bruno")
    write(bruno, "Use form R.")
    anna.evaluate(LOOK)
    expect(anna.locator("[data-presence]")).to_have_text("OP-B Bruno Bo is writing")
    write(anna, "Come to room 3.")
    bruno.get_by_role("button", name="Reply to the requester").click()
    expect(bruno.get_by_text("Your comment was sent.")).to_be_visible()
    anna.evaluate(LOOK)
    expect(anna.locator("[data-news]")).to_contain_text("Use form R.")
    anna.get_by_role("button", name="Reply to the requester").click()
    expect(anna.get_by_role("alert")).to_contain_text("Somebody else was faster")
    expect(anna.locator(".desk-composer trix-editor")).to_contain_text("Come to room 3.")
    anna.get_by_role("button", name="Reply to the requester").click()
    expect(anna.get_by_text("Your comment was sent.")).to_be_visible()
    conversation = desk.page("student", width=375).get_by_role("main")
    for text in ("Use form R.", "Come to room 3."):
        expect(conversation.get_by_text(text)).to_be_visible()


def test_f10_an_answer_that_closes_can_be_taken_back_and_then_goes_out_by_itself(desk: Desk) -> None:
    extensions = desk.world.app.extensions
    before = extensions["desk_settings"]
    extensions["desk_settings"] = before.model_copy(update={"workbench": Workbench(undo_seconds=60)})
    try:
        anna = desk.page("anna", width=320)
        write(anna, "Use form R.")
        anna.get_by_role("button", name="Reply and close").click()
        expect(anna.locator("[data-held]")).to_contain_text("Until then you can take it back")
        anna.get_by_role("button", name="Undo", exact=True).click()
        expect(anna.locator(".desk-composer trix-editor")).to_contain_text("Use form R.")
        assert desk.state() == State.IN_PROGRESS
        anna.get_by_role("button", name="Reply and close").click()
        expect(anna.locator("[data-held]")).to_be_visible()
    finally:
        extensions["desk_settings"] = before
    anna.context.close()
    desk.opened.remove(anna)
    later = datetime.now(UTC) + timedelta(seconds=61)
    desk.world.run("send_held", later)
    assert desk.state() == State.CLOSED
    assert "Use form R." in desk.world.mail_to(desk.students_mail, later + timedelta(seconds=1))[1]
    expect(desk.page("student").get_by_role("main").get_by_text("Use form R.").first).to_be_visible()


def test_f7_a_colleague_named_in_a_note_watches_and_is_told_of_the_answer(desk: Desk) -> None:
    anna = desk.page("anna")
    anna.get_by_text("Name a colleague").click()
    anna.get_by_label("Colleague to name").fill("OP-C")
    anna.get_by_role("button", name="Insert the name").click()
    anna.keyboard.type("do you know this?")
    anna.get_by_text("Let whom I name watch this request").click()
    anna.get_by_role("button", name="Internal note").click()
    expect(anna.get_by_text("The internal note was kept.")).to_be_visible()
    assert "do you know this?" in desk.world.mail_to(desk.carlas_mail)[1]
    carla = desk.page("carla")
    expect(carla.get_by_role("main").get_by_text("do you know this?")).to_be_visible()
    write(anna, "Use form R.")
    anna.get_by_role("button", name="Propose as solution").click()
    expect(anna.get_by_text("The solution was sent to the requester.")).to_be_visible()
    assert "which you watch" in desk.world.mail_to(desk.carlas_mail)[1]
    carla.reload()
    carla.locator("#form-watch summary").click()
    carla.get_by_role("button", name="Stop watching").click()
    assert carla.goto(desk.address).status == 404  # type: ignore[union-attr]
