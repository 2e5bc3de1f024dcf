"""Retention in the administration: terms looked at and saved, holds placed and ended, a person removed for good."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.files import note_draft
from servicedesk.actions.tickets import act
from servicedesk.gateways.storage import Storage, new_upload_id
from servicedesk.rules.addresses import status_token
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.richtext import from_plain
from servicedesk.settings import Settings
from servicedesk.store.anonymising import word_of
from servicedesk.store.base import writing
from servicedesk.store.models.people import Person
from servicedesk.store.models.retention import LegalHold, RetentionTerm
from servicedesk.store.models.tickets import Ticket
from tests import factories
from tests.web.admin.test_people import send
from tests.web.conftest import SignIn, page
from tests.web.conftest import browser as another_browser

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=800)
KEY = "stage-curriculare"
WHY = "The person asked for it by letter."


@pytest.fixture
def admin(desk: Session) -> Person:
    made = factories.administrator(desk, given_name="Ada", family_name="Capo")
    desk.commit()
    return made


@pytest.fixture
def browser(client: FlaskClient, admin: Person, sign_in: SignIn) -> FlaskClient:
    sign_in(client, admin.id)
    return client


def withdrawn(desk: Session, who: Person, now: datetime = LONG_AGO, upload: str = "") -> Ticket:
    """A ticket that its requester, with a file where one is named, has withdrawn."""
    ticket = factories.ticket(desk, key=KEY, requester=who, title="My marks are wrong", now=now)
    by = factories.actor(desk, who, ticket)
    if upload:
        note_draft(desk, upload, upload, "marks.txt", "text/plain", 5, "0" * 64, now)
        act(desk, ticket, Action.COMMENT, by, now, Details(from_plain("See."), files=(upload,), draft_key=upload))
    act(desk, ticket, Action.WITHDRAW, by, now)
    desk.commit()
    return ticket


def test_terms_are_looked_at_before_they_are_saved(browser: FlaskClient, desk: Session) -> None:
    ticket = withdrawn(desk, factories.student(desk))
    at, service = "/admin/retention", ticket.service_id
    typed = {f"{service}-files": "", f"{service}-tickets": "12"}
    form = dict(page(browser, at).xpath(f"//form[@action='{at}/{service}']")[0].form_values())
    looked = browser.post(f"{at}/{service}", data={**form, **typed, "look": "1"})
    assert "Requests that would lose everything personal: <strong>1</strong>" in looked.text
    assert desk.scalars(sa.select(RetentionTerm)).all() == []
    desk.rollback()
    assert send(browser, at, f"{at}/{service}", **typed) is None
    assert desk.scalars(sa.select(RetentionTerm.tickets_months)).all() == [12]
    desk.rollback()
    assert page(browser, at).xpath(f"//input[@name='{service}-tickets']/@value") == ["12"]
    assert "terms of keeping changed" in page(browser, "/admin/audit").text_content()


@pytest.mark.parametrize(("months", "sentence"), [("two", "Write a whole number"), ("1", "from 3 to 600")])
def test_terms_that_cannot_be_come_back_with_what_was_typed(browser: FlaskClient, months: str, sentence: str) -> None:
    name = "accounts-accounts"
    shown = send(browser, "/admin/retention", "/admin/retention/accounts", **{name: months})
    assert shown is not None
    assert sentence in shown.text_content()
    assert shown.xpath(f"//input[@name='{name}']/@value") == [months]


def test_two_administrators_do_not_overwrite_each_others_terms(browser: FlaskClient) -> None:
    at = "/admin/retention"
    form = dict(page(browser, at).xpath(f"//form[@action='{at}/accounts']")[0].form_values())
    assert send(browser, at, f"{at}/accounts", **{"accounts-accounts": "24"}) is None
    answer = browser.post(f"{at}/accounts", data={**form, "accounts-accounts": "36"})
    assert answer.status_code == 409
    assert "Somebody else has changed these terms" in answer.text
    assert 'value="36"' in answer.text


def test_a_hold_is_placed_shown_to_staff_on_the_request_and_ended(
    browser: FlaskClient, desk: Session, sign_in: SignIn
) -> None:
    ticket = withdrawn(desk, factories.student(desk))
    worker = factories.technician(desk, ticket.group_code)
    desk.commit()
    number, worker_id = ticket.number, worker.id
    at = "/admin/privacy"
    refused = send(browser, at, f"{at}/holds", number="2026000000", reason="An appeal is pending.")
    assert refused is not None
    assert "No request of the services" in refused.text_content()
    assert refused.xpath("//input[@name='number']/@value") == ["2026000000"]
    assert send(browser, at, f"{at}/holds", number=number, reason="An appeal is pending.") is None
    hold = desk.scalars(sa.select(LegalHold.id)).one()
    desk.rollback()
    assert number in page(browser, at).xpath("string(//section[@aria-labelledby='holds']//tbody)")
    other = browser.application.test_client()
    sign_in(other, worker_id)
    assert "An appeal is pending." in page(other, f"/tickets/{number}").text_content()
    assert send(browser, at, f"{at}/holds/{hold}/end") is None
    assert "Nothing is under a hold" in page(browser, at).text_content()
    assert "An appeal is pending." in page(browser, f"{at}?show=over").text_content()
    assert "An appeal is pending." not in page(other, f"/tickets/{number}").text_content()


def test_a_person_is_removed_with_the_bytes_of_their_files(
    browser: FlaskClient, desk: Session, settings: Settings, tmp_path: Path
) -> None:
    storage, upload = Storage(settings.storage.folder), new_upload_id()
    (tmp_path / "marks.txt").write_bytes(b"marks")
    with (tmp_path / "marks.txt").open("rb") as stream:
        storage.save(stream, upload, 100)
    student = factories.student(desk, given_name="Luca", family_name="Verdissimo", email="luca@example.org")
    ticket = withdrawn(desk, student, upload=upload)
    word, at, number = word_of(desk, student), f"/admin/privacy/people/{student.id}", ticket.number
    desk.rollback()
    found = page(browser, "/admin/privacy?q=Verdissimo").xpath("//section[@aria-labelledby='find']//tbody//a/@href")
    assert found == [at]
    wrong = send(browser, at, f"{at}/remove", reason=WHY, typed="P0")
    assert wrong is not None
    assert "not what the page asks for" in wrong.text_content()
    assert WHY in wrong.xpath("string(//textarea[@name='reason'])")
    assert send(browser, at, f"{at}/remove", reason=WHY, typed=word) is None
    shown = page(browser, at)
    assert "Everything personal was removed" in shown.text_content()
    assert not shown.xpath(f"//form[@action='{at}/remove']")
    assert not [path for path in settings.storage.folder.rglob("*") if path.is_file()]
    for address in (at, "/admin/audit", f"/admin/people/{student.id}", "/admin/privacy?q=Verdissimo"):
        words = page(browser, address).xpath("string(//main)")
        assert "Verdissimo" not in words.replace("q=Verdissimo", "")
        assert "luca@example.org" not in words
    assert number


def test_staff_read_that_the_person_was_removed_and_find_nothing_of_the_text(
    browser: FlaskClient, desk: Session, sign_in: SignIn
) -> None:
    student = factories.student(desk, given_name="Luca", family_name="Verdissimo")
    ticket = withdrawn(desk, student)
    worker = factories.technician(desk, ticket.group_code)
    word, at, number, worker_id = word_of(desk, student), student.id, ticket.number, worker.id
    desk.commit()
    at_page = f"/admin/privacy/people/{at}"
    assert send(browser, at_page, f"{at_page}/remove", reason=WHY, typed=word) is None
    other = browser.application.test_client()
    sign_in(other, worker_id)
    shown = page(other, f"/tickets/{number}").text_content()
    assert "Person removed" in shown
    assert "(text removed)" in shown
    assert "[removed-" not in shown
    assert "Everything personal was removed on" in shown
    for secret in ("Verdissimo", "My marks are wrong"):
        assert secret not in shown
    assert number not in page(other, "/search?q=marks").text_content()
    assert number in page(other, f"/search?q={number}").text_content()


def test_what_stands_in_the_way_is_named_and_no_form_is_offered(browser: FlaskClient, desk: Session) -> None:
    student = factories.student(desk)
    ticket = factories.ticket(desk, key=KEY, requester=student)
    desk.commit()
    at = f"/admin/privacy/people/{student.id}"
    shown = page(browser, at)
    assert ticket.number in shown.xpath("string(//section[@aria-labelledby='remove'])")
    assert not shown.xpath(f"//form[@action='{at}/remove']")
    assert send(browser, at, f"{at}/hold", **{"hold-reason": "A question of the court."}) is None
    assert "A question of the court." in page(browser, at).text_content()


def test_a_guest_is_found_by_the_number_of_the_request(browser: FlaskClient, desk: Session) -> None:
    guest = factories.guest(desk, family_name="Ospite")
    ticket = factories.ticket(desk, key="accesso-login", requester=guest, suffix="7KQF2M", now=LONG_AGO)
    desk.commit()
    shown = page(browser, f"/admin/privacy?q={ticket.number}")
    assert shown.xpath("//section[@aria-labelledby='find']//tbody//a/@href") == [f"/admin/privacy/people/{guest.id}"]


def test_the_mailed_link_and_the_full_number_of_a_removed_guest_open_nothing(
    browser: FlaskClient, desk: Session, settings: Settings
) -> None:
    guest = factories.guest(desk, email="ospite@example.org")
    ticket = factories.ticket(
        desk, key="accesso-login", requester=guest, suffix="7KQF2M", now=LONG_AGO, title="A guest's own matter"
    )
    act(desk, ticket, Action.WITHDRAW, factories.actor(desk, guest, ticket), LONG_AGO)
    desk.commit()
    number, at = ticket.number, f"/admin/privacy/people/{guest.id}"
    link = f"/status/{status_token(settings.secret_key, ticket.id, '7KQF2M')}"
    stranger = another_browser(browser.application)
    assert "own matter" in stranger.get(link, follow_redirects=True).text
    assert send(browser, at, f"{at}/remove", reason=WHY, typed=f"P{guest.id}") is None
    later = another_browser(browser.application)
    assert later.get(link).status_code in (404, 410)
    form = dict(page(later, "/status").xpath("//form[@action='/status']")[0].form_values())
    answer = later.post("/status", data={**form, "email": "ospite@example.org", "number": f"{number}-7KQF2M"})
    assert "own matter" not in later.get(answer.location or "/status", follow_redirects=True).text
    assert later.get(f"/tickets/{number}").status_code != 200
    assert "own matter" not in stranger.get(f"/tickets/{number}", follow_redirects=True).text


def test_who_administers_one_service_sets_its_terms_and_removes_nobody(
    client: FlaskClient, desk: Session, sign_in: SignIn
) -> None:
    ticket = withdrawn(desk, factories.student(desk))
    partly = factories.administrator(desk, ticket.service_id)
    desk.commit()
    sign_in(client, partly.id)
    sections = page(client, "/admin/retention").xpath("//form[starts-with(@action, '/admin/retention/')]/@action")
    assert sections == [f"/admin/retention/{ticket.service_id}"]
    assert not page(client, "/admin/privacy").xpath("//section[@aria-labelledby='find']")
    page(client, f"/admin/privacy/people/{ticket.requester_id}", 403)
    with writing(desk):
        assert desk.scalars(sa.select(LegalHold)).all() == []
