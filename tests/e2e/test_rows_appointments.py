"""Rows E1 to E4 in a browser: from a counter's week to the booking, the mail, the agenda, and another time."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from icalendar import Calendar
from playwright.sync_api import Browser, Page, expect

from servicedesk.store.base import writing
from servicedesk.store.models.appointments import Appointment
from tests.counters import always_open, open_counter
from tests.e2e.conftest import sign_in, visitor
from tests.e2e.world import World

STUDENT, STUDENT_MAIL = "Sofia Saggi", "s.saggi@studenti.unidemo.example"
OTHER, OTHER_MAIL = "Elena Scriventi", "e.scriventi@studenti.unidemo.example"
ADMINISTRATOR = "Omar Gestori"
WORKER = "Grazia Letterati"
MOST_CLICKS = 6


@pytest.fixture
def open_world(world: World) -> World:
    """A desk with one counter, open around the clock, staffed by the humanities' student office."""
    now = datetime.now(UTC)
    with world.session() as session, writing(session):
        open_counter(session, now, group="CARR-LET", **always_open(now))
    return world


def take_second(page: Page) -> None:
    """Press the second free time: the first may begin while the page is being read."""
    page.get_by_role("button", name=re.compile("^Book ")).nth(1).click()


def book(page: Page, file: Path | None = None) -> tuple[str, int]:
    """Book a free time; return the number and how many clicks it took from home."""
    clicks = 0
    for name in ("Appointments", "Office"):
        page.get_by_role("link", name=name, exact=True).first.click()
        clicks += 1
    take_second(page)
    clicks += 1
    expect(page.get_by_text("kept for you until")).to_be_visible()
    page.get_by_label("What it is about").fill("My study plan")
    page.get_by_label("Telephone").fill("+39 035 123456")
    if file:
        page.get_by_label("Attachments").set_input_files(file)
    page.get_by_role("button", name="Book the appointment").click()
    expect(page.get_by_role("status").filter(has_text="is booked")).to_be_visible()
    return page.get_by_role("heading", level=1).inner_text().split()[-1], clicks + 1


def test_e1_e2_a_time_is_booked_with_a_file_mailed_and_stands_in_the_agenda(
    browser: Browser, open_world: World, tmp_path: Path
) -> None:
    student, plan = visitor(browser, open_world), tmp_path / "plan.txt"
    plan.write_text("My study plan, as I would like it.")
    sign_in(student, STUDENT)
    number, clicks = book(student, plan)
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
    with worker.expect_download() as download:
        row.get_by_role("link", name="plan.txt").click()
    assert download.value.path().read_text() == plan.read_text()


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


def test_e2_what_was_typed_is_kept_when_somebody_else_takes_the_time(browser: Browser, open_world: World) -> None:
    student = visitor(browser, open_world)
    sign_in(student, STUDENT)
    student.goto("/appointments/office")
    take_second(student)
    student.get_by_label("What it is about").fill("My study plan")
    student.get_by_label("Telephone").fill("+39 035 123456")
    with open_world.session() as session, writing(session):
        session.execute(sa.delete(Appointment))
    student.get_by_role("button", name="Book the appointment").click()
    expect(student.get_by_role("alert")).to_contain_text("somebody else took this time")
    expect(student.get_by_text("My study plan")).to_be_visible()
    student.get_by_role("button", name=re.compile("^Book ")).last.click()
    expect(student.get_by_label("What it is about")).to_have_value("My study plan")
    student.get_by_role("button", name="Book the appointment").click()
    expect(student.get_by_role("status").filter(has_text="is booked")).to_be_visible()


def test_e3_a_cancelled_time_is_offered_to_who_waits_and_one_button_books_it(
    browser: Browser, open_world: World
) -> None:
    first, second = visitor(browser, open_world), visitor(browser, open_world)
    sign_in(first, STUDENT)
    sign_in(second, OTHER)
    number, _clicks = book(first)
    second.goto("/appointments/office")
    second.get_by_role("link", name="Tell me when a time becomes free").click()
    second.get_by_label("What it is about").fill("My exams")
    second.get_by_label("Telephone").fill("+39 035 654321")
    second.get_by_role("button", name="Tell me").click()
    expect(second.get_by_role("heading", name="You wait for a time")).to_be_visible()
    open_world.mails()
    first.goto(f"/appointments/booking/{number}")
    first.get_by_text("Cancel the appointment", exact=True).click()
    first.get_by_role("button", name="Cancel this appointment").click()
    _subject, text = open_world.mail_to(OTHER_MAIL)
    [link] = re.findall(r"/appointments/booking/\w+", text)
    second.goto(link)
    expect(second.get_by_role("heading", name=re.compile("kept for you until"))).to_be_visible()
    second.get_by_role("button", name="Take this time").click()
    expect(second.get_by_role("status").filter(has_text="is booked")).to_be_visible()


def test_e4_a_counter_changed_on_screen_is_what_students_see_and_visits_are_noted(
    browser: Browser, open_world: World
) -> None:
    administrator = visitor(browser, open_world, width=375)
    sign_in(administrator, ADMINISTRATOR)
    administrator.goto("/admin/counters/office")
    administrator.get_by_label("Name in English").first.fill("Student office")
    administrator.get_by_label("Name in English", exact=True).nth(1).fill("Grants")
    administrator.get_by_label("Name in Italian", exact=True).nth(1).fill("Borse")
    administrator.get_by_label("Minutes", exact=True).nth(1).fill("20")
    administrator.get_by_role("button", name="Save the counter").last.click()
    expect(administrator.get_by_role("status").filter(has_text="is saved")).to_be_visible()
    student = visitor(browser, open_world)
    sign_in(student, STUDENT)
    student.goto("/appointments")
    student.get_by_role("link", name="Student office").click()
    expect(student.get_by_label("What you come for")).to_contain_text("Grants (20 minutes)")

    worker = visitor(browser, open_world)
    sign_in(worker, WORKER)
    worker.goto("/agenda?counter=office")
    worker.get_by_text("Somebody at the counter without an appointment").click()
    worker.get_by_label("Name, if they say it").fill("Ada Prima")
    worker.get_by_role("button", name="Note the visit").click()
    row = worker.get_by_role("row").filter(has_text="Ada Prima")
    expect(row).to_contain_text("Came")
    row.get_by_role("button", name="did not come").click()
    expect(worker.get_by_role("row").filter(has_text="Ada Prima")).to_contain_text("Did not come")
