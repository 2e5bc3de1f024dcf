"""Booking over HTTP as a student does it, and the agenda as the counter's staff sees it."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from lxml import html
from sqlalchemy.orm import Session

from servicedesk.rules.appointments import Stage
from servicedesk.rules.removed import PERSON
from servicedesk.store.models.appointments import Appointment
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from tests import factories
from tests.counters import always_open, booked, open_counter
from tests.web.conftest import SignIn, browser, csrf, page, post, send

WEEK = "/appointments/office"


@pytest.fixture
def student(desk: Session, client: FlaskClient, sign_in: SignIn) -> Person:
    now = datetime.now(UTC)
    open_counter(desk, now, group="INFO1", **always_open(now))
    person = factories.student(desk)
    desk.commit()
    sign_in(client, person.id)
    return person


def appointment(desk: Session) -> Appointment:
    desk.rollback()
    return desk.scalars(sa.select(Appointment).order_by(Appointment.id.desc())).all()[0]


def free_times(client: FlaskClient, path: str = WEEK) -> list[str]:
    return [button.get("value") for button in page(client, path).xpath("//button[@name='at']")]


def take(client: FlaskClient, at: str) -> str:
    """Press the button of a time and return the address of the form it leads to."""
    answer = send(client, WEEK, f"{WEEK}/hold", at=at)
    assert answer.status_code == 303
    return str(answer.location)


@pytest.mark.both_databases
def test_a_hold_keeps_no_more_of_a_form_than_the_form_takes(
    client: FlaskClient, desk: Session, student: Person
) -> None:
    said = {"number": "ABCDEFGH", "description": "x" * 5000, "phone": "1" * 500, "contact": "y" * 3000}
    answer = send(client, WEEK, f"{WEEK}/hold", at=free_times(client)[0], **said)
    held = appointment(desk)
    assert (answer.status_code, held.number) == (303, "ABCDEFGH")
    assert (len(held.description), len(held.phone), len(held.contact)) == (2000, 40, 254)


def test_a_student_books_a_free_time_and_finds_it_among_the_requests(
    client: FlaskClient, desk: Session, student: Person
) -> None:
    assert "Office" in client.get("/appointments").text
    at = free_times(client)[0]
    form = take(client, at)
    assert "kept for you until" in client.get(form).text
    answer = send(client, form, description="About my exams", phone="+39 035 1")
    made = appointment(desk)
    assert (answer.status_code, answer.location) == (303, f"/appointments/booking/{made.number}")
    assert (made.state, made.starts_at) == (Stage.BOOKED, datetime.fromisoformat(at))
    assert desk.scalars(sa.select(Notice.template)).all() == ["appointment_booked"]
    for path in ("/tickets", "/appointments", answer.location):
        assert made.number in client.get(path).text
    assert at not in free_times(client)


def test_a_form_without_its_mandatory_fields_comes_back_with_what_was_typed(
    client: FlaskClient, desk: Session, student: Person
) -> None:
    form = take(client, free_times(client)[0])
    answer = send(client, form, description="Only this", phone="")
    assert (answer.status_code, appointment(desk).state) == (422, Stage.HELD)
    assert "Only this" in answer.text
    assert "Type a telephone number" in answer.text


def test_a_time_that_somebody_else_just_took_leads_back_to_the_week(
    app: Flask, client: FlaskClient, desk: Session, student: Person, sign_in: SignIn
) -> None:
    other = factories.student(desk)
    desk.commit()
    second = browser(app)
    sign_in(second, other.id)
    at = free_times(client)[0]
    shown = page(second, WEEK)
    take(client, at)
    [form] = [form for form in shown.forms if form.get("action") == f"{WEEK}/hold"]
    answer = second.post(f"{WEEK}/hold", data={**dict(form.form_values()), "at": at})
    assert answer.location.startswith(WEEK)
    assert "has just been taken" in second.get(answer.location).text
    assert appointment(desk).person_id == student.id


def test_an_appointment_is_moved_and_cancelled_from_its_page(
    client: FlaskClient, desk: Session, student: Person
) -> None:
    now = datetime.now(UTC)
    first, second = free_times(client)[-2:]
    number = booked(desk, datetime.fromisoformat(first), student.id, now)
    desk.commit()
    own = f"/appointments/booking/{number}"
    assert send(client, f"{own}/move", at=second).location == own
    assert appointment(desk).starts_at == datetime.fromisoformat(second)
    assert send(client, own, f"{own}/cancel").location == own
    assert appointment(desk).state == Stage.CANCELLED
    assert "Cancelled" in client.get(own).text
    assert send_refused(client, f"{own}/cancel") == 409
    assert first in free_times(client)


def send_refused(client: FlaskClient, path: str) -> int:
    token = page(client, "/appointments").xpath("//input[@name='csrf_token']")[0].get("value")
    return client.post(path, data={"csrf_token": token}).status_code


def test_the_calendar_file_of_an_appointment_names_its_time(
    client: FlaskClient, desk: Session, student: Person
) -> None:
    at = datetime.fromisoformat(free_times(client)[0])
    number = booked(desk, at, student.id, datetime.now(UTC))
    desk.commit()
    answer = client.get(f"/appointments/booking/{number}/calendar")
    [event] = Calendar.from_ical(answer.data).walk("VEVENT")
    assert answer.mimetype == "text/calendar"
    assert event["dtstart"].dt == at


@pytest.mark.parametrize("page_of", ["", "/move", "/calendar"])
def test_nobody_sees_anothers_appointment(
    app: Flask, client: FlaskClient, desk: Session, student: Person, sign_in: SignIn, page_of: str
) -> None:
    number = booked(desk, datetime.fromisoformat(free_times(client)[0]), student.id, datetime.now(UTC))
    other = factories.student(desk)
    desk.commit()
    second = browser(app)
    sign_in(second, other.id)
    assert second.get(f"/appointments/booking/{number}{page_of}").status_code == 404


@pytest.mark.parametrize("query", ["?day=never", "?day=9999-12-31", "?day=0001-01-01"])
def test_an_address_that_names_no_day_is_not_found(client: FlaskClient, student: Person, query: str) -> None:
    assert client.get(f"{WEEK}{query}").status_code == 404


def test_staff_see_the_day_and_note_who_came(
    app: Flask, client: FlaskClient, desk: Session, student: Person, sign_in: SignIn
) -> None:
    now = datetime.now(UTC)
    at = (now - timedelta(days=1)).replace(hour=10, minute=0, second=0, microsecond=0)
    number = booked(desk, at, student.id, at - timedelta(hours=3))
    worker, stranger = factories.technician(desk, "INFO1"), factories.technician(desk, "STAGE")
    desk.commit()
    staff, others = browser(app), browser(app)
    sign_in(staff, worker.id)
    sign_in(others, stranger.id)
    day = f"/agenda?counter=office&day={at.date()}"
    for view in ("day", "week"):
        assert number in staff.get(f"{day}&view={view}").text
    came = f"/agenda/{number}/came"
    assert send(staff, day, came).status_code == 303
    assert appointment(desk).state == Stage.PRESENT
    assert others.get(day).status_code == 404
    assert "You staff no counter" in others.get("/agenda").text
    assert client.get("/agenda").status_code == 403


def test_an_administrator_sees_the_counters_and_others_do_not(
    app: Flask, client: FlaskClient, desk: Session, student: Person, sign_in: SignIn
) -> None:
    somebody, administrator = factories.administrator(desk), browser(app)
    desk.commit()
    sign_in(administrator, somebody.id)
    assert "Exams (10 minutes)" in administrator.get("/admin/counters").text
    assert client.get("/admin/counters").status_code == 403


PLAN = ("plan.txt", b"My study plan")


def downloaded(client: FlaskClient, address: str) -> bytes:
    with client.get(address) as answer:
        return answer.data


def outrun(desk: Session, number: str) -> None:
    """Let the five minutes of a form be over and its time be another's."""
    desk.rollback()
    desk.execute(sa.delete(Appointment).where(Appointment.number == number))
    desk.commit()


