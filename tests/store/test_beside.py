"""What helps to answer: the requester's other tickets and similar solutions, as far as the reader may read them."""

from datetime import timedelta

import pytest

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_plain
from servicedesk.store.beside import earlier_of, similar_solved
from servicedesk.store.models.people import Person
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.both_databases


@pytest.fixture
def ticket(session):
    factories.publish(session)
    return factories.ticket(session, state=State.IN_PROGRESS, title="Refund of the second instalment")


@pytest.fixture
def me(session, ticket):
    return factories.actor(session, session.get(Person, ticket.technician_id))


def answered(session, me, title, text, **values):
    who = session.get(Person, me.person_id)
    made = factories.ticket(session, state=State.IN_PROGRESS, title=title, technician=who, **values)
    act(session, made, Action.REPLY_CLOSE, me, NOW, Details(note=from_plain(text)))
    return made


def similar(session, ticket, me, keys=("fees",)):
    return [(each.number, each.text) for each in similar_solved(session, ticket, keys, me, 3)]


def test_a_similar_ended_ticket_offers_its_solution_without_its_requesters_names(session, ticket, me):
    asker = factories.student(session, given_name="Giulia", family_name="Bianchini")
    other = answered(session, me, "Second instalment: refund?", "Dear Giulia, use form R.", requester=asker)
    answered(session, me, "Change of course", "Use form C.")
    ((number, text),) = similar(session, ticket, me)
    assert (number, text) == (other.number, "Dear […], use form R.")


def test_other_categories_open_tickets_and_those_of_others_are_no_help(session, ticket, me):
    factories.ticket(session, state=State.IN_PROGRESS, title=ticket.title)
    answered(session, me, ticket.title, "Use form R.")
    assert len(similar(session, ticket, me)) == 1
    assert similar(session, ticket, me, ("plans",)) == []
    outsider = factories.actor(session, factories.technician(session, "TURNS"))
    assert similar(session, ticket, outsider) == []


def test_the_last_solution_counts(session, ticket, me):
    made = answered(session, me, ticket.title, "First.")
    requester = factories.actor(session, session.get(Person, made.requester_id))
    act(session, made, Action.REOPEN, requester, NOW, Details(note=from_plain("No.")))
    act(session, made, Action.REPLY_CLOSE, me, NOW, Details(note=from_plain("Second.")))
    assert similar(session, ticket, me) == [(made.number, "Second.")]


def test_earlier_tickets_are_those_of_the_same_person_that_the_reader_may_read(session, ticket, me):
    asker = session.get(Person, ticket.requester_id)
    for day in range(3):
        factories.ticket(session, requester=asker, title=f"Ticket {day}", now=NOW + timedelta(days=day))
    factories.technician(session, "TURNS")
    factories.ticket(session, requester=asker, title="Elsewhere", key="plans", now=NOW)
    factories.ticket(session)
    assert [each.title for each in earlier_of(session, ticket, me, 5)] == ["Ticket 2", "Ticket 1", "Ticket 0"]
    assert len(earlier_of(session, ticket, me, 2)) == 2
