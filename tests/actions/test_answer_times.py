"""The usual wait for a first answer is counted from what happened, by category and by group."""

from datetime import timedelta

import pytest

from servicedesk.actions.answer_times import count_answer_times
from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_plain
from servicedesk.store.answer_times import usual_answer_time
from tests import factories
from tests.factories import NOW

HOUR = timedelta(hours=1)


@pytest.fixture
def worker(session):
    factories.publish(session)
    return factories.technician(session)


def asked(session, worker, *, after, key="fees"):
    """A request that somebody of the desk answered `after` it was opened; None: nobody did."""
    ticket = factories.ticket(session, key=key, technician=worker, state=State.ASSIGNED_TECHNICIAN, now=NOW)
    requester = factories.actor(session, session.get(type(worker), ticket.requester_id), ticket)
    act(session, ticket, Action.COMMENT, requester, NOW, Details(note=from_plain("And this.")))
    if after is not None:
        details = Details(note=from_plain("Here you are."))
        act(session, ticket, Action.COMMENT, factories.actor(session, worker, ticket), NOW + after, details)
    return ticket


def test_half_of_five_requests_were_answered_within_what_is_said(session, worker):
    for after in (HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, None):
        ticket = asked(session, worker, after=after)
    count_answer_times(session, NOW + timedelta(days=1))
    found = usual_answer_time(session, ticket.category_key, ticket.group_code)
    assert (found.wait, found.is_of_category) == (3 * HOUR, True)


def test_where_a_category_has_too_few_its_group_speaks(session, worker):
    for _ in range(5):
        ticket = asked(session, worker, after=2 * HOUR)
    count_answer_times(session, NOW + timedelta(days=1))
    found = usual_answer_time(session, "another", ticket.group_code)
    assert (found.wait, found.is_of_category) == (2 * HOUR, False)


def test_four_answers_and_old_ones_say_nothing(session, worker):
    for _ in range(4):
        ticket = asked(session, worker, after=HOUR)
    count_answer_times(session, NOW + timedelta(days=1))
    assert usual_answer_time(session, ticket.category_key, ticket.group_code) is None
    asked(session, worker, after=HOUR)
    assert count_answer_times(session, NOW + timedelta(days=1)) == 2
    assert count_answer_times(session, NOW + timedelta(days=91)) == 0
