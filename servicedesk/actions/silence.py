"""What the jobs do about silence: close, warn, resume what is due, one batch per transaction."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import InstrumentedAttribute, Session

from servicedesk.actions.clocks import Condition, due
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.permissions import SYSTEM
from servicedesk.store.models.tickets import Ticket

Step = Callable[[Session, Ticket, datetime], None]
log = logging.getLogger(__name__)


def expire_due(session: Session, now: datetime, limit: int, failed: set[int] | None = None) -> int:
    """Close up to `limit` tickets whose days of silence are over, and return how many (rule 1).

    A wait for the requester is resolved as 'no reply' first, then closed in the same transaction. With `failed`, the
    tickets in it are left alone, and one that raises is logged and added to it, so that it never holds up the others.
    """
    return _each_due(session, Ticket.expires_at, now, limit, failed, _expire)


def warn_due(session: Session, now: datetime, limit: int, failed: set[int] | None = None) -> int:
    """Warn the requesters of up to `limit` tickets that are about to close, and return how many; see `expire_due`."""
    return _each_due(session, Ticket.warn_at, now, limit, failed, _warn, Ticket.expires_at > now)


def resume_due(session: Session, now: datetime, limit: int, failed: set[int] | None = None) -> int:
    """Resume up to `limit` tickets whose dated wait is over, and return how many; see `expire_due`."""
    return _each_due(session, Ticket.resume_at, now, limit, failed, _resume)


def _expire(session: Session, ticket: Ticket, now: datetime) -> None:
    cause = act(session, ticket, Action.NO_REPLY, SYSTEM, now) if ticket.state == State.WAITING else None
    act(session, ticket, Action.EXPIRE, SYSTEM, now, cause=cause)


def _warn(session: Session, ticket: Ticket, now: datetime) -> None:
    act(session, ticket, Action.WARN, SYSTEM, now)


def _resume(session: Session, ticket: Ticket, now: datetime) -> None:
    act(session, ticket, Action.RESUME, SYSTEM, now)


def _each_due(
    session: Session,
    column: InstrumentedAttribute[datetime | None],
    now: datetime,
    limit: int,
    failed: set[int] | None,
    step: Step,
    *also: Condition,
) -> int:
    return each(
        session, due(session, column, now, limit, Ticket.id.not_in(sorted(failed or ())), *also), now, failed, step
    )


def each(session: Session, tickets: Sequence[Ticket], now: datetime, failed: set[int] | None, step: Step) -> int:
    """Take a step with each of these locked tickets, and return how many they are; see `expire_due` for `failed`."""
    for ticket in tickets:
        if failed is None:
            step(session, ticket, now)
        elif not _done(session, ticket.id, partial(step, session, ticket, now)):
            failed.add(ticket.id)
    return len(tickets)


def _done(session: Session, ticket_id: int, step: Callable[[], None]) -> bool:
    try:
        with session.begin_nested():
            step()
    except Exception as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        log.exception("ticket %s could not be acted on", ticket_id)
        return False
    return True
