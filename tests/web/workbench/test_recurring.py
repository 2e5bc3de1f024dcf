"""Recurring requests on their pages: written with their dates before one's eyes, paused, gone on, removed."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.orm import Session

from servicedesk.actions import recurring
from servicedesk.rules.catalogue import FieldKind
from servicedesk.store import catalogue
from servicedesk.store.models.people import Person
from servicedesk.store.models.recurring import RecurringTicket
from servicedesk.store.models.tickets import Upload
from tests import factories
from tests.web.conftest import SignIn, page

KEY = "stage-curriculare"
GROUP = "STAGE"
MULTIPART = "multipart/form-data"
NEW = f"/recurring/new?category={KEY}"
TYPED = {
    "name": "Printers",
    "title_it": "Stampanti",
    "title_en": "Printers",
    "text_it": "Guardare.",
    "text_en": "Look.",
    "starts": "2026-03-02",
    "at": "08:30",
    "field_phone": "+39 035 205 2000",
}


@pytest.fixture
def leader(desk: Session) -> Person:
    made = factories.supervisor(desk, GROUP)
    factories.technician(desk, GROUP)
    desk.commit()
    return made


@pytest.fixture
def browser(client: FlaskClient, leader: Person, sign_in: SignIn) -> FlaskClient:
    sign_in(client, leader.id)
    return client


def send(client: FlaskClient, at: str, action: str, typed: dict[str, str] | None = None) -> html.HtmlElement | None:
    """Send a form of a page as it stands but for what is typed; return the page shown again, None when it is done."""
    form = page(client, at).xpath(f"//form[@action='{action}']")[0]
    answer = client.post(action, data={**dict(form.form_values()), **(typed or {})})
    if answer.status_code == 303:
        return None
    assert answer.status_code == 422
    return html.fromstring(answer.text)


def kept(desk: Session) -> RecurringTicket:
    desk.rollback()
    return desk.scalars(sa.select(RecurringTicket)).one()


def test_it_is_written_in_two_steps_and_opens_on_its_day(browser: FlaskClient, desk: Session) -> None:
    offered = page(browser, "/recurring/new").xpath("//select[@name='category']//option/@value")
    assert KEY in offered
    assert "accesso-login" not in offered
    assert send(browser, NEW, NEW, TYPED) is None
    row = kept(desk)
    assert row.next_at is not None
    shown = page(browser, f"/recurring/{row.id}").text_content()
    assert "every week on Monday, at 08:30" in shown
    recurring.open_due(desk, row.next_at + timedelta(minutes=1), set())
    desk.commit()
    address = page(browser, f"/recurring/{row.id}").xpath("//table//th/a/@href")[0]
    ticket = page(browser, address)
    assert "Printers" in ticket.text_content()
    assert "Recurring request" in ticket.text_content()


def test_the_next_ten_dates_are_shown_before_anything_is_kept(browser: FlaskClient, desk: Session) -> None:
    form = page(browser, NEW).xpath(f"//form[@action='{NEW}']")[0]
    asked = {**dict(form.form_values()), "unit": "month_day", "day": "31", "starts": "2099-01-01", "show": "1"}
    answer = browser.post(NEW, data=asked)
    assert answer.status_code == 200
    dates = html.fromstring(answer.text).xpath("//section[@id='dates']//li")
    assert len(dates) == 10
    assert dates[0].text_content().split()[0] == "Monday"  # the last of January 2099 is a Saturday
    assert desk.scalars(sa.select(RecurringTicket.id)).all() == []


def test_fields_that_the_chosen_unit_does_not_need_are_put_away(browser: FlaskClient) -> None:
    form = page(browser, NEW)
    assert form.xpath("//*[@name='weekdays']/ancestor::*[@data-needs][not(@hidden)]")
    assert form.xpath("//*[@name='nth']/ancestor::*[@data-needs][@hidden]")
    asked = {**dict(form.xpath(f"//form[@action='{NEW}']")[0].form_values()), "unit": "month_weekday", "show": "1"}
    answer = browser.post(NEW, data=asked)
    assert 'name="nth"' in answer.text.partition('data-needs-one-of="month_weekday">')[2][:600]


def test_what_is_wrong_is_said_and_what_was_typed_stays(browser: FlaskClient) -> None:
    shown = send(browser, NEW, NEW, {**TYPED, "name": "", "at": "late", "every": "0"})
    assert shown is not None
    words = shown.text_content()
    assert "Write a time such as 08:30." in words
    assert "too small or too large" in words
    assert shown.xpath("//input[@name='title_en']/@value") == ["Printers"]
    again = send(browser, NEW, NEW, {**TYPED, "name": "", "requester": ""})
    assert again is not None
    assert "Type an e-mail address" in again.text_content()


def test_it_is_changed_paused_resumed_and_removed(browser: FlaskClient, desk: Session) -> None:
    assert send(browser, NEW, NEW, TYPED) is None
    row = kept(desk)
    at = f"/recurring/{row.id}"
    edit = f"{at}/edit?category={KEY}"
    assert send(browser, f"{at}/edit", edit, {"name": "Printers and scanners"}) is None
    assert send(browser, at, f"{at}/pause") is None
    assert "paused" in page(browser, "/recurring").text_content()
    assert kept(desk).next_at is None
    assert send(browser, at, f"{at}/resume") is None
    assert kept(desk).next_at is not None
    assert send(browser, at, f"{at}/remove") is None
    assert "No recurring request yet" in page(browser, "/recurring").text_content()


def test_the_same_form_sent_twice_keeps_one(browser: FlaskClient, desk: Session) -> None:
    form = page(browser, NEW).xpath(f"//form[@action='{NEW}']")[0]
    asked = {**dict(form.form_values()), **TYPED}
    for _each in range(2):
        assert browser.post(NEW, data=asked).status_code == 303
    kept(desk)


def test_who_leads_another_group_neither_sees_nor_changes_it(
    client: FlaskClient, browser: FlaskClient, desk: Session, sign_in: SignIn
) -> None:
    assert send(browser, NEW, NEW, TYPED) is None
    row = kept(desk)
    other = factories.supervisor(desk, "RETI")
    desk.commit()
    at = f"/recurring/{row.id}"
    sign_in(client, other.id)
    assert client.get(at).status_code == 404
    assert client.get(f"{at}/edit").status_code == 404
    assert "Printers" not in page(client, "/recurring").text_content()
    assert not page(client, NEW).xpath("//input[@name='name']")


def test_an_administrator_comes_to_it_from_the_administration(
    client: FlaskClient, browser: FlaskClient, desk: Session, sign_in: SignIn
) -> None:
    assert send(browser, NEW, NEW, TYPED) is None
    admin = factories.administrator(desk)
    desk.commit()
    sign_in(client, admin.id)
    assert page(client, "/admin/rules").xpath("//a[@href='/recurring']")
    assert "Printers" in page(client, "/recurring").text_content()
    assert datetime.now(UTC) > kept(desk).changed_at


def test_files_are_kept_shown_to_those_who_lead_and_removed_with_it(
    client: FlaskClient, browser: FlaskClient, desk: Session, sign_in: SignIn, leader: Person
) -> None:
    sent = {**TYPED, "name": "", "files": (BytesIO(b"%PDF-1.4 plan"), "plan.pdf")}
    again = _posted(browser, NEW, NEW, sent)
    [draft] = again.xpath("//input[@name='files_kept']/@value")
    form = again.xpath(f"//form[@action='{NEW}']")[0]
    answer = browser.post(NEW, data={**dict(form.form_values()), "name": "Printers"}, content_type=MULTIPART)
    assert answer.status_code == 303
    row = kept(desk)
    at = f"/recurring/{row.id}"
    [link] = page(browser, at).xpath(f"//a[starts-with(@href, '{at}/files/')]/@href")
    with browser.get(link) as given:
        assert (given.data, given.headers["Content-Disposition"]) == (b"%PDF-1.4 plan", "attachment; filename=plan.pdf")
    assert client.get(f"/attachments/{draft}").status_code == 404, "it belongs to no message"
    assert send(browser, f"{at}/edit", f"{at}/edit?category={KEY}", {"name": "Plans"}) is None
    assert page(browser, at).xpath(f"//a[@href='{link}']"), "a change keeps what stays ticked"
    desk.rollback()
    other = factories.supervisor(desk, "RETI")
    desk.commit()
    sign_in(client, other.id)
    assert client.get(link).status_code == 404
    sign_in(client, leader.id)
    assert send(client, at, f"{at}/remove") is None
    desk.rollback()
    assert desk.scalars(sa.select(Upload.id)).all() == []


def test_a_category_that_demands_a_file_asks_for_it_at_its_field(
    client: FlaskClient, desk: Session, sign_in: SignIn
) -> None:
    categories = catalogue.current(desk).categories.values()
    [category] = [each for each in categories if any(field.kind is FieldKind.FILE for field in each.fields)]
    [name] = [f"field_{field.key}" for field in category.fields if field.kind is FieldKind.FILE]
    boss = factories.supervisor(desk, category.group)
    desk.commit()
    sign_in(client, boss.id)
    at = f"/recurring/new?category={category.key}"
    typed = {key: value for key, value in TYPED.items() if not key.startswith("field_")}
    missing = _posted(client, at, at, typed)
    assert "Attach this file" in missing.xpath(f"//*[@id='{name}-error']")[0].text_content()
    refused = _posted(client, at, at, {**typed, name: (BytesIO(b"words"), "certificate.txt")})
    assert "certificate.txt cannot be taken here" in refused.xpath(f"//*[@id='{name}-error']")[0].text_content()
    taken = _posted(client, at, at, {**typed, name: (BytesIO(b"%PDF-1.4 yes"), "certificate.pdf")})
    assert not taken.xpath(f"//*[@id='{name}-error']")
    assert taken.xpath(f"//input[@id='{name}-kept'][@checked]")


def _posted(client: FlaskClient, at: str, action: str, typed: dict[str, Any]) -> html.HtmlElement:
    """Send a form with files; return the page shown again."""
    form = page(client, at).xpath(f"//form[@action='{action}']")[0]
    answer = client.post(action, data={**dict(form.form_values()), **typed}, content_type=MULTIPART)
    assert answer.status_code == 422
    return html.fromstring(answer.text)
