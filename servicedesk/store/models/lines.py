"""What lines have between them: matters that somebody else has to settle, and what each group set for handing over."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base


class TicketMatter(Base):
    """Something on a ticket that others than its technician have to settle; the row goes once it is settled."""

    __tablename__ = "ticket_matter"
    __table_args__ = (sa.Index("ix_ticket_matter_kind", "kind", "group_code"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(12))
    """The value of a `rules.lines.Matter`."""
    group_code: Mapped[str] = mapped_column(sa.String(40), server_default="")
    """The group asked for advice, or the one the ticket is to go to; empty where one person is asked."""
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    """The colleague asked for advice."""
    asked_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"), index=True)
    """None where the desk itself asked."""
    asked_at: Mapped[datetime]
    event_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ticket_event.id", ondelete="SET NULL"), index=True)
    """The event whose text says what is asked."""
    answered_at: Mapped[datetime | None]
    category_key: Mapped[str] = mapped_column(sa.String(80), server_default="")
    """The category the ticket is to have where it is to go, empty for the one it has."""
    keep_watching: Mapped[bool] = mapped_column(server_default=sa.false())
    """Whether whoever hands over goes on reading."""


class GroupHabits(Base):
    """What a group's supervisors set for handing its tickets over; a group without a row has the usual."""

    __tablename__ = "group_habits"
    group_code: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    asks_from: Mapped[int]
    """The hand-over of a ticket from which on a supervisor decides, counted from 1; 0 for never."""
    reasons: Mapped[list[str]] = mapped_column(default=list)
    """Ready reasons for handing over."""
    changed_at: Mapped[datetime]
