"""One answer to many tickets: what it says, and what became of it on each of them (F7, F11)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base

PENDING, DONE, FAILED = "pending", "done", "failed"
IS_PENDING = sa.text("state = 'pending'")


class JointAnswer(Base):
    """What the requesters of the tickets under `ticket_id`, or some of them, are told at once."""

    __tablename__ = "joint_answer"
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    action: Mapped[str] = mapped_column(sa.String(24))
    """The action it is on each ticket: a comment, or a solution."""
    texts: Mapped[dict[str, Any]]
    """By language: `{"html": str, "text": str, "policy": int}`, cleaned."""
    made_at: Mapped[datetime]


class JointAnswerPart(Base):
    """The same on one ticket."""

    __tablename__ = "joint_answer_part"
    __table_args__ = (
        sa.Index(
            "ix_joint_answer_part_pending", "joint_answer_id", sqlite_where=IS_PENDING, postgresql_where=IS_PENDING
        ),
    )
    joint_answer_id: Mapped[int] = mapped_column(
        sa.ForeignKey("joint_answer.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    ticket_id: Mapped[int] = mapped_column(
        sa.ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )
    state: Mapped[str] = mapped_column(sa.String(8))
    why: Mapped[dict[str, Any] | None]
    """The sentence that stood in the way, as `Sentence.as_json` gives it."""
