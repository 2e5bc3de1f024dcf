"""What technicians have in hand and have seen: drafts of answers, who is in which ticket now, and up to where."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base

_HELD = sa.text("send_at IS NOT NULL")


class WorkDraft(Base):
    """What a technician has typed into one ticket; with a time, the desk sends it then. Files carry the form's key."""

    __tablename__ = "work_draft"
    __table_args__ = (
        sa.UniqueConstraint("person_id", "ticket_id"),
        sa.Index("ix_work_draft_send_at", "send_at", sqlite_where=_HELD, postgresql_where=_HELD),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    form_key: Mapped[str] = mapped_column(sa.String(80))
    note: Mapped[str] = mapped_column(sa.Text)
    """As typed, unchecked."""
    note_format: Mapped[str] = mapped_column(sa.String(8))
    standard_answer: Mapped[int | None]
    """The standard answer it was begun with, as the form named it; it may be gone by now."""
    changed_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    send_at: Mapped[datetime | None]
    held: Mapped[dict[str, Any] | None]
    """With `send_at`, the action and its particulars: see `actions.held`."""
    returned: Mapped[dict[str, Any] | None]
    """The sentence that says why it could not be sent."""


class Presence(Base):
    """A technician who has a ticket before them: written while the page is open, forgotten within the hour."""

    __tablename__ = "presence"
    ticket_id: Mapped[int] = mapped_column(
        sa.ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )
    seen_at: Mapped[datetime] = mapped_column(index=True)
    is_writing: Mapped[bool]


class TicketSeen(Base):
    """Up to which event somebody of the staff has seen a ticket; what others did later is news to them."""

    __tablename__ = "ticket_seen"
    ticket_id: Mapped[int] = mapped_column(
        sa.ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )
    seq: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)
