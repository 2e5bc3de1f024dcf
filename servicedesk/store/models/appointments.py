"""Counters, the appointments booked at them, and the units of time that each appointment holds."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base


class CounterRow(Base):
    """A counter; `content` is a `rules.counters.Counter` in its stored form."""

    __tablename__ = "counter"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(40), unique=True)
    content: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]


class Appointment(Base):
    """One person's time at a counter: held while the form is filled in, then booked."""

    __tablename__ = "appointment"
    __table_args__ = (
        sa.Index("ix_appointment_person", "person_id", "starts_at"),
        sa.Index("ix_appointment_counter", "counter_id", "starts_at"),
        sa.Index(
            "ix_appointment_reminder",
            "starts_at",
            "id",
            sqlite_where=sa.text("state = 'booked' AND reminded_at IS NULL"),
            postgresql_where=sa.text("state = 'booked' AND reminded_at IS NULL"),
        ),
        sa.Index(
            "ix_appointment_held",
            "held_until",
            sqlite_where=sa.text("state = 'held'"),
            postgresql_where=sa.text("state = 'held'"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(12), unique=True)
    counter_id: Mapped[int] = mapped_column(sa.ForeignKey("counter.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    topic: Mapped[str] = mapped_column(sa.String(40))
    topic_name: Mapped[dict[str, Any]]
    """The topic's name when it was booked, in both languages."""
    mode: Mapped[str] = mapped_column(sa.String(12))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(sa.String(12))
    held_until: Mapped[datetime | None]
    description: Mapped[str] = mapped_column(sa.Text, default="")
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    contact: Mapped[str] = mapped_column(sa.String(254), default="")
    """How the person is called in an online meeting (Teams)."""
    sequence: Mapped[int] = mapped_column(default=0)
    """Grows with each change, for calendars (RFC 5545, SEQUENCE)."""
    reminded_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class TakenUnit(Base):
    """A unit of time on one seat of a counter; its key is what keeps two appointments apart."""

    __tablename__ = "appointment_unit"
    counter_id: Mapped[int] = mapped_column(sa.ForeignKey("counter.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    seat: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    appointment_id: Mapped[int] = mapped_column(sa.ForeignKey("appointment.id", ondelete="CASCADE"), index=True)
