"""Requests that open themselves on given days, and each time one did."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base, Json


class RecurringTicket(Base):
    """A request that opens itself; `content` is what `rules.recurring.Recurring` keeps."""

    __tablename__ = "recurring_ticket"
    __table_args__ = (
        sa.Index("ix_recurring_ticket_name", "name", "id"),
        sa.Index("ix_recurring_ticket_next_at", "next_at", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[str] = mapped_column(sa.String(36))
    category_key: Mapped[str] = mapped_column(sa.String(80))
    group_code: Mapped[str] = mapped_column(sa.String(40))
    """The category's group when it was kept: who leads it may change this."""
    name: Mapped[str] = mapped_column(sa.String(120))
    content: Mapped[dict[str, Any]]
    requester_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    """In whose name it is opened; None for an office, which is known by name and address alone."""
    office_name: Mapped[str] = mapped_column(sa.String(120), default="")
    office_email: Mapped[str] = mapped_column(sa.String(254), default="")
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    """Who kept it last, and is told when it cannot go on."""
    revision: Mapped[int] = mapped_column(default=1)
    is_on: Mapped[bool] = mapped_column(default=True)
    why_paused: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """The sentence that says why the desk itself paused it; None where a person did."""
    seen_until: Mapped[datetime]
    """Up to this instant everything was opened, or left out."""
    next_at: Mapped[datetime | None]
    """When it is looked at next; None while it is paused and once it has come to its end."""
    changed_at: Mapped[datetime]


class RecurringFile(Base):
    """A file of which each request that one opens gets a copy; its upload belongs to no message and never expires."""

    __tablename__ = "recurring_file"
    __table_args__ = (sa.Index("ix_recurring_file_recurring_id", "recurring_id"),)
    upload_id: Mapped[str] = mapped_column(sa.ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True)
    recurring_id: Mapped[int] = mapped_column(sa.ForeignKey("recurring_ticket.id", ondelete="CASCADE"))


class RecurringRun(Base):
    """A time it opened, or left out what was missed."""

    __tablename__ = "recurring_run"
    __table_args__ = (
        sa.UniqueConstraint("recurring_id", "due_at"),
        sa.Index("ix_recurring_run_ticket_id", "ticket_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    recurring_id: Mapped[int] = mapped_column(sa.ForeignKey("recurring_ticket.id", ondelete="CASCADE"))
    due_at: Mapped[datetime]
    at: Mapped[datetime]
    ticket_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ticket.id", ondelete="SET NULL"))
    missed: Mapped[int] = mapped_column(default=0)
    """How many before it were not opened, because the desk stood still."""
    refused: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What could not be done with the request at once: a sentence by name of the deed."""
