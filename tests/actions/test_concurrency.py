"""Several people at once, with real threads and real commits on every engine."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.retention import set_terms
from servicedesk.actions.tickets import NewTicket, act, open_ticket
from servicedesk.rules.errors import AlreadyDone, Conflict, Invalid
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.permissions import Actor
from servicedesk.rules.retention import Terms
from servicedesk.rules.richtext import from_plain
from servicedesk.store.base import writing
from servicedesk.store.models.tickets import Message, Ticket, TicketEvent, TicketLink
from servicedesk.store.tickets import locked, next_number
from tests import factories
from tests.factories import NOW, actor

pytestmark = [pytest.mark.both_databases, pytest.mark.concurrency]
ROME = ZoneInfo("Europe/Rome")


def together(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run `work` in `count` threads that begin at the same moment; exceptions are results too."""
    barrier = Barrier(count)

    def run(index: int) -> Any:
        barrier.wait()
        try:
            return work(index)
        except Exception as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_sixteen_parallel_writers_get_sixteen_numbers(fresh_database: sa.Engine) -> None:
    def draw(_index: int) -> list[str]:
        found = []
        for _ in range(5):
            with Session(fresh_database) as session, writing(session):
                found.append(next_number(session, NOW, ROME))
        return found

    numbers = [number for drawn in together(16, draw) for number in drawn]
    assert len(set(numbers)) == 80
    assert min(numbers) == "2026000001"


def test_parallel_writers_over_new_years_eve_begin_anew_at_midnight_of_the_service(
    fresh_database: sa.Engine,
) -> None:
    midnight = datetime(2026, 12, 31, 23, tzinfo=UTC)

    def draw(index: int) -> str:
        with Session(fresh_database) as session, writing(session):
            return next_number(session, midnight - timedelta(seconds=1 - index % 2), ROME)

    counts = [f"{count:06}" for count in range(1, 9)]
    assert sorted(together(16, draw)) == [f"{year}{count}" for year in (2026, 2027) for count in counts]


def test_two_technicians_take_one_ticket_and_one_of_them_is_told(fresh_database: sa.Engine) -> None:
    with Session(fresh_database, expire_on_commit=False) as session, writing(session):
        factories.publish(session)
        workers = [actor(session, factories.technician(session)) for _ in range(4)]
        ticket = factories.ticket(session)
        number, seen = ticket.number, ticket.last_seq

    def take(index: int) -> State:
        with Session(fresh_database) as session, writing(session):
            event = act(
                session,
                locked(session, number, workers[index]),
                Action.TAKE,
                workers[index],
                NOW,
                Details(seen_seq=seen),
            )
            return State(event.after)

    results = together(4, take)
    assert results.count(State.ASSIGNED_TECHNICIAN) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 3


def test_comments_sent_at_once_are_all_kept_in_order(fresh_database: sa.Engine) -> None:
    with Session(fresh_database, expire_on_commit=False) as session, writing(session):
        factories.publish(session)
        worker = factories.technician(session)
        ticket = factories.ticket(session, state=State.IN_PROGRESS, technician=worker)
        number, before = ticket.number, ticket.last_seq
        requester = actor(session, session.get_one(factories.Person, ticket.requester_id))

    def comment(index: int) -> int:
        with Session(fresh_database) as session, writing(session):
            details = Details(note=from_plain(f"Comment {index}"), seen_seq=before)
            return act(session, locked(session, number, requester), Action.COMMENT, requester, NOW, details).seq

    seqs = together(8, comment)
    assert sorted(seqs) == list(range(before + 1, before + 9))
    with Session(fresh_database) as session:
        kept = session.scalars(sa.select(Message.body_text).where(Message.body_text.like("Comment %"))).all()
        assert sorted(kept) == [f"Comment {index}" for index in range(8)]
        assert session.scalars(sa.select(Ticket.last_seq)).one() == before + 8


def test_one_form_sent_many_times_at_once_opens_one_ticket(fresh_database: sa.Engine) -> None:
    with Session(fresh_database, expire_on_commit=False) as session, writing(session):
        factories.publish(session)
        person = factories.student(session)
        requester = actor(session, person)

    def send(_index: int) -> str:
        return file_once(fresh_database, requester)

    results = together(6, send)
    opened = [result for result in results if isinstance(result, str)]
    repeated = [result for result in results if isinstance(result, AlreadyDone)]
    assert len(opened) == 1
    assert [error.made for error in repeated] == opened * 5
    with Session(fresh_database) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Ticket)) == 1
        assert session.scalar(sa.select(sa.func.count()).select_from(TicketEvent)) == 2


def file_once(engine: sa.Engine, requester: Actor) -> str:
    assert requester.person_id is not None
    with Session(engine) as session:
        with writing(session):
            number = next_number(session, NOW, ROME)
        with writing(session):
            new = NewTicket(number, "fees", "Once", from_plain("Once."), "person", {}, form_key="the same form")
            return open_ticket(session, new, requester.person_id, requester, NOW).number


def test_two_tickets_never_become_each_others_duplicates(fresh_database: sa.Engine) -> None:
    with Session(fresh_database, expire_on_commit=False) as session, writing(session):
        factories.publish(session)
        workers = [actor(session, factories.technician(session)) for _ in range(2)]
        numbers = [factories.ticket(session).number for _ in range(2)]

    def repeat(index: int) -> str:
        with Session(fresh_database) as session, writing(session):
            mine = locked(session, numbers[index], workers[index])
            details = Details(duplicate_of=numbers[1 - index])
            return act(session, mine, Action.DUPLICATE, workers[index], NOW, details).after

    results = together(2, repeat)
    assert results.count(State.CLOSED) <= 1
    assert all(isinstance(result, Conflict | Invalid) for result in results if result != State.CLOSED)
    with Session(fresh_database) as session:
        assert len(session.scalars(sa.select(TicketLink)).all()) == results.count(State.CLOSED)


def test_two_administrators_set_the_first_terms_and_one_of_them_is_told(fresh_database: sa.Engine) -> None:
    with Session(fresh_database) as session, writing(session):
        factories.publish(session)
        boss = actor(session, factories.administrator(session))

    def save(index: int) -> None:
        with Session(fresh_database) as session, writing(session):
            set_terms(session, boss, factories.SERVICE, Terms(tickets=12 + index), 0, Terms(), NOW)

    results = together(4, save)
    assert sorted(map(str, map(type, results))) == sorted(map(str, [type(None), *[Conflict] * 3]))
