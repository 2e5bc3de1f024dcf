"""Approvals for those who read them: what waits for a person, what they decided, and the rounds of one ticket."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from servicedesk.rules.states import Action
from servicedesk.store.models.approvals import IS_PENDING, Approval, ApprovalRound
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Message, Ticket, TicketEvent

MOST_COUNTED = 100
LISTED = 200
RECENT = 10


def count_for(session: Session, person_id: int) -> int:
    """Return how many questions wait for this person's decision, none counted beyond 101."""
    some = sa.select(_waiting_for(person_id, MOST_COUNTED + 1).c.id).limit(MOST_COUNTED + 1)
    return session.scalar(sa.select(sa.func.count()).select_from(some.subquery())) or 0


def _waiting_for(person_id: int, most: int) -> sa.Subquery:
    """The ids of the questions that wait for a person or for whom they stand in for, by an index of each."""
    ways = [
        sa.select(Approval.id).where(IS_PENDING, column == person_id).order_by(Approval.id).limit(most).subquery()
        for column in (Approval.person_id, Approval.stand_in_id)
    ]
    return sa.union(*(sa.select(way.c.id) for way in ways)).subquery()


def waiting(session: Session, person_id: int) -> Sequence[Any]:
    """Return what waits for this person's decision, the oldest first; `asked_...` is whom it was asked of."""
    requester, asked = aliased(Person), aliased(Person)
    query = (
        sa.select(
            Ticket.number,
            Ticket.title,
            Ticket.category_key,
            Ticket.catalogue_version,
            Approval.person_id,
            Approval.asked_at,
            Approval.step,
            ApprovalRound.steps,
            requester.given_name,
            requester.family_name,
            asked.given_name.label("asked_given_name"),
            asked.family_name.label("asked_family_name"),
        )
        .join(ApprovalRound, ApprovalRound.id == Approval.round_id)
        .join(Ticket, Ticket.id == Approval.ticket_id)
        .join(requester, requester.id == Ticket.requester_id)
        .join(asked, asked.id == Approval.person_id)
        .where(Approval.id.in_(sa.select(_waiting_for(person_id, LISTED).c.id)))
        .order_by(Approval.id)
        .limit(LISTED)
    )
    return session.execute(query).all()


def decided(session: Session, person_id: int) -> Sequence[Any]:
    """Return what this person decided last, the newest first."""
    query = (
        sa.select(Ticket.number, Ticket.title, Approval.state, Approval.decided_at)
        .join(Ticket, Ticket.id == Approval.ticket_id)
        .where(Approval.decided_by == person_id)
        .order_by(Approval.decided_at.desc(), Approval.id.desc())
        .limit(RECENT)
    )
    return session.execute(query).all()


def was_asked(session: Session, number: str, person_id: int) -> bool:
    """Whether this person was ever asked to approve the ticket, or stood in for somebody who was."""
    query = (
        sa.select(Approval.id)
        .join(Ticket, Ticket.id == Approval.ticket_id)
        .where(Ticket.number == number, _is_about(person_id))
        .limit(1)
    )
    return session.scalars(query).first() is not None


def _is_about(person_id: int) -> sa.ColumnElement[bool]:
    return sa.or_(Approval.person_id == person_id, Approval.stand_in_id == person_id, Approval.decided_by == person_id)


def remarks_of(session: Session, ticket_id: int, person_id: int) -> Sequence[Any]:
    """Return what this person wrote on a ticket as one who is to approve it, oldest first: when, and the text."""
    query = (
        sa.select(TicketEvent.at, Message.body_text)
        .join(Message, Message.event_id == TicketEvent.id)
        .where(TicketEvent.ticket_id == ticket_id, TicketEvent.action == Action.REMARK)
        .where(TicketEvent.actor_id == person_id)
        .order_by(TicketEvent.seq)
        .limit(LISTED)
    )
    return session.execute(query).all()


def people_with_codes(session: Session, codes: Collection[str]) -> dict[str, str]:
    """Return the names of the active people with these codes."""
    query = sa.select(Person.code, Person.given_name, Person.family_name).where(
        Person.code.in_(codes), Person.is_active
    )
    return {row.code: f"{row.given_name} {row.family_name}".strip() for row in session.execute(query) if row.code}


def rounds_of(session: Session, ticket_id: int) -> Sequence[Any]:
    """Return every question about a ticket with its round, the newest round first, and the reason of each answer."""
    asked, decider, stand_in = aliased(Person), aliased(Person), aliased(Person)
    query = (
        sa.select(
            ApprovalRound.id.label("round_id"),
            ApprovalRound.state.label("round_state"),
            ApprovalRound.step.label("present_step"),
            ApprovalRound.steps,
            ApprovalRound.asked_at.label("round_asked_at"),
            Approval.id,
            Approval.step,
            Approval.state,
            Approval.asked_at,
            Approval.reminded_at,
            Approval.decided_at,
            *_names(asked, "asked"),
            *_names(decider, "decider"),
            *_names(stand_in, "stand_in"),
            Approval.person_id,
            Approval.decided_by,
            Message.body_text.label("reason"),
        )
        .outerjoin(Approval, Approval.round_id == ApprovalRound.id)
        .outerjoin(asked, asked.id == Approval.person_id)
        .outerjoin(decider, decider.id == Approval.decided_by)
        .outerjoin(stand_in, stand_in.id == Approval.stand_in_id)
        .outerjoin(Message, Message.event_id == Approval.event_id)
        .where(ApprovalRound.ticket_id == ticket_id)
        .order_by(ApprovalRound.id.desc(), Approval.step, Approval.id)
        .limit(LISTED)
    )
    return session.execute(query).all()


def _names(who: Any, prefix: str) -> list[Any]:
    return [getattr(who, name).label(f"{prefix}_{name}") for name in ("code", "given_name", "family_name")]
