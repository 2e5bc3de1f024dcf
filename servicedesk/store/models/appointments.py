"""Counters, the appointments booked at them with the units of time they hold, and those who wait for a time."""

from datetime import date, datetime
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
    feed: Mapped[int] = mapped_column(default=0, server_default="0")
    """Which secret address of its calendar feed is the good one; 0 while it has none."""


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
    is_walk_in: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether the person came without booking."""
    created_at: Mapped[datetime]


class TakenUnit(Base):
    """A unit of time on one seat of a counter; its key is what keeps two appointments apart."""

    __tablename__ = "appointment_unit"
    counter_id: Mapped[int] = mapped_column(sa.ForeignKey("counter.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    seat: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    appointment_id: Mapped[int] = mapped_column(sa.ForeignKey("appointment.id", ondelete="CASCADE"), index=True)


class AppointmentFile(Base):
    """A stored file that belongs to an appointment."""

    __tablename__ = "appointment_file"
    upload_id: Mapped[str] = mapped_column(sa.ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True)
    appointment_id: Mapped[int] = mapped_column(sa.ForeignKey("appointment.id", ondelete="CASCADE"), index=True)


class AppointmentTicket(Base):
    """The ticket that an appointment is about."""

    __tablename__ = "appointment_ticket"
    appointment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("appointment.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id", ondelete="CASCADE"), index=True)


class AppointmentWait(Base):
    """Somebody who wants a time that is not free now: in line, or with a freed time offered to them alone."""

    __tablename__ = "appointment_wait"
    __table_args__ = (
        sa.UniqueConstraint("person_id", "counter_id"),
        sa.Index(
            "ix_appointment_wait_line",
            "counter_id",
            "id",
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        ),
        sa.Index(
            "ix_appointment_wait_offered",
            "offered_until",
            sqlite_where=sa.text("state = 'offered'"),
            postgresql_where=sa.text("state = 'offered'"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    counter_id: Mapped[int] = mapped_column(sa.ForeignKey("counter.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    topic: Mapped[str] = mapped_column(sa.String(40))
    mode: Mapped[str] = mapped_column(sa.String(12))
    first_day: Mapped[date]
    last_day: Mapped[date]
    description: Mapped[str] = mapped_column(sa.Text)
    phone: Mapped[str] = mapped_column(sa.String(40))
    contact: Mapped[str] = mapped_column(sa.String(254))
    state: Mapped[str] = mapped_column(sa.String(12))
    appointment_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("appointment.id", ondelete="SET NULL"), unique=True
    )
    """The time on offer."""
    offered_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
