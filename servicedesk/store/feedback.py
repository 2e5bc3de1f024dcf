"""What requesters said of closed tickets, and whether somebody was asked lately."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.feedback import Ending
from servicedesk.store.models.following import Feedback
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Opinion:
    """A ticket as the question about it shows it: how it ended, and what was answered so far."""

    ticket_id: int
    number: str
    service_id: str
    ending: Ending
    grade: int | None
    comment: str


def opinion(session: Session, ticket_id: int) -> Opinion | None:
    """Return what was said of a ticket, None when there is no such ticket."""
    query = (
        sa.select(
            Ticket.id,
            Ticket.number,
            Ticket.service_id,
            Ticket.state,
            Ticket.outcome,
            Ticket.closed_at,
            Feedback.answered_at,
            Feedback.changed_at,
            Feedback.grade,
            Feedback.comment,
        )
        .outerjoin(Feedback, Feedback.ticket_id == Ticket.id)
        .where(Ticket.id == ticket_id)
    )
    row = session.execute(query).first()
    if row is None:
        return None
    ending = Ending(row.state, row.outcome, row.closed_at, row.answered_at, row.changed_at)
    return Opinion(row.id, row.number, row.service_id, ending, row.grade, row.comment or "")


def was_asked_since(session: Session, person_id: int, since: datetime) -> bool:
    """Tell whether the person, or a guest at the same address, was asked by mail after `since`."""
    address = sa.select(Person.email).where(Person.id == person_id).scalar_subquery()
    same = sa.select(Person.id).where(sa.or_(Person.id == person_id, sa.and_(Person.email == address, address != "")))
    query = sa.select(Feedback.ticket_id).where(Feedback.person_id.in_(same), Feedback.asked_at > since).limit(1)
    return session.execute(query).first() is not None
