"""When the jobs close, warn of and resume what is due: to the second, on the wall clock of the service (rule 1)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from servicedesk.actions import silence
from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action, Outcome, State, WaitingFor
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.people import Person
from tests import factories

ROME = ZoneInfo("Europe/Rome")
SECOND = timedelta(seconds=1)
Run = Callable[[Session, datetime, int], int]
DAYS = [
    pytest.param("2026-03-01 10:15:00", "2026-03-21 10:15:00", id="the example of rule 1"),
    pytest.param("2026-03-15 10:15:37", "2026-04-04 10:15:37", id="into summer time"),
    pytest.param("2026-03-09 02:30:00", "2026-03-29 03:30:00", id="onto a time that is missing"),
    pytest.param("2026-10-10 10:15:37", "2026-10-30 10:15:37", id="out of summer time"),
    pytest.param("2026-10-05 01:59:59", "2026-10-25 01:59:59", id="the last second before the doubled hour"),
    pytest.param("2028-02-09 23:59:59", "2028-02-29 23:59:59", id="onto 29 February"),
    pytest.param("2028-02-29 12:00:00", "2028-03-20 12:00:00", id="from 29 February"),
    pytest.param("2026-12-11 23:59:59", "2026-12-31 23:59:59", id="onto 31 December"),
    pytest.param("2026-12-31 23:59:59", "2027-01-20 23:59:59", id="from 31 December"),
]


@pytest.fixture(autouse=True)
def published(session: Session) -> None:
    factories.publish(session)


def rome(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ROME).astimezone(UTC)


def happens_at(session: Session, run: Run, instant: datetime) -> None:
    """Assert that a run a second before does nothing, one at the instant does it once, and the next nothing."""
    assert [run(session, now, 10) for now in (instant - SECOND, instant, instant)] == [0, 1, 0]


@pytest.mark.parametrize(("solved", "closes"), DAYS)
def test_a_solution_is_warned_of_twice_and_closed_to_the_second(session: Session, solved: str, closes: str) -> None:
    ticket = factories.ticket(session, state=State.RESOLVED, now=rome(solved))
    end = rome(closes)
    wall = end.astimezone(ROME).replace(tzinfo=None)
    for days in (7, 1):
        happens_at(session, silence.warn_due, rome((wall - timedelta(days=days)).isoformat(" ")))
    happens_at(session, silence.expire_due, end)
    assert (ticket.state, ticket.outcome, ticket.closed_at) == (State.CLOSED, Outcome.EXPIRED, end)
    assert silence.warn_due(session, end + timedelta(days=30), 10) == 0


@pytest.mark.parametrize(("asked", "closes"), DAYS)
def test_a_question_without_answer_closes_to_the_second(session: Session, asked: str, closes: str) -> None:
    ticket = factories.ticket(session, state=State.WAITING, now=rome(asked))
    happens_at(session, silence.expire_due, rome(closes))
    assert (ticket.state, ticket.outcome) == (State.CLOSED, Outcome.EXPIRED)


@pytest.mark.parametrize(("said", "closes"), DAYS)
def test_the_requesters_last_comment_counts_to_the_second(session: Session, said: str, closes: str) -> None:
    ticket = factories.ticket(session, state=State.RESOLVED, now=rome(said) - timedelta(days=5))
    owner = factories.actor(session, session.get_one(Person, ticket.requester_id))
    act(session, ticket, Action.COMMENT, owner, rome(said), Details(note=from_plain("Not yet.")))
    happens_at(session, silence.expire_due, rome(closes))


@pytest.mark.parametrize("until", ["2026-03-29 03:30:00", "2026-10-25 02:30:00", "2028-02-29 00:00:00"])
def test_a_dated_wait_ends_to_the_second(session: Session, until: str) -> None:
    worker = factories.technician(session)
    began = rome(until) - timedelta(days=3)
    ticket = factories.ticket(session, state=State.IN_PROGRESS, technician=worker, now=began)
    wait = Details(note=from_plain("Later."), waiting_for=WaitingFor.DATE, until=rome(until))
    act(session, ticket, Action.WAIT, factories.actor(session, worker), began, wait)
    happens_at(session, silence.resume_due, rome(until))
    assert ticket.state == State.IN_PROGRESS


def test_after_a_week_without_jobs_one_warning_goes_out_and_not_two(session: Session) -> None:
    ticket = factories.ticket(session, state=State.RESOLVED, now=rome("2026-03-01 10:15:00"))
    late = rome("2026-03-21 09:00:00")
    assert [silence.warn_due(session, late, 10) for _ in range(3)] == [1, 0, 0]
    assert ticket.expires_at == rome("2026-03-21 10:15:00")
