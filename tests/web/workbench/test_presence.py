"""Two technicians in one ticket see each other, and what the other says before they send their own (F8)."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.actions.cleaning import forget_overdue
from servicedesk.actions.details import Details
from servicedesk.actions.presence import be_present
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.models.work import Presence
from tests import factories
from tests.web.conftest import SignIn, browser, csrf, page
from tests.web.workbench.conftest import GROUP, TicketIn


@pytest.fixture
def mine(ticket_in: TicketIn) -> Ticket:
    return ticket_in(state=State.IN_PROGRESS)


@pytest.fixture
def bruno(desk: Session) -> Person:
    made = factories.technician(desk, GROUP, given_name="Bruno", family_name="Neri", code="OP-B")
    desk.commit()
    return made


@pytest.fixture
def brunos(app: Flask, bruno: Person, sign_in: SignIn) -> FlaskClient:
    client = browser(app)
    sign_in(client, bruno.id)
    return client


def beat(client: FlaskClient, ticket: Ticket, **fields: str) -> dict[str, str]:
    data = {"csrf_token": csrf(client, f"/tickets/{ticket.number}"), **fields}
    answer = client.post(f"/workbench/tickets/{ticket.number}/presence", data=data)
    assert answer.status_code == 200
    return answer.get_json()  # type: ignore[no-any-return]


def here(client: FlaskClient, ticket: Ticket) -> str:
    shown = page(client, f"/tickets/{ticket.number}")
    return " ".join(shown.xpath("string(//*[contains(@class, 'desk-presence')])").split())


def test_whoever_is_in_the_ticket_is_seen_by_the_others_and_not_by_themselves(
    signed_in: FlaskClient, brunos: FlaskClient, mine: Ticket
) -> None:
    assert here(signed_in, mine) == ""
    assert beat(brunos, mine)["people"].strip() == ""
    assert here(signed_in, mine) == "OP-B Bruno Neri is reading"
    beat(brunos, mine, writing="1")
    assert "OP-B Bruno Neri is writing" in beat(signed_in, mine)["people"]
    assert "is reading" in beat(brunos, mine)["people"]
    beat(brunos, mine, gone="1")
    assert here(signed_in, mine) == ""


def test_a_sign_of_life_counts_for_45_seconds_and_is_forgotten(
    signed_in: FlaskClient, mine: Ticket, bruno: Person, desk: Session
) -> None:
    now = datetime.now(UTC)
    be_present(desk, mine.id, bruno.id, True, now - timedelta(seconds=40))
    desk.commit()
    assert "is writing" in here(signed_in, mine)
    be_present(desk, mine.id, bruno.id, True, now - timedelta(seconds=50))
    desk.commit()
    assert here(signed_in, mine) == ""
    forget_overdue(desk, now)
    assert desk.scalars(sa.select(Presence)).all() == []


def test_what_others_say_is_shown_before_ones_own_is_sent_and_only_once(
    signed_in: FlaskClient, brunos: FlaskClient, mine: Ticket, desk: Session
) -> None:
    seen = str(mine.last_seq)
    assert beat(signed_in, mine, seen=seen)["news"] == ""
    ticket = desk.get_one(Ticket, mine.id)
    requester = factories.actor(desk, desk.get_one(Person, mine.requester_id))
    act(desk, ticket, Action.COMMENT, requester, datetime.now(UTC), Details(note=from_plain("I found it myself.")))
    desk.commit()
    found = beat(signed_in, mine, seen=seen)
    assert "I found it myself." in found["news"]
    assert int(found["seen"]) == int(seen) + 1
    assert beat(signed_in, mine, seen=str(found["seen"]))["news"] == ""


def test_those_who_may_not_read_internal_things_learn_nothing(app: Flask, mine: Ticket, sign_in: SignIn) -> None:
    client = browser(app)
    sign_in(client, mine.requester_id)
    data = {"csrf_token": csrf(client, f"/tickets/{mine.number}")}
    assert client.post(f"/workbench/tickets/{mine.number}/presence", data=data).status_code == 403
    assert "desk-presence" not in client.get(f"/tickets/{mine.number}").text
