"""Which of the staff opened which ticket and when, and copies of one person's data that were asked for."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base
from servicedesk.store.models.notices import Notice

IS_WAITING = sa.text("state = 'waiting'")


class Reading(Base):
    """Somebody of the staff who opened a ticket in this way within this hour, or took a list of tickets away."""

    __tablename__ = "reading_log"
    __table_args__ = (
        sa.UniqueConstraint("person_id", "ticket_id", "hour", "way"),
        sa.Index("ix_reading_log_ticket", "ticket_id", "id"),
        sa.Index("ix_reading_log_person", "person_id", "id"),
        sa.Index("ix_reading_log_at", "at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    ticket_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ticket.id", ondelete="CASCADE"))
    """None for a list of many."""
    way: Mapped[str] = mapped_column(sa.String(8))
    """The value of an `actions.reading_log.Way`."""
    hour: Mapped[datetime]
    """The full hour (UTC) in which it was, so that one is kept of each hour."""
    at: Mapped[datetime]
    """The first time in that hour."""


class OwnData(Base):
    """A copy of everything the desk knows of one person: asked for, then made by a job and kept for some days."""

    __tablename__ = "own_data"
    __table_args__ = (
        sa.Index(
            "uq_own_data_waiting",
            "person_id",
            "asked_by",
            unique=True,
            sqlite_where=IS_WAITING,
            postgresql_where=IS_WAITING,
        ),
        sa.Index("ix_own_data_person", "person_id", "id"),
        sa.Index("ix_own_data_asked_by", "asked_by"),
        sa.Index("ix_own_data_expires_at", "expires_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    """Whose data they are."""
    asked_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    """The same person, or the administrator to whom alone it is then shown."""
    reason: Mapped[str] = mapped_column(sa.String(500))
    """Why an administrator asked; empty for the person themselves."""
    with_notes: Mapped[bool]
    """Whether what staff wrote among themselves is in it."""
    locale: Mapped[str] = mapped_column(sa.String(10))
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(sa.String(8))
    """waiting, ready or failed."""
    claimed_until: Mapped[datetime | None]
    attempts: Mapped[int]
    file_id: Mapped[str | None] = mapped_column(sa.String(32))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]


# A copy of somebody's data, and whatever is removed of them, asks for what was sent to them.
sa.Index("ix_notice_recipient", Notice.recipient_id)
