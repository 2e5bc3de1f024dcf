"""Calendars and targets on administration's screens: made, refused with sentences, tried out."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.orm import Session

from servicedesk.actions.level_book import publish, publish_by
from servicedesk.rules.catalogue import LocalText
from servicedesk.rules.errors import NotAllowed
from servicedesk.rules.level_book import Book, Calendar, Operational, Target
from servicedesk.store import service_levels as store
from servicedesk.store.models.system import AuditEvent
from tests import factories
from tests.web.conftest import SignIn, page, post, shipped_catalogue

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
WEEK = {day: ((540, 1020),) for day in range(5)}
OFFICE = Calendar("office", LocalText("Ufficio", "Office"), WEEK, province="BG")
NEW_CALENDAR, NEW_TARGET, NEW_GROUP = "/admin/calendars/new", "/admin/levels/targets/new", "/admin/levels/groups/new"
NAMES = {"name_it": "Sportello", "name_en": "Desk"}
DESK = "/admin/calendars/office"


@pytest.fixture
def admin(desk: Session, client: FlaskClient, sign_in: SignIn) -> FlaskClient:
    """The browser of an administrator."""
    somebody = factories.administrator(desk)
    desk.commit()
    sign_in(client, somebody.id)
    return client


@pytest.fixture
def office(desk: Session) -> None:
    """A calendar and a target for everything."""
    publish(desk, Book({"office": OFFICE}, (Target("t1", "office", 60, 480),)), "command:test", NOW, 0)
    desk.commit()


def saved(client: FlaskClient, path: str, **typed: Any) -> Any:
    form = next(form for form in page(client, path).forms if form.get("action") == path)
    return post(client, form, **{name.replace("__", "-"): value for name, value in typed.items()})


def book_now(desk: Session) -> Book:
    desk.rollback()
    return store.current(desk)[1]


def sentences(answer: Any) -> str:
    [notice] = html.fromstring(answer.text).xpath("//*[@role='alert']")
    return " ".join(notice.text_content().split())


def test_the_first_calendars_are_made_of_the_services_opening_hours(admin: FlaskClient, desk: Session) -> None:
    assert "Begin with a calendar" in page(admin, "/admin/levels").text_content()
    form = next(form for form in page(admin, "/admin/calendars").forms if form.get("action").endswith("/begin"))
    assert post(admin, form).status_code == 303
    made = book_now(desk).calendars["studenti"]
    assert (made.name.en, made.week[1], made.country) == ("Student Services", ((540, 750), (840, 960)), "IT")


def test_a_calendar_is_made_with_rows_of_every_kind(admin: FlaskClient, desk: Session) -> None:
    rows = {
        "weekly__0__weekday": "working",
        "weekly__0__opens": "09:00",
        "weekly__0__closes": "12:30",
        "weekly__1__weekday": "1",
        "weekly__1__opens": "14:00",
        "weekly__1__closes": "00:00",
        "seasonal__0__first_day": "2026-07-01",
        "seasonal__0__last_day": "2026-08-31",
        "seasonal__0__weekday": "0",
        "seasonal__0__opens": "08:00",
        "seasonal__0__closes": "10:00",
        "closures__0__first_day": "2026-08-10",
        "closures__0__last_day": "2026-08-21",
        "closures__0__name": "Summer",
    }
    answer = saved(admin, NEW_CALENDAR, province="BG", **NAMES, **rows)
    assert answer.status_code == 303
    made = book_now(desk).calendars["desk"]
    assert made.week == {0: ((540, 750),), 1: ((540, 750), (840, 1440)), **{day: ((540, 750),) for day in (2, 3, 4)}}
    assert (made.seasons[0].week, made.closures[0].name) == ({0: ((480, 600),)}, "Summer")
    assert "Desk" in admin.get("/admin/calendars").text


@pytest.mark.usefixtures("office")
def test_a_calendar_saved_as_it_was_opened_makes_no_version(admin: FlaskClient, desk: Session) -> None:
    assert saved(admin, DESK).status_code == 303
    desk.rollback()
    assert store.current_number(desk) == 1
    assert "Sant'Alessandro" in admin.get(DESK).text or "Saint Alexander" in admin.get(DESK).text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name_en": ""}, "Name in English: Fill this in."),
        ({"zone": "Rome"}, "Type a time zone such as Europe/Rome."),
        ({"province": "XX"}, "No holidays are known there."),
        ({"weekly__0__weekday": "", "weekly__0__opens": "", "weekly__0__closes": ""}, "a calendar needs hours"),
        ({"weekly__0__closes": "08:00"}, "Closes: Type a time after the one at which it opens."),
        ({"weekly__0__opens": "nine"}, "Type a time such as 09:30."),
        (
            {"weekly__1__weekday": "2", "weekly__1__opens": "10:00", "weekly__1__closes": "11:00"},
            "On Wednesday another row covers some of these hours.",
        ),
        ({"closures__0__first_day": "2026-08-10", "closures__0__last_day": "2026-08-09"}, "the first day or a later"),
    ],
)
@pytest.mark.usefixtures("office")
def test_a_calendar_that_cannot_be_is_refused_with_the_reason(
    admin: FlaskClient, desk: Session, typed: dict[str, str], sentence: str
) -> None:
    answer = saved(admin, DESK, **typed)
    assert answer.status_code == 422
    assert sentence in sentences(answer)
    assert book_now(desk).calendars == {"office": OFFICE}


@pytest.mark.usefixtures("office")
def test_a_calendar_in_use_is_not_removed(admin: FlaskClient, desk: Session) -> None:
    form = next(form for form in page(admin, DESK).forms if form.get("action").endswith("/remove"))
    assert "give them another one first" in post(admin, form).text
    assert "office" in book_now(desk).calendars


@pytest.mark.usefixtures("office")
def test_a_target_is_made_and_tried_out(admin: FlaskClient, desk: Session) -> None:
    answer = saved(admin, NEW_TARGET, category="stage-curriculare", priority="5", own="0:30", resolve="8")
    assert answer.status_code == 303
    made = book_now(desk).targets[1]
    assert (made.key, made.category, made.priority, made.own_minutes, made.resolve_minutes) == (
        *("t2", "stage-curriculare", 5, 30, 480),
    )
    assert {each.value for each in made.breach_tells} == {"technician", "supervisors"}
    high, usual = (page(admin, f"/admin/levels?category=stage-curriculare&priority={each}") for each in ("5", "1"))
    assert high.xpath("//*[@role='status']//a/@href") == ["/admin/levels/targets/t2"]
    assert usual.xpath("//*[@role='status']//a/@href") == ["/admin/levels/targets/t1"]
    record = desk.scalars(sa.select(AuditEvent).where(AuditEvent.subject == "levels:2")).one()
    assert (record.actor[:7], len(record.before["targets"]), len(record.after["targets"])) == ("person:", 1, 2)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"own": "", "resolve": ""}, "Promise a time to own, a time to resolve, or both."),
        ({"own": "soon"}, "Type hours and minutes, such as 4:30 or 0:45."),
        ({"own": "9", "resolve": "8"}, "Give at least as much time as for owning it."),
        ({"own": "1", "warn_percent": "120"}, "Type a whole number from 1 to 99."),
        ({"own": "1"}, "There is one for exactly these requests already."),
    ],
)
@pytest.mark.usefixtures("office")
def test_a_target_that_cannot_be_is_refused_with_the_reason_and_what_was_typed(
    admin: FlaskClient, desk: Session, typed: dict[str, str], sentence: str
) -> None:
    answer = saved(admin, NEW_TARGET, **typed)
    assert answer.status_code == 422
    assert sentence in sentences(answer)
    assert html.fromstring(answer.text).xpath("//input[@name='own']")[0].value == typed["own"]
    assert len(book_now(desk).targets) == 1


@pytest.mark.usefixtures("office")
def test_who_was_slower_keeps_the_text_and_is_told(admin: FlaskClient, desk: Session) -> None:
    answer = saved(admin, "/admin/levels/targets/t1", own="2", seen="0")
    assert answer.status_code == 409
    assert "Somebody else changed the service levels" in sentences(answer)
    assert html.fromstring(answer.text).xpath("//input[@name='own']")[0].value == "2"
    again = post(admin, html.fromstring(answer.text).xpath("//form[.//input[@name='own']]")[0])
    assert again.status_code == 303
    assert book_now(desk).targets[0].own_minutes == 120


@pytest.mark.usefixtures("office")
def test_a_target_and_a_time_in_a_group_come_and_go(admin: FlaskClient, desk: Session) -> None:
    assert saved(admin, NEW_GROUP, group="INFO1", from_group="STAGE", time="16:00").status_code == 303
    [level] = book_now(desk).operational
    assert (level.group, level.from_group, level.minutes) == ("INFO1", "STAGE", 960)
    assert saved(admin, "/admin/levels/groups/g1", time="8:00").status_code == 303
    for path in ("/admin/levels/groups/g1", "/admin/levels/targets/t1"):
        form = next(form for form in page(admin, path).forms if form.get("action").endswith("/remove"))
        assert post(admin, form).status_code == 303
    left = book_now(desk)
    assert (left.targets, left.operational) == ((), ())
    page(admin, "/admin/levels/targets/t1", 404)


@pytest.mark.usefixtures("office")
def test_a_group_is_not_held_to_its_own_hand_over(admin: FlaskClient) -> None:
    answer = saved(admin, NEW_GROUP, group="INFO1", from_group="INFO1", time="")
    assert answer.status_code == 422
    assert "Choose another group, or anybody." in sentences(answer)
    assert "Time in the group: Type hours and minutes" in sentences(answer)


def test_who_administers_one_service_changes_only_what_it_promises(
    desk: Session, office: None, client: FlaskClient, sign_in: SignIn
) -> None:
    own, other = shipped_catalogue().services
    limited = factories.administrator(desk, service_id=own)
    mine = Target("t2", "office", 30, 240, service_id=own)
    publish(desk, Book({"office": OFFICE}, (Target("t1", "office", 60, 480), mine)), "command:test", NOW, 1)
    desk.commit()
    sign_in(client, limited.id)
    before = book_now(desk)
    token = page(client, "/admin/levels/targets/t1").xpath("string(//input[@name='csrf_token']/@value)")
    assert client.post("/admin/levels/targets/t1/remove", data={"csrf_token": token}).status_code == 403
    assert saved(client, DESK, **NAMES).status_code == 403
    number, book = store.current(desk)
    who = factories.actor(desk, limited)
    for foreign in (
        replace(book, targets=(*book.targets, Target("t3", "office", 5, service_id=other))),
        replace(book, targets=(book.targets[0], replace(mine, service_id=other))),
        replace(book, operational=(Operational("g1", "office", "HD1", 5),)),
    ):
        with pytest.raises(NotAllowed):
            publish_by(desk, foreign, who, NOW, number)
    assert book_now(desk) == before
    assert client.post("/admin/levels/targets/t2/remove", data={"csrf_token": token}).status_code == 303
    assert [each.key for each in book_now(desk).targets] == ["t1"]


def test_going_back_shows_what_it_would_change_and_takes_one_press(
    admin: FlaskClient, desk: Session, office: None
) -> None:
    wider = replace(OFFICE, week={**WEEK, 5: ((540, 720),)})
    slower = Target("t1", "office", 120, 480)
    held = Operational("g1", "office", "RETI", 240)
    publish(desk, Book({"office": wider}, (slower,), (held,)), "command:test", NOW, 1)
    desk.commit()
    assert "/admin/levels/versions/1" in page(admin, "/admin/levels").xpath("//details//a/@href")
    shown = page(admin, "/admin/levels/versions/1")
    told = [" ".join(each.text_content().split()) for each in shown.xpath("//ul[@class='desk-differences']/li")]
    assert len(told) == 3
    assert "changed Calendar: Office" in told[0]
    assert "Saturday 09:00-12:00" in told[0]
    assert "Time to own before: 2:00 → after: 1:00" in told[1]
    assert "removed Times in a group: anybody → " in told[2]
    [form] = [form for form in shown.forms if form.get("action").endswith("/back")]
    assert post(admin, form).status_code == 303
    assert book_now(desk) == Book({"office": OFFICE}, (Target("t1", "office", 60, 480),))
    assert "went back to earlier service levels" in page(admin, "/admin/audit").text_content()


def test_going_back_to_what_somebody_else_changed_meanwhile_is_refused(
    admin: FlaskClient, desk: Session, office: None
) -> None:
    publish(desk, Book({"office": OFFICE}), "command:test", NOW, 1)
    desk.commit()
    [form] = [f for f in page(admin, "/admin/levels/versions/1").forms if f.get("action").endswith("/back")]
    publish(desk, Book({"office": replace(OFFICE, province="MI")}), "command:test", NOW, 2)
    desk.commit()
    assert post(admin, form).status_code == 409
    assert "Go back" not in page(admin, "/admin/levels/versions/3").text_content()
    page(admin, "/admin/levels/versions/9", 404)
