"""Edited requests: the description that counts now, and what was said before each edit."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.lifecycle import Action
from servicedesk.store.models.following import Revision
from servicedesk.store.models.tickets import Message, TicketEvent

DESCRIBING = (Action.SUBMIT, Action.EDIT)


@dataclass(frozen=True, slots=True)
class Description:
    """What is asked, as clean markup and as plain text."""

    html: str
    text: str


def description(session: Session, ticket_id: int) -> Description:
    """Return the description of a ticket as it was last edited."""
    query = (
        sa.select(Message.body_html, Message.body_text)
        .join(TicketEvent, TicketEvent.id == Message.event_id)
        .where(TicketEvent.ticket_id == ticket_id, TicketEvent.action.in_(DESCRIBING))
        .order_by(TicketEvent.seq.desc())
        .limit(1)
    )
    row = session.execute(query).first()
    return Description(*row) if row else Description("", "")


def revisions(session: Session, ticket_id: int) -> dict[int, Revision]:
    """Return what title and answers were before each edit, by the number of its event."""
    query = sa.select(Revision).where(Revision.ticket_id == ticket_id)
    return {found.seq: found for found in session.scalars(query)}
