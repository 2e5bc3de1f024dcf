"""Watchers on the page of a ticket: added, ended, named in a note; and what a watcher sees and may do."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.rules.lifecycle import State
from servicedesk.store.models.people import Absence, Person
from servicedesk.store.models.tickets import Ticket
from tests import factories
from tests.web.conftest import SignIn, browser, page
from tests.web.workbench.conftest import GROUP, OTHER_LINE, TicketIn, send


@pytest.fixture
def mine(ticket_in: TicketIn) -> Ticket:
    return ticket_in(state=State.IN_PROGRESS)


@pytest.fixture
def elsewhere(desk: Session) -> Person:
    made = factories.technician(desk, OTHER_LINE, given_name="Bruno", family_name="Neri", code="OP-B")
    desk.commit()
    return made


@pytest.fixture
def theirs(app: Flask, elsewhere: Person, sign_in: SignIn) -> FlaskClient:
    client = browser(app)
    sign_in(client, elsewhere.id)
    return client


def path_of(ticket: Ticket) -> str:
    return f"/tickets/{ticket.number}"


def watching(client: FlaskClient, ticket: Ticket) -> str:
    return " ".join(page(client, path_of(ticket)).xpath("string(//*[@class='desk-watchers'])").split())


def test_a_colleague_is_let_in_as_watcher_reads_and_stops(
    signed_in: FlaskClient, theirs: FlaskClient, mine: Ticket, elsewhere: Person
) -> None:
    assert theirs.get(path_of(mine)).status_code == 404
    form = page(signed_in, path_of(mine)).xpath("//form[.//select[@id='watch-technician']]")[0]
    chosen = {**dict(form.form_values()), "technician": str(elsewhere.id)}
    added = signed_in.post(f"{path_of(mine)}/watch", data=chosen, follow_redirects=True)
    assert "Added to those who watch" in added.text
    assert watching(signed_in, mine) == "OP-B Bruno Neri Remove: OP-B Bruno Neri"
    seen = page(theirs, path_of(mine))
    assert "desk-composer" not in theirs.get(path_of(mine)).text
    assert "Stop watching" in watching(theirs, mine)
    assert send(theirs, seen, "unwatch").status_code == 303
    assert theirs.get(path_of(mine)).status_code == 404
    assert "taken from those who watch: OP-B Bruno Neri" in signed_in.get(path_of(mine)).text


def test_a_note_that_names_somebody_who_cannot_read_comes_back_with_its_text(
    signed_in: FlaskClient, theirs: FlaskClient, mine: Ticket
) -> None:
    refused = send(signed_in, page(signed_in, path_of(mine)), "note", note="What now, @neri?")
    assert refused.status_code == 422
    assert "OP-B Bruno Neri cannot read this request" in refused.text
    assert "What now, @neri?" in refused.text
    agreed = send(signed_in, page(signed_in, path_of(mine)), "note", note="What now, @neri?", is_confirmed="1")
    assert agreed.status_code == 303
    assert "What now, @neri?" in theirs.get(path_of(mine)).text
    assert "You are mentioned in a note" in theirs.get("/notices").text


def test_requesters_learn_nothing_of_watchers(
    app: Flask, signed_in: FlaskClient, mine: Ticket, sign_in: SignIn
) -> None:
    assert send(signed_in, page(signed_in, path_of(mine)), "watch").status_code in (303, 422)
    requester = browser(app)
    sign_in(requester, mine.requester_id)
    text = requester.get(path_of(mine)).text
    assert "watch" not in text.split("<main")[1].split("</main>")[0].lower()


def test_the_conversation_says_who_was_told_in_the_place_of_somebody_away(
    signed_in: FlaskClient, mine: Ticket, elsewhere: Person, desk: Session
) -> None:
    mate = factories.technician(desk, GROUP, code="OP-A", given_name="Ada", family_name="Blu")
    today = datetime.now(UTC).date()
    days = {"first_day": today - timedelta(days=1), "last_day": today + timedelta(days=1)}
    desk.add(Absence(person_id=mate.id, substitute_id=elsewhere.id, **days))
    desk.commit()
    send(signed_in, page(signed_in, path_of(mine)), "note", note="Look, @OP-A.", is_confirmed="1")
    assert "OP-A Ada Blu is away: told too, standing in: OP-B Bruno Neri" in signed_in.get(path_of(mine)).text
