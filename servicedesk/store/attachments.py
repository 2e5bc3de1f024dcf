"""Attachments as they are downloaded: the file, the ticket it belongs to, and who may see its message."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.store.models.tickets import Message, Ticket, Upload


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that belongs to a message; `size` in bytes, `number` the ticket's."""

    id: str
    name: str
    content_type: str
    size: int
    number: str
    is_public: bool
    """Whether its message goes to the requester."""


def attached(session: Session, upload_id: str) -> Attached | None:
    """Return an attached file; None for drafts and for what was never there."""
    query = (
        sa.select(Upload.id, Upload.name, Upload.content_type, Upload.size, Ticket.number, Message.is_public)
        .join(Message, Message.id == Upload.message_id)
        .join(Ticket, Ticket.id == Message.ticket_id)
        .where(Upload.id == upload_id)
    )
    row = session.execute(query).first()
    return Attached(*row) if row else None
