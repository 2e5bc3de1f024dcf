"""One ticket as it is read: its row with names, its events with their texts, its files and its links."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from servicedesk.rules.permissions import Actor
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Message, Ticket, TicketEvent, TicketLink, Upload
from servicedesk.store.visible import visible_to

LONGEST = 1000
"""Events shown of one ticket; the newest ones where there are more."""


def ticket_row(session: Session, ticket_id: int) -> Any:
    """Return the ticket's columns with the names of requester and technician."""
    return session.execute(_tickets().where(Ticket.id == ticket_id)).one()


def ticket_rows(session: Session, ticket_ids: Sequence[int]) -> dict[int, Any]:
    """Return the same of several tickets, by id."""
    return {row.id: row for row in session.execute(_tickets().where(Ticket.id.in_(ticket_ids)))}


def _tickets() -> sa.Select[Any]:
    requester, technician = aliased(Person), aliased(Person)
    return (
        sa.select(
            *(column for column in Ticket.__table__.columns),
            requester.given_name.label("requester_given_name"),
            requester.family_name.label("requester_family_name"),
            requester.email.label("requester_email"),
            requester.phone.label("requester_phone"),
            requester.is_guest.label("requester_is_guest"),
            technician.code.label("technician_code"),
            technician.given_name.label("technician_given_name"),
            technician.family_name.label("technician_family_name"),
        )
        .join(requester, requester.id == Ticket.requester_id)
        .outerjoin(technician, technician.id == Ticket.technician_id)
    )


def event_rows(session: Session, ticket_id: int) -> Sequence[Any]:
    """Return the ticket's events with actor and text, oldest first."""
    query = _events().where(TicketEvent.ticket_id == ticket_id).order_by(TicketEvent.seq.desc())
    return list(reversed(session.execute(query.limit(LONGEST)).all()))


def event_rows_among(session: Session, ticket_ids: Sequence[int]) -> Sequence[Any]:
    """Return the newest events of several tickets, oldest first."""
    query = (
        _events().where(TicketEvent.ticket_id.in_(ticket_ids)).order_by(TicketEvent.at.desc(), TicketEvent.id.desc())
    )
    return list(reversed(session.execute(query.limit(LONGEST)).all()))


def _events() -> sa.Select[Any]:
    return (
        sa.select(
            TicketEvent.id,
            TicketEvent.ticket_id,
            TicketEvent.seq,
            TicketEvent.at,
            TicketEvent.actor_kind,
            TicketEvent.actor_id,
            TicketEvent.action,
            TicketEvent.before,
            TicketEvent.after,
            TicketEvent.changes,
            Person.code,
            Person.given_name,
            Person.family_name,
            Message.id.label("message_id"),
            Message.is_public,
            Message.body_html,
            Message.body_text,
        )
        .outerjoin(Person, Person.id == TicketEvent.actor_id)
        .outerjoin(Message, Message.event_id == TicketEvent.id)
    )


def file_rows(session: Session, *ticket_ids: int) -> dict[int, list[Any]]:
    """Return the attachments of these tickets by message id, oldest first."""
    query = sa.select(Upload.id, Upload.message_id, Upload.name, Upload.size, Upload.created_at)
    found: dict[int, list[Any]] = {}
    for row in session.execute(query.where(Upload.ticket_id.in_(ticket_ids)).order_by(Upload.created_at, Upload.id)):
        found.setdefault(row.message_id, []).append(row)
    return found


def link_rows(session: Session, ticket_id: int) -> Sequence[Any]:
    """Return linked tickets: kind, whether this one points, and the other's id, number and requester."""
    outward = (
        sa.select(TicketLink.kind, sa.literal(True).label("is_outward"), Ticket.id, Ticket.number, Ticket.requester_id)
        .join(Ticket, Ticket.id == TicketLink.other_id)
        .where(TicketLink.ticket_id == ticket_id)
    )
    inward = (
        sa.select(TicketLink.kind, sa.literal(False).label("is_outward"), Ticket.id, Ticket.number, Ticket.requester_id)
        .join(Ticket, Ticket.id == TicketLink.ticket_id)
        .where(TicketLink.other_id == ticket_id)
    )
    return session.execute(outward.union_all(inward)).all()


def names_of(session: Session, person_ids: set[int]) -> dict[int, Any]:
    """Return code, given name and family name by person id."""
    query = sa.select(Person.id, Person.code, Person.given_name, Person.family_name).where(Person.id.in_(person_ids))
    return {row.id: row for row in session.execute(query)}


def readable(session: Session, ticket_ids: Sequence[int], actor: Actor) -> frozenset[int]:
    """Return which of these tickets the person may read."""
    return frozenset(session.scalars(sa.select(Ticket.id).where(Ticket.id.in_(ticket_ids), visible_to(actor))))
