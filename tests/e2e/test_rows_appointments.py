"""Rows E1 to E4 in a browser: from a counter's week to the booking, the mail, the agenda, and another time."""

import re
from datetime import UTC, datetime

import pytest
from icalendar import Calendar
from playwright.sync_api import Browser, Page, expect

from servicedesk.store.base import writing
from tests.counters import always_open, open_counter
from tests.e2e.conftest import sign_in, visitor
from tests.e2e.world import World

STUDENT, STUDENT_MAIL = "Sofia Saggi", "s.saggi@studenti.unidemo.example"
WORKER = "Grazia Letterati"
MOST_CLICKS = 6


@pytest.fixture
def open_world(world: World) -> World:
    """A desk with one counter, open around the clock, staffed by the humanities' student office."""
    now = datetime.now(UTC)
    with world.session() as session, writing(session):
        open_counter(session, now, group="CARR-LET", **always_open(now))
    return world


def book(page: Page) -> tuple[str, int]:
    """Book the first free time; return the number and how many clicks it took from home."""
    clicks = 0
    for role, name in (("link", "Appointments"), ("link", "Office"), ("button", re.compile("^Book "))):
        page.get_by_role(role, name=name, exact=isinstance(name, str)).first.click()  # type: ignore[arg-type]
        clicks += 1
    expect(page.get_by_text("kept for you until")).to_be_visible()
    page.get_by_label("What it is about").fill("My study plan")
    page.get_by_label("Telephone").fill("+39 035 123456")
    page.get_by_role("button", name="Book the appointment").click()
    expect(page.get_by_role("status").filter(has_text="is booked")).to_be_visible()
    return page.get_by_role("heading", level=1).inner_text().split()[-1], clicks + 1


def test_e1_e2_e4_a_time_is_booked_mailed_and_stands_in_the_agenda(browser: Browser, open_world: World) -> None:
    student = visitor(browser, open_world)
    sign_in(student, STUDENT)
    number, clicks = book(student)
    print(f"booking an appointment: {clicks} clicks")
    assert clicks <= MOST_CLICKS

    [mail] = [message for to, message in open_world.mails() if to == STUDENT_MAIL]
    [part] = [part for part in mail.iter_attachments() if part.get_content_type() == "text/calendar"]
    [event] = Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT")
    assert event["uid"].startswith(number)

    worker = visitor(browser, open_world)
    sign_in(worker, WORKER)
    worker.goto(f"/agenda?day={event['dtstart'].dt.date()}&view=week")
    row = worker.get_by_role("row").filter(has_text=number)
    expect(row).to_contain_text("Sofia Saggi")
    expect(row).to_contain_text("My study plan")


def test_e3_an_appointment_among_the_requests_is_moved_and_cancelled(browser: Browser, open_world: World) -> None:
    student = visitor(browser, open_world)
    sign_in(student, STUDENT)
    number, _clicks = book(student)
    first = student.get_by_role("definition").filter(has_text=":").first.inner_text()
    student.goto("/tickets")
    student.get_by_role("article").filter(has_text=number).get_by_role("link").click()
    student.get_by_role("link", name="Choose another time").click()
    student.get_by_role("button", name=re.compile("^Book ")).last.click()
    expect(student.get_by_role("status").filter(has_text="new time")).to_be_visible()
    assert student.get_by_role("definition").filter(has_text=":").first.inner_text() != first

    student.get_by_text("Cancel the appointment", exact=True).click()
    student.get_by_role("button", name="Cancel this appointment").click()
    expect(student.get_by_role("definition").filter(has_text="Cancelled")).to_be_visible()
    subjects = [str(message["subject"]) for to, message in open_world.mails() if to == STUDENT_MAIL]
    assert [subject.split("] ")[1] for subject in subjects] == [
        "Appointment booked",
        "Appointment moved",
        "Appointment cancelled",
    ]
    student.goto("/tickets")
    expect(student.get_by_text(number)).to_have_count(0)
