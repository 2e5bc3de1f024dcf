"""Administrators announce, change and end; what was typed is never lost, and nobody else gets near."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from lxml import html

from servicedesk.store.models.announcements import Announcement
from tests import factories
from tests.web.conftest import browser, page, post, send

DESK = "/admin/announcements"
STUDENTS = "ae929822-c377-4964-bfb2-61bd6947fb4a"
TYPED = {
    "title_it": "Servizio attivo dal 16 febbraio",
    "source_it": "Da **lunedì**.",
    "title_en": "Open from 16 February",
    "source_en": "From **Monday**.",
    "audience": "everyone",
}


def wall(**after) -> str:
    return (datetime.now(ZoneInfo("Europe/Rome")) + timedelta(**after)).strftime("%Y-%m-%dT%H:%M")


@pytest.fixture
def chief(app, desk, sign_in):
    made = factories.administrator(desk)
    desk.commit()
    client = browser(app)
    sign_in(client, made.id)
    return client


def newest(desk) -> int:
    desk.rollback()
    return desk.scalars(sa.select(sa.func.max(Announcement.id))).one()


def test_d1_what_an_administrator_writes_is_read_by_everyone_until_it_is_ended(client, chief, desk):
    assert send(chief, f"{DESK}/new", **TYPED).location == f"{DESK}?phase=current"
    assert "Open from 16 February" in page(client, "/").text_content()
    path = f"{DESK}/{newest(desk)}"
    assert "Open from 16 February" in page(chief, DESK).text_content()
    assert send(chief, path, title_en="Open from 17 February").status_code == 303
    assert "Open from 17 February" in page(client, "/").text_content()
    assert send(chief, path, f"{path}/end").location == path
    assert "Open from 17 February" not in page(client, "/").text_content()
    assert "Open from 17 February" in page(chief, f"{DESK}?phase=over").text_content()


def test_d1_what_is_scheduled_waits_and_its_times_are_those_of_the_site(client, chief, desk):
    answer = send(chief, f"{DESK}/new", **TYPED, starts_at="2099-07-01T09:00", ends_at="2099-07-02T09:00")
    assert answer.location == f"{DESK}?phase=scheduled"
    assert "Open from 16 February" not in page(client, "/").text_content()
    made = desk.get(Announcement, newest(desk))
    assert made.starts_at == datetime(2099, 7, 1, 7, 0, tzinfo=UTC)
    shown = page(chief, f"{DESK}/{made.id}")
    assert shown.xpath("//input[@name='starts_at']/@value") == ["2099-07-01T09:00"]
    assert "Scheduled: from 1 July 2099" in " ".join(shown.text_content().split())


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title_it": ""}, "Write a title in both languages."),
        ({"source_en": ""}, "Write the text in this language as well."),
        ({"starts_at": "tomorrow"}, "Write day and time, such as 2027-02-16T09:00."),
        ({"starts_at": wall(days=3), "ends_at": wall(days=2)}, "The end has to come after the beginning."),
        ({"audience": "nobody"}, "Choose from the lists."),
        ({"weight": "9"}, "Choose from the lists."),
    ],
)
def test_an_incomplete_one_comes_back_with_what_was_typed(chief, desk, wrong, sentence):
    answer = send(chief, f"{DESK}/new", **{**TYPED, **wrong})
    assert answer.status_code == 422
    shown = html.fromstring(answer.text)
    assert sentence in shown.xpath("//*[@role='alert']")[0].text_content()
    assert "Da **lunedì**." in answer.text
    assert newest(desk) is None


def test_a_form_sent_twice_announces_once(chief, desk):
    form = next(form for form in page(chief, f"{DESK}/new").forms if form.get("action") == f"{DESK}/new")
    for _ in range(2):
        assert post(chief, form, **TYPED).status_code == 303
    assert len(desk.scalars(sa.select(Announcement)).all()) == 1


def test_whoever_was_slower_keeps_their_text_and_may_replace_the_other(chief, desk):
    send(chief, f"{DESK}/new", **TYPED)
    path = f"{DESK}/{newest(desk)}"
    slow = next(form for form in page(chief, path).forms if form.get("action") == path)
    send(chief, path, title_en="First")
    refused = post(chief, slow, title_en="Second")
    assert refused.status_code == 422
    assert "A colleague changed this announcement" in refused.text
    again = next(form for form in html.fromstring(refused.text).forms if form.get("action") == path)
    assert post(chief, again).status_code == 303
    assert "Second" in page(chief, DESK).text_content()


def test_an_administrator_of_one_service_is_offered_that_one_alone(app, desk, sign_in, chief):
    send(chief, f"{DESK}/new", **TYPED)
    limited, client = factories.administrator(desk, STUDENTS), browser(app)
    desk.commit()
    sign_in(client, limited.id)
    assert page(client, f"{DESK}/new").xpath("//select[@name='service']/option/@value") == [STUDENTS]
    page(client, f"{DESK}/{newest(desk)}", 404)
    assert send(client, f"{DESK}/new", **TYPED).status_code == 303
    assert desk.get(Announcement, newest(desk)).service_id == STUDENTS


def test_staff_who_administer_nothing_are_refused(app, desk, sign_in):
    worker, client = factories.technician(desk, "STAGE"), browser(app)
    desk.commit()
    sign_in(client, worker.id)
    for path in (DESK, f"{DESK}/new", f"{DESK}/1"):
        page(client, path, 403)
