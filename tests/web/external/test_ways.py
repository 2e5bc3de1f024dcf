"""Registering, first access and signing in are offered, and told apart, on every page of those without an account."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from servicedesk.rules.addresses import status_token
from servicedesk.settings import Settings
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.tickets import Ticket
from tests import factories
from tests.web.conftest import SignIn, browser, page, send
from tests.web.external.conftest import FORM, SERVICE

WORDS = {"given_name": "Rita", "family_name": "Ospiti", "title": "Locked out", "description": "No way in."}
WAYS = ["/login?next=/tickets", "/account/first-access", "/account/register"]


def ways(client: FlaskClient, path: str) -> list[str]:
    """Return where the block of a page leads; every way says for whom it is."""
    block = page(client, path).xpath("//section[@aria-labelledby='register-ways']")[0]
    assert all(len(words.text_content()) > 20 for words in block.xpath(".//dd"))
    return block.xpath(".//a/@href")


@pytest.mark.parametrize("path", [f"/external/{SERVICE}", FORM, "/status"])
def test_pages_before_filing_offer_them(client: FlaskClient, path: str) -> None:
    assert ways(client, path) == WAYS


def test_pages_after_filing_offer_them(client: FlaskClient) -> None:
    assert ways(client, send(client, FORM, email="a@example.org", **WORDS).location) == WAYS


def test_pages_of_a_request_that_waits_for_its_address_offer_them(desk: Session, client: FlaskClient) -> None:
    form = next(form for form in page(client, FORM).forms if form.get("action") == FORM)
    data = {**dict(form.form_values()), **WORDS, "email": "a@example.org"}
    assert ways(client, client.post(FORM, data=data).location) == WAYS
    assert ways(client, desk.scalars(select(Notice.context)).one()["path"]) == WAYS


def test_the_ticket_of_a_guest_offers_them_and_that_of_an_account_does_not(
    app: Flask, desk: Session, client: FlaskClient, settings: Settings, guest_ticket: Ticket, sign_in: SignIn
) -> None:
    client.get(f"/status/{status_token(settings.secret_key, guest_ticket.id, guest_ticket.access_suffix or '')}")
    assert ways(client, f"/tickets/{guest_ticket.number}") == WAYS
    student, signed_in = factories.student(desk), browser(app)
    own = factories.ticket(desk, requester=student, key="tasse-informazioni")
    desk.commit()
    sign_in(signed_in, student.id)
    for path in (f"/tickets/{own.number}", "/status", FORM):
        assert not page(signed_in, path).xpath("//section[@aria-labelledby='register-ways']")


def test_where_nobody_may_register_only_the_other_ways_are_shown(
    app: Flask, client: FlaskClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = settings.model_copy(update={"accounts": settings.accounts.model_copy(update={"registration": False})})
    monkeypatch.setitem(app.extensions, "desk_settings", closed)
    assert ways(client, "/status") == WAYS[:2]