def test_files_come_with_an_appointment_and_are_read_by_its_owner_and_the_counters_staff_alone(
    app: Flask, client: FlaskClient, desk: Session, student: Person, sign_in: SignIn
) -> None:
    form = take(client, free_times(client)[0])
    own = send(client, form, files=[PLAN], description="About my exams", phone="1").location
    number = own.rsplit("/", 1)[1]
    [link] = page(client, own).xpath("//ul[@class='desk-attachments']//a/@href")
    assert downloaded(client, link) == PLAN[1]
    worker, stranger = factories.technician(desk, "INFO1"), factories.technician(desk, "STAGE")
    desk.commit()
    staff, others = browser(app), browser(app)
    sign_in(staff, worker.id)
    sign_in(others, stranger.id)
    day = appointment(desk).starts_at.date()
    [shown] = page(staff, f"/agenda?day={day}&view=week").xpath("//ul[@class='desk-attachments']//a/@href")
    assert downloaded(staff, shown) == PLAN[1]
    for address in (link, shown):
        assert others.get(address).status_code == 404
    assert client.get(f"/appointments/booking/{number}/files/other").status_code == 404
    assert client.get(f"/attachments/{link.rsplit('/', 1)[1]}").status_code == 404


def test_what_was_typed_and_attached_is_kept_when_somebody_else_took_the_time(
    client: FlaskClient, desk: Session, student: Person
) -> None:
    form = page(client, take(client, free_times(client)[0])).forms
    [form] = [each for each in form if "/booking/" in (each.get("action") or "")]
    number = form.get("action").rsplit("/", 1)[1]
    outrun(desk, number)
    answer = post(client, form, [PLAN], description="About my exams", phone="+39 035 1")
    assert answer.status_code == 409
    for words in ("somebody else took this time", "About my exams", "+39 035 1", "1 file"):
        assert words in answer.text
    again = next(each for each in html.fromstring(answer.text).forms if (each.get("action") or "").endswith("/hold"))
    later = client.post(
        f"/appointments/booking/{number}/again", data={**dict(again.form_values()), "day": "2099-01-05"}
    )
    assert (later.status_code, "About my exams" in later.text) == (200, True)
    shown = post(client, again, at=again.xpath(".//button[@name='at']")[0].get("value"))
    kept = page(client, shown.location)
    assert shown.location.endswith(number)
    assert kept.xpath("//textarea[@name='description']")[0].text_content().strip() == "About my exams"
    assert kept.xpath("//input[@name='phone']")[0].value == "+39 035 1"
    send(client, shown.location)
    assert "plan.txt" in client.get(shown.location).text


