"""The public categories link (A6): what it shows, the ticket it files, and what it never tells."""

import pytest
from lxml import html
from sqlalchemy import func, select

from servicedesk.rules.addresses import status_token
from servicedesk.rules.lifecycle import State
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket, TicketLink, Upload
from tests import factories
from tests.web.conftest import browser, page, post, send
from tests.web.external.conftest import FORM, SERVICE

LEGACY = f"/RichiesteEsterne/SelezioneCategoria?ServiceId={SERVICE}"
WHO = {"given_name": "Mario", "family_name": "Rossi", "email": "Mario@Example.org"}
WHAT = {"title": "Locked out", "description": "I cannot sign in."}


@pytest.mark.parametrize("path", [LEGACY, f"/external/{SERVICE}", f"/external/{SERVICE.upper()}"])
def test_both_addresses_show_what_is_open_to_everyone_and_nothing_else(client, path):
    shown = page(client, path)
    assert shown.xpath("//div[contains(@class, 'desk-card')]//a/@href") == [FORM]
    assert "Access to online services" in shown.text_content()


@pytest.mark.parametrize(
    "path",
    [
        "/RichiesteEsterne/SelezioneCategoria",
        "/RichiesteEsterne/SelezioneCategoria?ServiceId=",
        "/RichiesteEsterne/SelezioneCategoria?ServiceId=rubbish",
        "/RichiesteEsterne/SelezioneCategoria?ServiceId=00000000-0000-4000-8000-000000000000",
        "/external/rubbish",
        "/external/rubbish/new/accesso-login",
    ],
)
def test_an_unknown_or_mistyped_service_is_not_there_and_says_what_to_do(client, path):
    assert "This link names no service of ours." in page(client, path, 404).text_content()


@pytest.mark.parametrize("key", ["tasse-pagamenti", "accesso-servizi-online", "no-such-key"])
def test_what_is_not_open_to_everyone_cannot_be_asked_without_an_account(client, key):
    assert client.get(f"/external/{SERVICE}/new/{key}").status_code == 404


def test_a_category_belongs_to_its_own_service_alone(client):
    assert client.get("/external/5b1f6a0e-7d0c-4c39-9a5e-2f4f7a1d8c63/new/accesso-login").status_code == 404


def test_a_request_is_filed_for_a_new_guest_with_a_suffix_that_only_the_mail_carries(desk, client):
    factories.technician(desk, "HD1")
    desk.commit()
    answer = send(client, FORM, files=[("screen.txt", b"error 42")], **WHO, **WHAT, field_phone="+39 030 2988.1")
    assert (answer.status_code, answer.location) == (303, f"/external/{SERVICE}/filed")
    ticket = desk.scalars(select(Ticket)).one()
    person = desk.get_one(Person, ticket.requester_id)
    assert (person.is_guest, person.email, person.phone) == (True, "mario@example.org", "+39 030 2988.1")
    assert (person.given_name, person.family_name, person.locale) == ("Mario", "Rossi", "en")
    assert (ticket.origin, ticket.group_code, len(ticket.access_suffix or "")) == ("public_form", "HD1", 6)
    assert desk.scalars(select(Upload.ticket_id)).all() == [ticket.id]
    assert ("opened", "mario@example.org") in desk.execute(select(Notice.template, Notice.address)).all()
    confirmation = page(client, answer.location).text_content()
    assert ticket.number in confirmation
    assert ticket.access_suffix not in confirmation


def test_filing_opens_nothing_before_the_mail_was_read(desk, client):
    send(client, FORM, **WHO, **WHAT)
    number = desk.scalars(select(Ticket.number)).one()
    assert client.get(f"/tickets/{number}").status_code == 303


def test_two_requests_of_one_person_are_two_guests(desk, client):
    for _time in range(2):
        send(client, FORM, **WHO, **WHAT)
    assert desk.scalar(select(func.count(func.distinct(Ticket.requester_id)))) == 2


def test_a_form_sent_twice_files_once_and_confirms_twice(desk, client):
    form = next(form for form in page(client, FORM).forms if form.get("action") == FORM)
    first, second = (post(client, form, **WHO, **WHAT) for _time in range(2))
    assert first.location == second.location
    assert desk.scalar(select(func.count()).select_from(Ticket)) == 1
    assert desk.scalars(select(Ticket.number)).one() in page(client, second.location).text_content()


def test_whoever_goes_back_to_correct_the_address_gets_the_number_there(desk, client):
    form = next(form for form in page(client, FORM).forms if form.get("action") == FORM)
    post(client, form, **{**WHO, "email": "mari@example.org"}, **WHAT)
    again = post(client, form, **WHO, **WHAT)
    assert again.status_code == 422
    corrected = next(form for form in html.fromstring(again.text).forms if form.get("action") == FORM)
    assert corrected.fields["email"] == WHO["email"]
    assert post(client, corrected).status_code == 303
    assert desk.scalar(select(func.count()).select_from(Ticket)) == 2


@pytest.mark.parametrize("typed", ["", "mario", "mario@example", "a b@example.org", "mario@example.org\nBcc: x@y.zz"])
def test_what_is_no_address_is_refused_and_everything_typed_is_kept(desk, client, typed):
    answer = send(client, FORM, **{**WHO, "email": typed}, **WHAT)
    assert answer.status_code == 422
    form = next(form for form in html.fromstring(answer.text).forms if form.get("action") == FORM)
    assert (form.fields["given_name"], form.fields["title"]) == ("Mario", "Locked out")
    assert desk.scalar(select(func.count()).select_from(Ticket)) == 0


def test_the_confirmation_is_for_the_browser_that_filed(client):
    assert client.get(f"/external/{SERVICE}/filed").location == LEGACY


def test_too_many_requests_from_one_place_are_refused(app, client, monkeypatch):
    monkeypatch.setitem(app.config, "LIMIT_SUBMISSIONS", "2 per hour")
    sent = [send(client, FORM, **WHO, **WHAT).status_code for _time in range(3)]
    assert sent == [303, 303, 429]


def test_whoever_is_signed_in_is_shown_the_better_way(app, desk, sign_in):
    student, client = factories.student(desk), browser(app)
    desk.commit()
    sign_in(client, student.id)
    assert "You are signed in" in page(client, LEGACY).text_content()


def test_a_guest_carries_an_ended_ticket_on_with_the_same_details(app, desk, client):
    guest = factories.guest(desk, given_name="Mario", family_name="Rossi", email="mario@example.org")
    ended = factories.ticket(desk, requester=guest, key="accesso-login", suffix="7KQF2M", state=State.CANCELLED)
    desk.commit()
    client.get(f"/status/{status_token(app.config['SECRET_KEY'], ended.id, '7KQF2M')}")
    link = page(client, f"/tickets/{ended.number}").xpath("//a[contains(@href, 'follows')]/@href")[0]
    form = next(form for form in page(client, link).forms if form.get("action") == link)
    assert form.fields["email"] == "mario@example.org"
    assert post(client, form, title="Again", description="Still locked out.").status_code == 303
    desk.rollback()
    newer = desk.scalars(select(Ticket.id).where(Ticket.id != ended.id)).one()
    assert desk.execute(select(TicketLink.ticket_id, TicketLink.other_id)).all() == [(newer, ended.id)]
