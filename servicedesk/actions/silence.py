"""What the jobs do about silence: close, warn, resume what is due, one batch per transaction."""

from datetime import datetime

from sqlalchemy.orm import Session

from servicedesk.actions.clocks import due
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.permissions import SYSTEM
from servicedesk.store.models.tickets import Ticket


def expire_due(session: Session, now: datetime, limit: int) -> int:
    """Close up to `limit` tickets whose days of silence are over, and return how many (rule 1).

    A wait for the requester is resolved as 'no reply' first, then closed in the same transaction.
    """
    tickets = due(session, Ticket.expires_at, now, limit)
    for ticket in tickets:
        cause = None
        if ticket.state == State.WAITING:
            cause = act(session, ticket, Action.NO_REPLY, SYSTEM, now)
        act(session, ticket, Action.EXPIRE, SYSTEM, now, cause=cause)
    return len(tickets)


def warn_due(session: Session, now: datetime, limit: int) -> int:
    """Warn the requesters of up to `limit` tickets that are about to close, and return how many."""
    tickets = due(session, Ticket.warn_at, now, limit, Ticket.expires_at > now)
    for ticket in tickets:
        act(session, ticket, Action.WARN, SYSTEM, now)
    return len(tickets)


def resume_due(session: Session, now: datetime, limit: int) -> int:
    """Resume up to `limit` tickets whose dated wait is over, and return how many."""
    tickets = due(session, Ticket.resume_at, now, limit)
    for ticket in tickets:
        act(session, ticket, Action.RESUME, SYSTEM, now)
    return len(tickets)
