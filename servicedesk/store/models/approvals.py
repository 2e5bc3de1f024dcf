"""Approvals: rounds of questions about a ticket, of any kind, and what each person asked has answered."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base, Json

IS_PENDING = sa.text("state = 'pending'")
IS_WATCHED = sa.text("look_at IS NOT NULL")


class ApprovalRound(Base):
    """What a ticket has to be approved by, step by step; `state` is a `rules.approval_steps.Decision`."""

    __tablename__ = "approval_round"
    __table_args__ = (
        sa.Index(
            "uq_approval_round_pending", "ticket_id", unique=True, sqlite_where=IS_PENDING, postgresql_where=IS_PENDING
        ),
        sa.Index("ix_approval_round_ticket", "ticket_id", "id"),
        sa.Index("ix_approval_round_look", "look_at", sqlite_where=IS_WATCHED, postgresql_where=IS_WATCHED),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id", ondelete="CASCADE"))
    steps: Mapped[list[Any]] = mapped_column(Json)
    """As `rules.approval_steps.as_json` makes them; they stay as they were asked."""
    step: Mapped[int]
    """The step that is being decided, counted from 0."""
    state: Mapped[str] = mapped_column(sa.String(10))
    asked_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    remind_at: Mapped[datetime | None]
    reminders: Mapped[int]
    """How often those of the present step were reminded by the desk."""
    look_at: Mapped[datetime | None]
    """When the desk looks next whether somebody has left, is away, or is to be reminded; None once it has ended."""


class Approval(Base):
    """One person asked in one step of a round."""

    __tablename__ = "approval"
    __table_args__ = (
        sa.Index("ix_approval_round", "round_id"),
        sa.Index("ix_approval_person", "person_id", "id", sqlite_where=IS_PENDING, postgresql_where=IS_PENDING),
        sa.Index("ix_approval_stand_in", "stand_in_id", "id", sqlite_where=IS_PENDING, postgresql_where=IS_PENDING),
        sa.Index("ix_approval_decided_by", "decided_by", "decided_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("approval_round.id", ondelete="CASCADE"))
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    step: Mapped[int]
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    stand_in_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"))
    """Who may decide too, because the person is away."""
    source: Mapped[int]
    """The place in the step that names the person; `BY_HAND` or `INSTEAD` of `rules.approval_steps` where none does."""
    state: Mapped[str] = mapped_column(sa.String(10))
    """A `rules.approval_steps.Decision`."""
    asked_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"))
    """The person asked, or whoever stood in."""
    decided_at: Mapped[datetime | None]
    event_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ticket_event.id", ondelete="SET NULL"))
    """The event whose text gives the reason."""
