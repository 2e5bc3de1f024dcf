"""What people keep to follow their tickets: stars, what an edited request said before, and how satisfied they were."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base


class Star(Base):
    """A ticket that somebody marked as a favourite; seen by nobody else."""

    __tablename__ = "star"
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, index=True)
    starred_at: Mapped[datetime]


class Revision(Base):
    """What title and answers were before the edit of this `seq`; the description's versions are messages."""

    __tablename__ = "revision"
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(sa.String(200))
    answers: Mapped[dict[str, Any]]


class Feedback(Base):
    """How satisfied the requester of a closed ticket was: the question once it went out, the answer once it came."""

    __tablename__ = "feedback"
    __table_args__ = (
        sa.Index("ix_feedback_person_asked", "person_id", "asked_at"),
        sa.CheckConstraint("grade BETWEEN 1 AND 5", name="grade"),
    )
    ticket_id: Mapped[int] = mapped_column(
        sa.ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    asked_at: Mapped[datetime | None]
    """When the mail about the closure carried the question; None when only the ticket's page asked."""
    grade: Mapped[int | None]
    """1 (very unsatisfied) to 5 (very satisfied)."""
    comment: Mapped[str] = mapped_column(sa.Text, default="")
    answered_at: Mapped[datetime | None]
    """When the first answer came; the days for changing it count from here."""
    changed_at: Mapped[datetime | None]
    """When the answer was changed, which is possible once."""
