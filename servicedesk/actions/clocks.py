"""Clocks of a ticket: when it expires, is warned of, or resumes; and the runs that act on what is due."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from servicedesk.actions.details import Situation
from servicedesk.rules.calendar import next_warning, plus_days
from servicedesk.rules.lifecycle import State, WaitingFor
from servicedesk.store.models.tickets import Ticket

Condition = sa.ColumnElement[bool]


def set_clocks(s: Situation) -> None:
    """Compute what is due in the state just entered (rules 1 and 2); outside a wait nothing of the wait remains."""
    ticket = s.ticket
    if ticket.state != State.WAITING:
        ticket.waiting_for = ticket.state_before_waiting = ticket.resume_at = None
    ticket.expires_at = ticket.warn_at = None
    if _runs_out(s) and ticket.clock_from is not None:
        ticket.expires_at = plus_days(ticket.clock_from, s.service.close_days, s.zone)
        ticket.warn_at = next_warning(ticket.expires_at, max(ticket.clock_from, s.now), s.zone)


def _runs_out(s: Situation) -> bool:
    if s.ticket.state == State.RESOLVED:
        return True
    waits = s.ticket.state == State.WAITING and s.ticket.waiting_for == WaitingFor.REQUESTER
    return waits and s.service.waiting_closes


def due(
    session: Session, column: InstrumentedAttribute[datetime | None], now: datetime, limit: int, *also: Condition
) -> list[Ticket]:
    """Return up to `limit` tickets whose clock has come and for which `also` holds, locked, in ascending order of id.

    Rows that another transaction holds are left for the next run.
    """
    query = sa.select(Ticket.id).where(column <= now, *also).order_by(column).limit(limit)
    found = session.scalars(query.with_for_update(skip_locked=True, key_share=True)).all()
    rows = sa.select(Ticket).where(Ticket.id.in_(found)).order_by(Ticket.id)
    return list(session.scalars(rows.execution_options(populate_existing=True)))
