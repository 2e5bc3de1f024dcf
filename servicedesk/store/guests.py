"""Tickets as somebody without an account asks for them: by number, by mailed token, by e-mail address."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.lifecycle import OPEN_STATES
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Known:
    """What a status check compares with what was typed; `suffix` is None for an account holder's ticket."""

    ticket_id: int
    number: str
    suffix: str | None
    requester_id: int
    email: str


def by_number(session: Session, number: str) -> Known | None:
    """Return the ticket of this number, whoever's it is."""
    return _first(session, Ticket.number == number)


def by_id(session: Session, ticket_id: int) -> Known | None:
    """Return the ticket a mailed token names."""
    return _first(session, Ticket.id == ticket_id)


def newest_open(session: Session, email: str, limit: int) -> Sequence[Ticket]:
    """Return the newest open tickets filed without an account under this address."""
    query = (
        sa.select(Ticket)
        .join(Person, Person.id == Ticket.requester_id)
        .where(Person.email == email, Person.is_guest, Ticket.state.in_(sorted(OPEN_STATES)))
        .order_by(Ticket.id.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


def _first(session: Session, condition: sa.ColumnElement[bool]) -> Known | None:
    query = (
        sa.select(Ticket.id, Ticket.number, Ticket.access_suffix, Ticket.requester_id, Person.email)
        .join(Person, Person.id == Ticket.requester_id)
        .where(condition)
    )
    row = session.execute(query).first()
    return Known(*row) if row else None