def test_a_form_that_says_too_little_and_has_lost_its_time_keeps_what_it_says(
    client: FlaskClient, desk: Session, student: Person
) -> None:
    [form] = [
        each for each in page(client, take(client, free_times(client)[0])).forms if "booking" in each.get("action")
    ]
    outrun(desk, form.get("action").rsplit("/", 1)[1])
    answer = post(client, form, description="Only this", phone="")
    assert (answer.status_code, "Only this" in answer.text) == (409, True)


def test_a_form_parked_over_a_sign_in_keeps_its_text_when_its_time_is_lost(
    client: FlaskClient, desk: Session, student: Person, sign_in: SignIn
) -> None:
    [form] = [
        each for each in page(client, take(client, free_times(client)[0])).forms if "booking" in each.get("action")
    ]
    outrun(desk, form.get("action").rsplit("/", 1)[1])
    form.fields["csrf_token"] = "of another session"
    parked = post(client, form, description="About my exams", phone="+39 035 1").location
    answer = client.get(parked)
    assert (answer.status_code, "About my exams" in answer.text) == (409, True)


def test_an_appointment_about_a_ticket_stands_on_both_for_requester_and_staff(
    app: Flask, client: FlaskClient, desk: Session, student: Person, sign_in: SignIn
) -> None:
    ticket = factories.ticket(desk, key="accesso-login", requester=student)
    desk.commit()
    offered = page(client, f"/tickets/{ticket.number}").xpath("//a[contains(@href, '/appointments?')]/@href")
    assert offered == [f"/appointments?ticket={ticket.number}"]
    [week] = page(client, offered[0]).xpath("//a[contains(@href, '/appointments/office')]/@href")
    at = free_times(client, week)[0]
    form = str(send(client, week, f"{WEEK}/hold", at=at).location)
    own = send(client, form, description="About my ticket", phone="1").location
    made = appointment(desk)
    assert ticket.number in client.get(own).text
    assert made.number in client.get(f"/tickets/{ticket.number}").text
    worker = factories.technician(desk, "INFO1")
    desk.commit()
    staff = browser(app)
    sign_in(staff, worker.id)
    assert ticket.number in staff.get(f"/agenda?day={made.starts_at.date()}&view=week").text


def test_the_free_times_are_a_list_too(client: FlaskClient, student: Person) -> None:
    shown = page(client, f"{WEEK}?view=list")
    assert not shown.xpath("//table")
    assert [button.get("value") for button in shown.xpath("//li/button[@name='at']")] == sorted(free_times(client))


def test_staff_note_somebody_who_came_without_an_appointment(
    app: Flask, desk: Session, student: Person, sign_in: SignIn
) -> None:
    worker, staff = factories.technician(desk, "INFO1"), browser(app)
    desk.commit()
    sign_in(staff, worker.id)
    answer = send(staff, "/agenda", "/agenda/office/walk-in", name="Ada Prima", student_number="000")
    assert (answer.status_code, "The register has no student number 000" in answer.text) == (422, True)
    [form] = [each for each in html.fromstring(answer.text).forms if (each.get("action") or "").endswith("walk-in")]
    assert form.fields["name"] == "Ada Prima"
    assert post(staff, form, student_number="").status_code == 303
    row = page(staff, "/agenda").xpath("//tr[contains(., 'Ada Prima')]")[0].text_content()
    assert "Came" in row
    assert "without an appointment" in row


