"""The counters on administration's screen: made, changed, refused with sentences, and what a change leaves outside."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.orm import Session

from servicedesk.rules.counters import Counter
from servicedesk.store import appointments as store
from servicedesk.store.models.system import AuditEvent
from tests import factories
from tests.counters import always_open, booked, open_counter
from tests.web.conftest import SignIn, browser, page, post

OFFICE, NEW = "/admin/counters/office", "/admin/counters/new"


@pytest.fixture
def admin(desk: Session, client: FlaskClient, sign_in: SignIn) -> FlaskClient:
    """The browser of an administrator of a desk with one counter."""
    somebody = factories.administrator(desk)
    open_counter(desk, datetime.now(UTC), group="INFO1")
    desk.commit()
    sign_in(client, somebody.id)
    return client


def form_at(client: FlaskClient, path: str) -> html.FormElement:
    return next(form for form in page(client, path).forms if form.get("action") == path)


def saved(client: FlaskClient, path: str, **typed: Any) -> Any:
    return post(client, form_at(client, path), **{name.replace("__", "-"): value for name, value in typed.items()})


def counter_now(desk: Session, key: str = "office") -> Counter:
    desk.rollback()
    return store.counter_row(desk, key)[1]


def sentences(answer: Any) -> str:
    [notice] = html.fromstring(answer.text).xpath("//*[@role='alert']")
    return " ".join(notice.text_content().split())


def test_a_form_saved_as_it_was_opened_changes_nothing(admin: FlaskClient, desk: Session) -> None:
    before = counter_now(desk)
    assert saved(admin, OFFICE).status_code == 303
    assert counter_now(desk) == before


def test_a_counter_is_made_with_rows_of_every_kind(admin: FlaskClient, desk: Session) -> None:
    rows = {
        "topics__0__name_it": "Tasse e borse",
        "topics__0__name_en": "Fees & grants",
        "topics__0__minutes": "20",
        "weekly__0__weekday": "1",
        "weekly__0__opens": "09:00",
        "weekly__0__closes": "12:30",
        "dated__1__day": "2026-12-24",
        "dated__1__opens": "09:00",
        "dated__1__closes": "10:00",
        "closures__0__first_day": "2026-08-10",
        "closures__0__last_day": "2026-08-21",
    }
    names = {"name_it": "Ufficio tasse", "name_en": "Fees office", "place_it": "Aula 2", "place_en": "Room 2"}
    answer = saved(admin, NEW, group="INFO1", province="BG", capacity="2", **names, **rows)
    assert answer.status_code == 303
    made = counter_now(desk, "fees-office")
    assert (made.name.get("it"), made.capacity, made.province) == ("Ufficio tasse", 2, "BG")
    assert [(topic.key, topic.minutes) for topic in made.topics] == [("fees-grants", 20)]
    assert [(window.weekday, str(window.day or "")) for window in made.windows] == [(1, ""), (None, "2026-12-24")]
    assert str(made.closures[0].last_day) == "2026-08-21"
    record = desk.scalars(sa.select(AuditEvent).where(AuditEvent.subject == "counter:fees-office")).one()
    assert record.actor.startswith("person:")
    assert "Fees office" in admin.get("/admin/counters").text


def test_a_row_emptied_is_removed_and_a_topic_renamed_keeps_its_key(admin: FlaskClient, desk: Session) -> None:
    assert (
        saved(
            admin,
            OFFICE,
            topics__0__name_en="All exams",
            weekly__0__weekday="",
            weekly__0__opens="",
            weekly__0__closes="",
        ).status_code
        == 303
    )
    changed = counter_now(desk)
    assert [(topic.key, topic.name.get("en")) for topic in changed.topics] == [("exams", "All exams")]
    assert changed.windows == ()


def test_more_rows_keep_what_was_typed(admin: FlaskClient) -> None:
    form = form_at(admin, OFFICE)
    answer = post(admin, form, name_en="Half typed", more="1")
    shown = html.fromstring(answer.text)
    assert answer.status_code == 200
    assert shown.xpath("//input[@name='name_en']")[0].value == "Half typed"
    count = len(form.xpath(".//input[contains(@name, 'topics-') and contains(@name, '-minutes')]"))
    assert len(shown.xpath("//input[contains(@name, 'topics-') and contains(@name, '-minutes')]")) > count


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name_en": ""}, "Name in English: Fill this in."),
        ({"topics__0__minutes": "7"}, "Minutes: Type a multiple of 5 minutes, at most 240."),
        ({"topics__1__name_it": "Altro"}, "Fill this in, or empty the whole row."),
        ({"topics__0__name_it": "", "topics__0__name_en": "", "topics__0__minutes": ""}, "a counter needs a topic"),
        ({"weekly__0__closes": "08:00"}, "Closes: Type a time after the one at which it opens."),
        ({"weekly__0__opens": "9 o'clock"}, "Opens: Type a time such as 09:30."),
        ({"weekly__0__opens": "09:03"}, "Type a time at a multiple of 5 minutes."),
        (
            {"closures__0__first_day": "2026-05-02", "closures__0__last_day": "2026-05-01"},
            "the first day or a later one",
        ),
        ({"closures__0__first_day": "2026-02-30", "closures__0__last_day": "2026-05-01"}, "Choose a date."),
        ({"meeting_url": "http://meet.example.org"}, "begins with https://"),
        ({"meeting_url": ""}, "Type the address of the online meeting too."),
        ({"province": "XX"}, "No holidays are known there."),
        ({"zone": "Rome"}, "Type a time zone such as Europe/Rome."),
        ({"capacity": "none"}, "Type a whole number from 1 to 50."),
        ({"horizon_days": "400"}, "Type a whole number from 1 to 180."),
        ({"group": "NOBODY"}, "Group that staffs it"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_nothing_changes(
    admin: FlaskClient, desk: Session, typed: dict[str, str], sentence: str
) -> None:
    before = counter_now(desk)
    answer = saved(admin, OFFICE, **typed)
    assert answer.status_code == 422
    assert sentence in sentences(answer)
    assert counter_now(desk) == before


def test_who_saves_over_a_change_of_somebody_else_is_told_first(admin: FlaskClient, desk: Session) -> None:
    form = form_at(admin, OFFICE)
    saved(admin, OFFICE, capacity="3")
    answer = post(admin, form, name_en="Mine")
    assert (answer.status_code, counter_now(desk).capacity) == (409, 3)
    assert "Somebody else changed this counter" in sentences(answer)
    again = next(each for each in html.fromstring(answer.text).forms if each.get("action") == OFFICE)
    assert post(admin, again).status_code == 303
    assert counter_now(desk).name.get("en") == "Mine"


def test_appointments_that_a_change_leaves_outside_are_shown_first_and_kept(admin: FlaskClient, desk: Session) -> None:
    now = datetime.now(UTC)
    open_counter(desk, now, group="INFO1", **always_open(now))
    start = now.replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=2)
    student = factories.student(desk)
    number = booked(desk, start, student.id, now)
    desk.commit()
    day = start.date().isoformat()
    answer = saved(admin, OFFICE, closures__0__first_day=day, closures__0__last_day=day)
    assert answer.status_code == 409
    assert number in sentences(answer)
    assert counter_now(desk).closures == ()
    again = next(each for each in html.fromstring(answer.text).forms if each.get("action") == OFFICE)
    assert post(admin, again).status_code == 303
    assert len(counter_now(desk).closures) == 1
    assert store.own_one(desk, number, student.id).state == "booked"
    assert number in admin.get(OFFICE).text


def test_only_administrators_change_counters(app: Flask, admin: FlaskClient, desk: Session, sign_in: SignIn) -> None:
    worker, other = factories.technician(desk, "INFO1"), browser(app)
    desk.commit()
    sign_in(other, worker.id)
    for path in (OFFICE, NEW):
        page(other, path, 403)
    page(admin, "/admin/counters/none", 404)
