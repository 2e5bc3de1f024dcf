"""People without an account: their tickets by number, mailed token and address, and what was mailed to an address."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.lifecycle import OPEN_STATES
from servicedesk.store.models.guests import ConfirmedGuest, WaitingRequest
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.tickets import hash_key


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


def newest_mails(session: Session, address: str, since: datetime, limit: int) -> Sequence[datetime]:
    """Return when the newest mails to this address were to go out, newest first; those to come among them."""
    query = (
        sa.select(Notice.first_try_at)
        .where(Notice.address == address, Notice.first_try_at > since)
        .order_by(Notice.first_try_at.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


def unconfirmed(session: Session, person_ids: Collection[int]) -> set[int]:
    """Return those of these people who have no account and have yet to show that the address they gave is theirs."""
    query = (
        sa.select(Person.id)
        .outerjoin(ConfirmedGuest, ConfirmedGuest.person_id == Person.id)
        .where(Person.id.in_(person_ids), Person.is_guest, ConfirmedGuest.at.is_(None))
    )
    return set(session.scalars(query))


def waiting_request(session: Session, token: str, now: datetime, lock: bool = False) -> WaitingRequest | None:
    """Return the request that a mailed link would file, or has filed; None once its time is over."""
    query = sa.select(WaitingRequest).where(
        WaitingRequest.token_hash == hash_key(token), WaitingRequest.expires_at > now
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).first()


def _first(session: Session, condition: sa.ColumnElement[bool]) -> Known | None:
    query = (
        sa.select(Ticket.id, Ticket.number, Ticket.access_suffix, Ticket.requester_id, Person.email)
        .join(Person, Person.id == Ticket.requester_id)
        .where(condition)
    )
    row = session.execute(query).first()
    return Known(*row) if row else None