def test_who_waits_is_offered_a_freed_time_that_one_button_books(
    app: Flask, client: FlaskClient, desk: Session, student: Person, sign_in: SignIn
) -> None:
    at = datetime.fromisoformat(free_times(client)[-1])
    number = booked(desk, at, student.id, datetime.now(UTC))
    other, second = factories.student(desk), browser(app)
    desk.commit()
    sign_in(second, other.id)
    wait, days = f"{WEEK}/wait", {"first_day": at.date().isoformat(), "last_day": at.date().isoformat()}
    assert wait in "".join(page(second, WEEK).xpath("//a/@href"))
    refused = send(second, wait, **days, description="My exams", phone="")
    assert (refused.status_code, "My exams" in refused.text) == (422, True)
    assert send(second, wait, **{**days, "last_day": "never"}, description="x", phone="1").status_code == 422
    assert send(second, wait, **days, description="My exams", phone="1").status_code == 303
    assert "You wait for a time" in second.get("/appointments").text
    send(client, f"/appointments/booking/{number}", f"/appointments/booking/{number}/cancel")
    [offer] = page(second, "/appointments").xpath("//a[contains(@href, '/appointments/booking/')]/@href")
    shown = second.get(offer).text
    assert "This time is kept for you until" in shown
    assert appointment(desk).state == Stage.OFFERED
    assert client.get(offer).status_code == 404
    assert send(second, offer, f"{offer}/accept").location == offer
    assert appointment(desk).state == Stage.BOOKED
    assert "You wait for a time" not in second.get("/appointments").text


def test_one_leaves_the_line_and_leaves_an_offer_to_the_next(
    app: Flask, client: FlaskClient, desk: Session, student: Person
) -> None:
    days = {"first_day": "2099-01-01", "last_day": "2099-01-02"}
    assert send(client, f"{WEEK}/wait", **days, description="x", phone="1").status_code == 422
    today = datetime.now(UTC).date().isoformat()
    send(client, f"{WEEK}/wait", first_day=today, last_day=today, description="x", phone="1")
    send(client, "/appointments", f"{WEEK}/wait/leave")
    assert "You wait for a time" not in client.get("/appointments").text


def test_the_feed_of_a_counter_is_read_by_its_secret_address_until_that_is_made_anew(
    app: Flask, client: FlaskClient, desk: Session, student: Person, sign_in: SignIn
) -> None:
    at = datetime.fromisoformat(free_times(client)[0])
    number = booked(desk, at, student.id, datetime.now(UTC))
    worker, stranger = factories.technician(desk, "INFO1"), factories.technician(desk, "STAGE")
    desk.commit()
    staff, others = browser(app), browser(app)
    sign_in(staff, worker.id)
    sign_in(others, stranger.id)
    assert not page(staff, "/agenda").xpath("//code")
    renew = "/agenda/office/feed"
    send(staff, "/agenda", renew)
    [address] = page(staff, "/agenda").xpath("//code/text()")
    path = "/" + address.split("/", 3)[3]
    reader = app.test_client()
    answer = reader.get(path)
    [event] = Calendar.from_ical(answer.data).walk("VEVENT")
    assert (answer.mimetype, event["dtstart"].dt) == ("text/calendar", at)
    assert number in event["summary"]
    for private in (student.family_name, student.email, "+39 035", "About my exams"):
        assert private not in answer.text
    assert reader.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert len(path.rsplit("/", 1)[1].removesuffix(".ics")) * 6 >= 112
    assert others.post(renew, data={"csrf_token": csrf(others, "/queue")}).status_code == 404
    send(staff, "/agenda", renew)
    assert reader.get(path).status_code == 404
    assert reader.get("/calendar/none/AAAAAAAAAAAAAAAAAAAAAA.ics").status_code == 404


def test_a_feed_names_who_comes_where_its_counter_says_so(
    app: Flask, client: FlaskClient, desk: Session, student: Person, sign_in: SignIn
) -> None:
    now = datetime.now(UTC)
    open_counter(desk, now, group="INFO1", feed_shows_names=True, **always_open(now))
    booked(desk, datetime.fromisoformat(free_times(client)[0]), student.id, now)
    worker, staff = factories.technician(desk, "INFO1"), browser(app)
    desk.commit()
    sign_in(staff, worker.id)
    send(staff, "/agenda", "/agenda/office/feed")
    [address] = page(staff, "/agenda").xpath("//code/text()")
    path = "/" + address.split("/", 3)[3]
    assert student.family_name in app.test_client().get(path).text
    student.given_name, student.family_name = "", PERSON
    desk.commit()
    assert PERSON not in app.test_client().get(path).text
