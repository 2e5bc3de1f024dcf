"""The two long stories of the desk, played in a browser with every part real, on both databases."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from servicedesk.store.models.tickets import Ticket, TicketEvent
from tests.e2e.conftest import sign_in, visitor
from tests.e2e.world import World

pytestmark = pytest.mark.both_databases
STUDENT, STUDENT_MAIL = "Sofia Saggi", "s.saggi@studenti.unidemo.example"
WORKER, WORKER_MAIL = "Grazia Letterati", "g.letterati@unidemo.example"


def write(page: Page, label: str, words: str) -> None:
    """Type into a rich text field as a person does."""
    editor = page.get_by_role("textbox", name=label)
    expect(editor).to_have_attribute("contenteditable", "")
    editor.click()
    page.keyboard.type(words)


def number_on(page: Page) -> str:
    found = re.search(r"\b20\d{8,}\b", page.inner_text("main"))
    assert found
    return found[0]


def link_in(text: str) -> str:
    found = re.search(r"https?://\S+/(?:tickets|status)/\S+", text)
    assert found, text
    return found[0].rstrip(".>")


def journey(world: World, number: str) -> list[str]:
    with world.session() as session:
        query = sa.select(TicketEvent.action).join(Ticket, Ticket.id == TicketEvent.ticket_id)
        return list(session.scalars(query.where(Ticket.number == number).order_by(TicketEvent.seq)))


def test_a_question_from_sign_in_to_silence(browser: Browser, world: World, tmp_path: Path) -> None:
    student, worker = visitor(browser, world), visitor(browser, world)
    number = ask(student, tmp_path)
    subject, text = world.mail_to(STUDENT_MAIL)
    assert number in subject
    assert f"{world.address}/tickets/{number}" in text

    sign_in(worker, WORKER)
    worker.goto("/queue")
    worker.get_by_role("button", name=f"Take {number}").click()
    expect(worker.get_by_text("Assigned to technician").first).to_be_visible()
    with worker.expect_download() as receipt:
        worker.get_by_role("link", name="receipt.txt").click()
    assert receipt.value.path().read_text(encoding="utf-8") == "Paid on 3 November"
    write(worker, "Text", "Which year are you enrolled in?")
    worker.get_by_role("button", name="Ask and wait for the requester").click()
    expect(worker.get_by_text("Waiting").first).to_be_visible()
    subject, text = world.mail_to(STUDENT_MAIL)
    assert "Which year are you enrolled in?" in text

    student.goto(link_in(text))
    expect(student.get_by_text("Your answer is awaited")).to_be_visible()
    write(student, "Your comment", "The third year.")
    student.get_by_role("button", name="Send the comment").click()
    expect(student.get_by_text("Your comment was sent.")).to_be_visible()

    solve(worker, number, "Pay the late fee, then renew online.")
    subject, text = world.mail_to(STUDENT_MAIL)
    assert "Pay the late fee" in text
    student.goto("/")  # a mail opens in a tab of its own; here the same page would only be scrolled
    student.goto(link_in(text))
    student.locator("summary", has_text="Refuse the solution").click()
    student.get_by_label("Why does the solution not help?").fill("The page says that I cannot pay.")
    student.get_by_role("button", name="Refuse the solution").click()
    expect(student.get_by_text("Assigned to technician").first).to_be_visible()
    _, text = world.mail_to(WORKER_MAIL)
    assert "The page says that I cannot pay." in text

    solve(worker, number, "We unlocked the payment: try again today.")
    silence(world, student, number)


def ask(student: Page, folder: Path) -> str:
    """Sign in, find the category by words, fill in the form with a file, and return the number."""
    sign_in(student, STUDENT)
    student.get_by_label("Search by words").fill("rinnovare iscrizione in ritardo")
    student.get_by_role("link", name="Arts and Philosophy area").first.click()
    student.get_by_role("link", name="Next").click()
    student.get_by_label("Title").fill("Problems renewing my enrolment")
    write(student, "Description", "Good morning, I would like to renew my enrolment late. What do I have to do?")
    attached = folder / "receipt.txt"
    attached.write_text("Paid on 3 November", encoding="utf-8")
    student.locator("input[type=file]").set_input_files(attached)
    student.get_by_role("button", name="Create the ticket").click()
    expect(student.get_by_role("heading", name="Your ticket is open")).to_be_visible()
    return number_on(student)


def solve(worker: Page, number: str, words: str) -> None:
    worker.goto(f"/tickets/{number}")
    write(worker, "Text", words)
    worker.get_by_role("button", name="Propose as solution").click()
    expect(worker.get_by_text("Resolved").first).to_be_visible()


def silence(world: World, student: Page, number: str) -> None:
    """Nobody answers: two warnings, then the ticket closes by itself, and says so."""
    now = datetime.now(UTC)
    world.mails()
    for days in (14, 19.2):
        assert world.run("expire", now + timedelta(days=days)).startswith("0")
        world.run("warn", now + timedelta(days=days))
        subject, _ = world.mail_to(STUDENT_MAIL, now + timedelta(days=days))
        assert number in subject
    world.run("expire", now + timedelta(days=21))
    world.mail_to(STUDENT_MAIL, now + timedelta(days=21))
    student.goto(f"/tickets/{number}")
    expect(student.get_by_text("The request closed by itself")).to_be_visible()
    assert journey(world, number) == [
        *("submit", "route", "take", "wait", "comment", "propose", "refuse", "propose"),
        *("warn", "warn", "expire"),
    ]


def test_a_question_from_somebody_who_cannot_sign_in(browser: Browser, world: World) -> None:
    guest = visitor(browser, world)
    guest.goto(f"/RichiesteEsterne/SelezioneCategoria?ServiceId={world.settings.site.external_service}")
    guest.get_by_role("link", name=re.compile("Problems signing in|login", re.IGNORECASE)).first.click()
    guest.get_by_label("Given name").fill("Rita")
    guest.get_by_label("Family name").fill("Ospiti")
    guest.get_by_label("E-mail").first.fill("rita@example.org")
    guest.get_by_label("Title").fill("I cannot sign in")
    write(guest, "Description", "My password is refused.")
    guest.get_by_role("button", name="Create the ticket").click()
    expect(guest.get_by_role("heading", name="Your ticket is open")).to_be_visible()
    number = number_on(guest)
    _, text = world.mail_to("rita@example.org")
    full = re.search(rf"{number}-[0-9A-Z]{{6}}", text)
    assert full, text
    assert full[0] not in guest.inner_text("body")

    guest.goto("/status")
    guest.get_by_label("E-mail").first.fill("rita@example.org")
    guest.get_by_label("number", exact=False).first.fill(number)
    guest.get_by_role("button", name="Continue").click()
    expect(guest.get_by_text("If we know this address and number")).to_be_visible()
    _, text = world.mail_to("rita@example.org")
    assert full[0] in text

    guest.get_by_label("E-mail").first.fill("Rita@Example.org")
    guest.get_by_label("number", exact=False).first.fill(full[0].lower())
    guest.get_by_role("button", name="Continue").click()
    expect(guest.get_by_role("heading", name="I cannot sign in")).to_be_visible()
    write(guest, "Your comment", "It worked yesterday.")
    guest.get_by_role("button", name="Send the comment").click()
    expect(guest.get_by_text("Your comment was sent.")).to_be_visible()

    worker = visitor(browser, world)
    sign_in(worker, "Anna Sportelli")
    worker.goto("/queue")
    worker.get_by_role("link", name="I cannot sign in").click()
    expect(worker.get_by_text("It worked yesterday.")).to_be_visible()

    guest.get_by_role("button", name="Disconnect").first.click()
    assert guest.goto(f"/tickets/{number}") is not None
    expect(guest.get_by_role("heading", name="I cannot sign in")).to_have_count(0)
    guest.goto(link_in(text))
    expect(guest.get_by_role("heading", name="I cannot sign in")).to_be_visible()
