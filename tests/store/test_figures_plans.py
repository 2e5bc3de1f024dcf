"""Neither counting a day, nor the board, nor an export reads the whole table of tickets, on either database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.permissions import Actor
from servicedesk.store import figure_events, figure_tickets, figures_now
from servicedesk.store.figure_tickets import Opened
from servicedesk.store.figures_daily import Ground
from servicedesk.store.models.tickets import Ticket, TicketEvent
from tests.store.many_tickets import NOW, add, person, row, technician
from tests.store.plans import full_scans, plans

TICKETS = 6_000
DAY = timedelta(days=1)


@pytest.fixture
def me(session: Session) -> Actor:
    """A desk of three months, most of it ended; the reader works in one of six groups."""
    student, worker = person(session), person(session, "1")
    add(session, (_ticket(number, student) for number in range(TICKETS)))
    ids = session.scalars(sa.select(Ticket.id)).all()
    events = [_event(ticket_id, place) for place, ticket_id in enumerate(ids)]
    session.execute(sa.insert(TicketEvent), events)
    session.execute(sa.text("ANALYZE"))
    return technician(worker, "G1")


def _opened(number: int) -> datetime:
    return NOW + timedelta(minutes=20 * number)


def _ticket(number: int, student: int) -> dict[str, Any]:
    is_open = number > TICKETS - 200
    opened = _opened(number)
    ended = None if is_open else opened + DAY
    return row(
        number,
        student,
        group_code=f"G{number % 6}",
        state="assigned_group" if is_open else "closed",
        opened_at=opened,
        changed_at=ended or opened,
        solved_at=ended,
        closed_at=ended,
    )


def _event(ticket_id: int, place: int) -> dict[str, Any]:
    return {
        **{"ticket_id": ticket_id, "seq": 1, "at": _opened(place), "actor_kind": "person", "action": "submit"},
        **{"before": None, "after": "new", "changes": {}},
    }


def test_counting_a_day_finds_what_happened_by_its_indexes(session: Session, me: Actor) -> None:
    start = _opened(TICKETS - 400)

    def count() -> None:
        ids = figure_events.touched(session, start, start + DAY)
        assert len(ids) > 50
        assert len(list(figure_events.standing(session, start + DAY))) > 50

    plan = plans(session, count)
    assert not [*full_scans(plan), *full_scans(plan, "ticket_event")], plan


def test_the_board_and_an_export_read_by_their_indexes(session: Session, me: Actor) -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    opened = Opened(_opened(100), _opened(800))

    def look() -> None:
        assert figures_now.standings(session, ["G1"], None, now)[0].open > 10
        figures_now.workers(session, ["G1"], now.date())
        assert len(list(figure_tickets.tickets(session, opened, Ground(), me))) > 100

    plan = plans(session, look)
    assert not list(full_scans(plan)), plan
