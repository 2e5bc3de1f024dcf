"""Beside a ticket: similar solutions, known answers, the requester's earlier tickets, as far as one may read."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket
from tests import factories
from tests.web.conftest import page
from tests.web.workbench.conftest import KEY, TicketIn


@pytest.fixture
def mine(ticket_in: TicketIn) -> Ticket:
    return ticket_in(state=State.IN_PROGRESS, title="Refund of the second instalment")


def side(client: FlaskClient, ticket: Ticket) -> str:
    shown = page(client, f"/tickets/{ticket.number}")
    return " ".join(" ".join(each.text_content() for each in shown.xpath("//*[@class='desk-beside']")).split())


def test_a_similar_solution_a_known_answer_and_an_earlier_ticket_stand_beside(
    signed_in: FlaskClient, mine: Ticket, me: Person, desk: Session, ticket_in: TicketIn
) -> None:
    assert side(signed_in, mine) == ""
    solved = ticket_in(state=State.IN_PROGRESS, title="Second instalment: refund?")
    by, text = factories.actor(desk, me), from_plain("Use form R.")
    act(desk, solved, Action.REPLY_CLOSE, by, factories.datetime.now(factories.UTC), Details(note=text))
    ticket_in(title="Lost badge", requester=desk.get_one(Person, mine.requester_id))
    factories.answer(desk, "refunds", KEY)
    desk.commit()
    shown = side(signed_in, mine)
    assert "Second instalment: refund?" in shown
    assert "Use form R." in shown
    assert "Lost badge" in shown
    assert shown.count("/answers/refunds") == 0
    links = page(signed_in, f"/tickets/{mine.number}").xpath("//*[@class='desk-beside']//a/@href")
    assert "/answers/refunds" in links
    assert f"/tickets/{solved.number}" in links


def test_an_ended_ticket_needs_no_similar_ones(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    for _ in range(2):
        made = ticket_in(state=State.CLOSED, title="Refund of the second instalment")
    assert side(signed_in, made) == ""
