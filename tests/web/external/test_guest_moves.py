"""What a requester without an account may do with their ticket, each from the page's own form (A6, rule 2)."""

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.rules.addresses import status_token
from servicedesk.rules.lifecycle import Outcome, State
from servicedesk.settings import Settings
from servicedesk.store.models.tickets import Ticket
from tests import factories
from tests.web.conftest import page, send
from tests.web.external.conftest import EMAIL

SUFFIX = "7KQF2M"


def opened(desk: Session, client: FlaskClient, settings: Settings, state: State) -> Ticket:
    """Make a guest's ticket in this state and open it in the browser by its mailed link."""
    guest = factories.guest(desk, email=EMAIL)
    made = factories.ticket(
        desk, requester=guest, key="accesso-login", suffix=SUFFIX, state=state, now=datetime.now(UTC)
    )
    desk.commit()
    client.get(f"/status/{status_token(settings.secret_key, made.id, SUFFIX)}")
    return made


@pytest.mark.parametrize(
    ("state", "action", "note", "leads_to", "outcome"),
    [
        (State.RESOLVED, "accept", {}, State.CLOSED, Outcome.ACCEPTED),
        (State.RESOLVED, "refuse", {"note": "Still locked out."}, State.ASSIGNED_TECHNICIAN, None),
        (State.WAITING, "comment", {"note": "It says error 42."}, State.ASSIGNED_TECHNICIAN, None),
        (State.ASSIGNED_GROUP, "withdraw", {}, State.CANCELLED, Outcome.WITHDRAWN),
        (State.CLOSED, "reopen", {"note": "Locked out again."}, State.ASSIGNED_TECHNICIAN, None),
    ],
)
def test_a_guest_moves_the_ticket_as_its_requester(
    desk: Session,
    client: FlaskClient,
    settings: Settings,
    state: State,
    action: str,
    note: dict[str, str],
    leads_to: State,
    outcome: Outcome | None,
) -> None:
    ticket = opened(desk, client, settings, state)
    path = f"/tickets/{ticket.number}"
    assert send(client, path, f"{path}/{action}", **note).status_code == 303
    desk.refresh(ticket)
    assert (ticket.state, ticket.outcome) == (leads_to, outcome)
    if note:
        assert note["note"] in page(client, path).text_content()


def test_a_guest_finds_no_form_for_what_staff_do(desk: Session, client: FlaskClient, settings: Settings) -> None:
    ticket = opened(desk, client, settings, State.IN_PROGRESS)
    path = f"/tickets/{ticket.number}"
    actions = page(client, path).xpath("//form[@method='post']/@action")
    assert {action for action in actions if action.startswith(path)} == {f"{path}/comment", f"{path}/withdraw"}
