"""What the figures of a day are counted from: tickets with their events, and what waited at the day's end."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.figure_events import REQUESTS, UNSOLVED, Cell, Fact, History
from servicedesk.store.models.following import Feedback
from servicedesk.store.models.tickets import OPEN, Ticket, TicketEvent

AT_ONCE = 500
_UNSOLVED = sorted(state.value for state in UNSOLVED)


@dataclass(frozen=True, slots=True)
class Standing:
    """A ticket that may have waited for the desk at an instant; surely so where nothing has changed since."""

    ticket_id: int
    cell: Cell
    opened_at: datetime
    is_sure: bool


def touched(session: Session, start: datetime, end: datetime) -> list[int]:
    """Return the ids of the tickets to which something happened from `start` to before `end`."""
    found: set[int] = set()
    for column, at in (
        (TicketEvent.ticket_id, TicketEvent.at),
        (Ticket.id, Ticket.own_breached_at),
        (Ticket.id, Ticket.resolve_breached_at),
        (Feedback.ticket_id, Feedback.answered_at),
    ):
        found |= set(session.scalars(sa.select(column).where(at >= start, at < end).distinct()))
    return sorted(found)


def standing(session: Session, end: datetime) -> Iterator[Standing]:
    """Yield every request that may have waited for the desk just before `end`."""
    columns = (
        Ticket.id,
        Ticket.service_id,
        Ticket.category_key,
        Ticket.group_code,
        Ticket.technician_id,
        Ticket.opened_at,
        Ticket.changed_at,
        Ticket.state,
    )
    began = sa.and_(Ticket.opened_at < end, Ticket.kind.in_(sorted(REQUESTS)))
    grounds = (
        sa.and_(OPEN, Ticket.state.in_(_UNSOLVED), began),
        sa.and_(Ticket.solved_at >= end, began),
        sa.and_(Ticket.closed_at >= end, Ticket.solved_at.is_(None), began),
    )
    seen: set[int] = set()
    for ground in grounds:
        for row in session.execute(sa.select(*columns).where(ground).execution_options(yield_per=1000)):
            if row.id not in seen:
                seen.add(row.id)
                cell = Cell(row.service_id, row.category_key, row.group_code, row.technician_id)
                yield Standing(row.id, cell, row.opened_at, row.changed_at < end and row.state in _UNSOLVED)


def histories(session: Session, ids: Sequence[int]) -> Iterator[tuple[int, History]]:
    """Yield these tickets with all their events."""
    for place in range(0, len(ids), AT_ONCE):
        yield from _histories(session, ids[place : place + AT_ONCE])


def _histories(session: Session, ids: Sequence[int]) -> Iterator[tuple[int, History]]:
    facts = {key: list(rows) for key, rows in groupby(_events(session, ids), key=lambda row: row.ticket_id)}
    for row in session.execute(_tickets(ids)):
        cell = Cell(row.service_id, row.category_key, row.group_code, row.technician_id)
        own = [_fact(event) for event in facts.get(row.id, ())]
        yield (
            row.id,
            History(
                row.kind,
                row.opened_at,
                row.requester_id,
                cell,
                own,
                row.own_breached_at,
                row.resolve_breached_at,
                row.answered_at,
                row.grade,
            ),
        )


def _tickets(ids: Sequence[int]) -> Any:
    return (
        sa.select(
            Ticket.id,
            Ticket.kind,
            Ticket.opened_at,
            Ticket.requester_id,
            Ticket.service_id,
            Ticket.category_key,
            Ticket.group_code,
            Ticket.technician_id,
            Ticket.own_breached_at,
            Ticket.resolve_breached_at,
            Feedback.answered_at,
            Feedback.grade,
        )
        .outerjoin(Feedback, Feedback.ticket_id == Ticket.id)
        .where(Ticket.id.in_(ids))
    )


def _events(session: Session, ids: Sequence[int]) -> Iterable[Any]:
    query = sa.select(
        TicketEvent.ticket_id,
        TicketEvent.at,
        TicketEvent.action,
        TicketEvent.before,
        TicketEvent.after,
        TicketEvent.changes,
        TicketEvent.actor_id,
    )
    return session.execute(query.where(TicketEvent.ticket_id.in_(ids)).order_by(TicketEvent.ticket_id, TicketEvent.seq))


def _fact(row: Any) -> Fact:
    return Fact(row.at, row.action, row.before, row.after, row.changes, row.actor_id)


def first_opening(session: Session) -> datetime | None:
    """Return when the first ticket of all was opened."""
    return session.scalar(sa.select(Ticket.opened_at).order_by(Ticket.opened_at).limit(1))
