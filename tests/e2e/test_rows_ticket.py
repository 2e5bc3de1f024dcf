"""Rows C3 to C8 and C12 in a browser: one ticket as its requester reads it, and what the others see of it."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action, WaitingFor
from servicedesk.rules.permissions import Actor
from servicedesk.rules.richtext import from_plain
from servicedesk.store import people
from servicedesk.store.base import writing
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket
from tests.e2e.recipes import NEWCOMER, NOBODY, STUDENT, TECHNICIAN
from tests.e2e.scenes import Scene, build_scene
from tests.e2e.test_stories import link_in, write
from tests.e2e.world import World

COUNTER = "addEventListener('click', () => { sessionStorage.clicks = Number(sessionStorage.clicks || 0) + 1 }, true)"
STUDENT_MAIL, WORKER_MAIL, FRIEND_MAIL = (
    "e.scriventi@studenti.unidemo.example",
    "g.letterati@unidemo.example",
    "o.gestori@unidemo.example",
)
ROME = ZoneInfo("Europe/Rome")
Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def scene(shared_world: World) -> Scene:
    return build_scene(shared_world)


@pytest.fixture
def visit(browser: Browser, shared_world: World, scene: Scene) -> Iterator[Visit]:
    """Open a page as somebody who is signed in."""
    contexts = []

    def opened(role: str, path: str = "/tickets") -> Page:
        context = browser.new_context(base_url=shared_world.address, locale="en", timezone_id="Europe/Rome")
        contexts.append(context)
        cookies = {"servicedesk_language": "en"}
        if role != NOBODY:
            cookies[shared_world.settings.sessions.cookie] = scene.tokens[role]
        context.add_cookies(
            [{"name": name, "value": value, "url": shared_world.address} for name, value in cookies.items()]
        )
        page = context.new_page()
        page.goto(scene.address(path))
        return page

    yield opened
    for context in contexts:
        context.close()


def solve(world: World, number: str, now: datetime | None = None) -> None:
    """Take the ticket of this number and offer a solution, as its technician."""
    now = now or datetime.now(UTC)
    with world.session() as session, writing(session):
        ticket = session.scalars(sa.select(Ticket).where(Ticket.number == number)).one()
        worker = person(world, WORKER_MAIL)
        if ticket.technician_id is None:
            act(session, ticket, Action.TAKE, worker, now)
        act(session, ticket, Action.PROPOSE, worker, now, Details(note=from_plain("Pay within the week, dear Elena.")))


def person(world: World, address: str) -> Actor:
    with world.session() as session:
        person_id = session.scalars(sa.select(Person.id).where(Person.email == address)).one()
        found = people.actor_of(session, person_id)
    assert found is not None
    return found


def ask(student: Page, title: str) -> str:
    """File a request and return its number."""
    student.goto("/tickets/new/iscrizione-rinnovo-lettere")
    student.get_by_label("Title").fill(title)
    write(student, "Description", "I am Elena Scriventi, number 724093. How do I renew late?")
    student.get_by_role("button", name="Create the ticket").click()
    student.wait_for_url("**/filed*")
    found = re.search(r"/tickets/(\d+)/filed", student.url)
    assert found
    return found[1]


def facts(page: Page) -> dict[str, str]:
    rows = page.locator("aside dl > div")
    return dict(zip(rows.locator("dt").all_inner_texts(), rows.locator("dd").all_inner_texts(), strict=True))


def test_c3_the_page_tells_all_there_is_to_know_and_names_the_technician_by_code(visit: Visit) -> None:
    shown = facts(visit(STUDENT, "/tickets/{progress}"))
    for name in (
        *("Number", "State", "Service", "Category", "Group", "Urgency", "Impact", "Priority", "Type", "Origin"),
        *("Opened", "Last change", "Name", "E-mail", "Student", "Student number", "Degree course"),
    ):
        assert shown[name], name
    assert re.fullmatch(r"\d+", shown["Technician"])
    of_staff = facts(visit(TECHNICIAN, "/tickets/{progress}"))
    assert (of_staff["Name"], of_staff["Student number"]) == (shown["Name"], shown["Student number"])


def test_c4_a_request_is_shared_with_a_person_and_made_public_and_both_are_taken_back(
    visit: Visit, shared_world: World
) -> None:
    student = visit(STUDENT)
    number = ask(student, "Renewing as Elena")
    solve(shared_world, number)
    here = f"/tickets/{number}"
    student.goto(here)
    student.get_by_role("link", name="Who can see it").click()
    student.get_by_label("Institutional address of the person").fill(FRIEND_MAIL)
    student.get_by_role("button", name="Share the request").click()
    subject, text = shared_world.mail_to(FRIEND_MAIL)
    assert "Shared with you" in subject
    friend = visit("administrator", link_in(text))
    write(friend, "Your comment", "The same happened to me.")
    friend.get_by_role("button", name="Send the comment").click()
    student.goto(here)
    expect(student.locator(".desk-entry--follower")).to_contain_text("The same happened to me.")
    student.get_by_role("link", name="Who can see it").click()
    student.get_by_role("button", name=f"Remove {FRIEND_MAIL}").click()
    answer = friend.goto(here)
    assert answer is not None
    assert answer.status == 404

    student.locator("summary", has_text="Make it public").click()
    expect(student.locator(".desk-preview")).to_contain_text("I am […], number […]")
    student.get_by_text("Everybody who may use the service").click()
    student.get_by_text("I have read above").click()
    student.locator("details[open]").get_by_role("button", name="Make it public").click()
    reader = visit(NEWCOMER, "/tickets?list=public")
    reader.get_by_role("link", name="Renewing as […]").click()
    expect(reader.locator("main")).to_contain_text("Pay within the week, dear […].")
    assert "Elena" not in reader.inner_text("main")
    worker = visit(TECHNICIAN, here)
    worker.get_by_role("button", name="Make it private again").click()
    answer = reader.reload()
    assert answer is not None
    assert answer.status == 404


def test_c5_the_timeline_says_who_did_what_with_relative_and_exact_times(visit: Visit) -> None:
    student = visit(STUDENT, "/tickets/{closed}")
    expect(student.locator(".desk-byline")).to_contain_text("Created by Elena Scriventi")
    expect(student.locator(".desk-byline")).to_contain_text(
        "Closed by Elena Scriventi with the state Closed - accepted"
    )
    for each in student.locator(".desk-timeline time").all():
        assert re.search(r"ago|in \d|now", each.inner_text())
        assert re.fullmatch(r"\d+ \w+ \d{4}, \d\d:\d\d", each.get_attribute("title") or "")
    entries = student.locator(".desk-entry")
    assert entries.filter(has_text="took the request in charge").locator("strong").inner_text().isdigit()


def test_c6_a_comment_with_a_file_reaches_the_technician_at_any_time_while_open(
    visit: Visit, scene: Scene, shared_world: World
) -> None:
    student = visit(STUDENT, "/tickets/{progress}")
    shared_world.mails()
    write(student, "Your comment", "Here is the receipt.")
    student.locator("input[type=file]").set_input_files(
        {"name": "receipt.txt", "mimeType": "text/plain", "buffer": b"paid"}
    )
    student.get_by_role("button", name="Send the comment").click()
    expect(student.get_by_text("Your comment was sent.")).to_be_visible()
    student.get_by_role("link", name="Attachments").click()
    expect(student.locator(".desk-attachments li")).to_contain_text("Elena Scriventi")
    subject, text = shared_world.mail_to(WORKER_MAIL)
    assert "Here is the receipt." in text
    worker = visit(TECHNICIAN, "/tickets/{progress}")
    with worker.expect_download() as download:
        worker.get_by_role("link", name="receipt.txt").click()
    assert download.value.path().read_bytes() == b"paid"


def test_c7_a_solution_is_accepted_from_its_mail_with_two_clicks_and_refused_with_a_reason(
    visit: Visit, shared_world: World
) -> None:
    student = visit(STUDENT)
    first, second = ask(student, "To be accepted"), ask(student, "To be refused")
    shared_world.mails()
    solve(shared_world, first)
    subject, text = shared_world.mail_to(STUDENT_MAIL)
    assert "Solution" in subject
    student.add_init_script(COUNTER)
    student.evaluate("sessionStorage.clicks = 0")
    student.goto(link_in(text))
    expect(student.get_by_role("heading", name="Solution")).to_be_in_viewport()
    expect(student.locator(".desk-state")).to_contain_text("Resolved")  # opening the link has changed nothing
    student.get_by_role("button", name="Accept the solution").click()
    expect(student.locator(".desk-state")).to_contain_text("Closed")
    clicks = 1 + int(student.evaluate("sessionStorage.clicks"))
    print(f"from the mail about a solution to accepted: {clicks} clicks")
    assert clicks == 2
    assert "Solution accepted" in shared_world.mail_to(WORKER_MAIL)[0]
    student.locator("summary", has_text="Say thank you").click()
    student.get_by_label("A few words, if you like").fill("How kind of you!")
    student.get_by_role("button", name="Send the thanks").click()
    worker = visit(TECHNICIAN, f"/tickets/{first}")
    expect(worker.locator("main")).to_contain_text("How kind of you!")
    expect(worker.locator(".desk-state").first).to_contain_text("Closed")

    solve(shared_world, second)
    student.goto(f"/tickets/{second}")
    student.locator("summary", has_text="Refuse the solution").click()
    student.get_by_label("Why does the solution not help?").fill("I have paid already.")
    student.locator("details[open]").get_by_role("button", name="Refuse the solution").click()
    worker.goto(f"/tickets/{second}")
    expect(worker.locator(".desk-state").first).to_contain_text("Assigned to technician")
    expect(worker.locator("main")).to_contain_text("I have paid already.")


def test_c8_an_unanswered_solution_closes_on_the_day_that_the_page_names(visit: Visit, shared_world: World) -> None:
    student = visit(STUDENT)
    number = ask(student, "Left alone")
    solved = datetime.now(UTC) - timedelta(days=19, hours=20)  # so that nothing else in this desk is due
    solve(shared_world, number, solved)
    closes = (solved + timedelta(days=20)).astimezone(ROME)
    student.goto(f"/tickets/{number}")
    sentence = student.locator(".desk-next li", has_text="closed by itself on")
    expect(sentence).to_contain_text(f"{closes.day} {closes:%B %Y}")
    shared_world.run("expire", closes - timedelta(hours=1))
    student.reload()
    expect(student.locator(".desk-state")).to_contain_text("Resolved")
    shared_world.run("expire", closes + timedelta(minutes=5))
    student.reload()
    expect(student.locator(".desk-state")).to_contain_text("Closed")
    expect(student.locator(".desk-next")).to_contain_text("The days to answer were over.")
    assert "Closed" in shared_world.mail_to(STUDENT_MAIL, closes + timedelta(minutes=10))[0]


def test_c12_the_page_says_what_happens_next_in_every_state(visit: Visit, shared_world: World, scene: Scene) -> None:
    told = {
        "open": "takes the request in charge",
        "progress": "is working on the request",
        "waiting": "Without an answer the request is closed on",
        "resolved": "Without an answer the request is closed by itself on",
        "closed": "You may reopen it until",
        "cancelled": "The request was withdrawn",
    }
    student = visit(STUDENT)
    for name, words in told.items():
        student.goto(scene.address(f"/tickets/{{{name}}}"))
        expect(student.locator(".desk-next")).to_contain_text(words)
    number = ask(student, "Until a day")
    until = datetime.now(UTC) + timedelta(days=3)
    with shared_world.session() as session, writing(session):
        ticket, worker = (
            session.scalars(sa.select(Ticket).where(Ticket.number == number)).one(),
            person(shared_world, WORKER_MAIL),
        )
        act(session, ticket, Action.TAKE, worker, datetime.now(UTC))
        pause = Details(note=from_plain("The office is closed."), waiting_for=WaitingFor.DATE, until=until)
        act(session, ticket, Action.WAIT, worker, datetime.now(UTC), pause)
    student.goto(f"/tickets/{number}")
    expect(student.locator(".desk-next")).to_contain_text("The request waits until")
    shared_world.run("resume", until + timedelta(minutes=1))
    student.reload()
    expect(student.locator(".desk-next")).to_contain_text("A technician of")
