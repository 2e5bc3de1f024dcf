"""Rows F1 and F6: a request finds its group and technician by itself, and its states show as they come."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from servicedesk.actions import sessions
from servicedesk.store.base import writing
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket
from tests import factories
from tests.e2e.test_stories import write
from tests.e2e.world import World
from tests.web.conftest import PROVIDER

KEY = "trasferimento-uscita"
"""Goes by area: to a group that takes turns for one, to a group that takes requests itself for another."""
TURNS, BY_HAND = "Ingegneria", "Lettere e Filosofia"
Enter = Callable[[int, str], Page]


@pytest.fixture
def enter(browser: Browser, shared_world: World) -> Iterator[Enter]:
    """Open a page as the person with an id."""
    contexts = []

    def entered(person_id: int, path: str) -> Page:
        now = datetime.now(UTC)
        with shared_world.session() as session, writing(session):
            token = sessions.start(session, person_id, PROVIDER, now + timedelta(hours=1), now)
        context = browser.new_context(base_url=shared_world.address, locale="en")
        contexts.append(context)
        cookies = {"servicedesk_language": "en", shared_world.settings.sessions.cookie: token}
        context.add_cookies(
            [{"name": key, "value": each, "url": shared_world.address} for key, each in cookies.items()]
        )
        page = context.new_page()
        page.goto(path)
        return page

    yield entered
    for context in contexts:
        context.close()


def student(world: World, area: str) -> int:
    """Return the id of a new student of an area."""
    with world.session() as session, writing(session):
        return factories.student(session, area=area).id


def file(page: Page, title: str) -> str:
    """File a request of the category and return its number."""
    page.goto(f"/tickets/new/{KEY}")
    page.get_by_label("Title").fill(title)
    write(page, "Description", "I want to go on in Verona.")
    page.get_by_role("button", name="Create the ticket").click()
    page.wait_for_url("**/filed*")
    return page.url.split("/tickets/")[1].split("/")[0]


def holder(world: World, number: str) -> tuple[str, int | None, str]:
    """Return the group, the technician and their address of a request."""
    with world.session() as session:
        query = sa.select(Ticket.group_code, Ticket.technician_id, Person.email)
        query = query.outerjoin(Person, Person.id == Ticket.technician_id).where(Ticket.number == number)
        group, technician, email = session.execute(query).one()
        return group, technician, email or ""


def test_f1_requests_go_to_the_group_of_the_course_and_to_its_technicians_in_turn(
    enter: Enter, shared_world: World
) -> None:
    with shared_world.session() as session, writing(session):
        factories.technician(session, "CARR-ING", given_name="Turno", family_name="Secondo", code="TURN-2")
    asking = enter(student(shared_world, TURNS), "/")
    titles = ["Leaving for Verona", "Leaving for Padua"]
    found = [holder(shared_world, file(asking, title)) for title in titles]
    assert [group for group, _id, _email in found] == ["CARR-ING", "CARR-ING"]
    assert found[0][1] != found[1][1]
    assert {email for _group, _id, email in found} <= {to for to, _mail in shared_world.mails()}
    for title, (_group, technician, _email), other in zip(titles, found, reversed(titles), strict=True):
        assert technician is not None
        desk = enter(technician, "/queue?technician=me")
        expect(desk.get_by_role("link", name=title).first).to_be_visible()
        expect(desk.get_by_role("link", name=other)).to_have_count(0)
    number = file(enter(student(shared_world, BY_HAND), "/"), "Leaving the humanities")
    assert holder(shared_world, number)[:2] == ("CARR-LET", None)


def test_f6_each_state_shows_to_the_requester_as_the_technician_brings_it_about(
    enter: Enter, shared_world: World
) -> None:
    asking = enter(student(shared_world, BY_HAND), "/")
    number = file(asking, "From state to state")
    with shared_world.session() as session, writing(session):
        worker = factories.technician(session, "CARR-LET", given_name="Stato", family_name="Primo", code="STATE-1").id
    desk = enter(worker, f"/tickets/{number}")
    asking.goto(f"/tickets/{number}")

    def shows(words: str) -> None:
        expect(desk.locator(".desk-state").first).to_contain_text(words)
        asking.reload()
        expect(asking.locator(".desk-state").first).to_contain_text(words)

    def answers(words: str, button: str) -> None:
        write(desk, "Text", words)
        desk.get_by_role("button", name=button).click()

    shows("Assigned to group")
    desk.get_by_role("button", name="Take", exact=True).click()
    shows("Assigned to technician")
    desk.get_by_role("button", name="Start working").click()
    shows("In progress")
    answers("From which year on?", "Ask and wait for the requester")
    shows("Waiting")
    expect(asking.get_by_text("Your answer is awaited")).to_be_visible()
    write(asking, "Your comment", "From the next.")
    asking.get_by_role("button", name="Send the comment").click()
    expect(asking.get_by_text("Your comment was sent.")).to_be_visible()
    desk.reload()
    shows("In progress")
    answers("Your record has been sent.", "Propose as solution")
    shows("Resolved")
    asking.get_by_role("button", name="Accept the solution").click()
    desk.reload()
    shows("Closed")
    asking.goto(f"/tickets/{file(asking, 'Better not')}")
    asking.locator("summary", has_text="Withdraw").first.click()
    asking.get_by_role("button", name="Withdraw").first.click()
    expect(asking.locator(".desk-state").first).to_contain_text("Cancelled")
