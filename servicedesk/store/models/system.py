"""What the machinery remembers: catalogue versions, sign-ins under way, leases, numbers, form keys, limits, logs."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base


class CatalogueVersion(Base):
    """An applied catalogue; the one with the highest number is what runs."""

    __tablename__ = "catalogue_version"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    file_hash: Mapped[str] = mapped_column(sa.String(64), index=True)
    content: Mapped[dict[str, Any]]
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    difference: Mapped[dict[str, Any]]
    applied_at: Mapped[datetime]
    applied_by: Mapped[str] = mapped_column(sa.String(80))
    note: Mapped[str] = mapped_column(sa.String(500), server_default="")
    """Why it was published, in the words of whoever did."""


class SignInRequest(Base):
    """A SAML request under way: bound to one browser by its cookie, good for one answer."""

    __tablename__ = "sign_in_request"
    id: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    profile: Mapped[str] = mapped_column(sa.String(40), server_default="")
    provider: Mapped[str] = mapped_column(sa.String(255))
    service: Mapped[str] = mapped_column(sa.String(80), server_default="")
    """Key of the service whose terms were asked for; empty for the profile's own."""
    level: Mapped[int] = mapped_column(server_default="0")
    """The level of assurance asked for; 0 for none."""
    attribute_set: Mapped[int | None]
    is_forced: Mapped[bool] = mapped_column(server_default=sa.false())
    acs_url: Mapped[str] = mapped_column(sa.String(255), server_default="")
    browser_hash: Mapped[str] = mapped_column(sa.String(64), index=True)
    replaces: Mapped[int | None]
    """The login session that was running in this browser and ends when this sign-in succeeds."""
    relay_token: Mapped[str] = mapped_column(sa.String(64), unique=True)
    next_path: Mapped[str] = mapped_column(sa.String(2000))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class UsedAssertion(Base):
    """The hash of an assertion's provider and id, kept until the assertion has expired."""

    __tablename__ = "used_assertion"
    id_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class JobLease(Base):
    """Who runs a job now, and when it ran last; times are the database's own."""

    __tablename__ = "job_lease"
    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(sa.String(80), default="")
    fence: Mapped[int] = mapped_column(default=0)
    """Grows with each lease taken; a holder whose fence is no longer current must stop."""
    held_until: Mapped[datetime | None]
    last_started_at: Mapped[datetime | None]
    last_finished_at: Mapped[datetime | None]
    last_result: Mapped[str] = mapped_column(sa.String(300), default="")


class NumberSeries(Base):
    """The last ticket number given out in a year."""

    __tablename__ = "number_series"
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class FormKey(Base):
    """The key of a form that has created something, so that sending it twice creates it once."""

    __tablename__ = "form_key"
    key_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    made: Mapped[str] = mapped_column(sa.String(80))
    """What the form made: a ticket number, or `<number>#<event seq>`."""
    used_at: Mapped[datetime] = mapped_column(index=True)


class ParkedForm(Base):
    """What somebody had typed when their session was over, until the form is shown again."""

    __tablename__ = "parked_form"
    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    path: Mapped[str] = mapped_column(sa.String(500))
    fields: Mapped[dict[str, Any]]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class RateCount(Base):
    """How often one key was used in its current window."""

    __tablename__ = "rate_count"
    key: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    count: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class AuditEvent(Base):
    """An act of administration: who changed what, from what to what."""

    __tablename__ = "audit_event"
    __table_args__ = (
        sa.Index("ix_audit_event_subject", "subject", "id"),
        sa.Index("ix_audit_event_actor", "actor", "id"),
        sa.Index("ix_audit_event_at", "at", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(sa.String(80))
    action: Mapped[str] = mapped_column(sa.String(40))
    subject: Mapped[str] = mapped_column(sa.String(120))
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(default=dict)


class AccessLog(Base):
    """An administrator who read a ticket, and why."""

    __tablename__ = "access_log"
    __table_args__ = (sa.Index("ix_access_log_open", "person_id", "ticket_id", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(sa.String(500))
