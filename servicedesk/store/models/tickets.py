"""What is asked and answered: tickets, their events, messages, participants, links and attachments."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.rules.lifecycle import OPEN_STATES, State
from servicedesk.store.base import Base


def _states(chosen: frozenset[State]) -> sa.TextClause:
    return sa.text("state IN (" + ", ".join(f"'{state.value}'" for state in State if state in chosen) + ")")


# Queries that want one of the partial indexes below repeat its condition letter by letter.
OPEN = _states(OPEN_STATES)
ENDED = _states(frozenset(State) - OPEN_STATES)


def _partial(name: str, *columns: Any, where: Any) -> sa.Index:
    return sa.Index(name, *columns, sqlite_where=where, postgresql_where=where)


class Ticket(Base):
    """One matter, from question to end. Only `actions.tickets.act` changes its state."""

    __tablename__ = "ticket"
    __table_args__ = (
        sa.Index("ix_ticket_requester", "requester_id", "changed_at"),
        sa.Index("ix_ticket_opened", "opened_at", "category_key", "requester_id"),
        _partial("ix_ticket_queue", "group_code", "priority", "opened_at", "id", where=OPEN),
        _partial("ix_ticket_queue_changed", "group_code", "changed_at", "id", where=OPEN),
        _partial("ix_ticket_queue_opened", "group_code", "opened_at", "id", where=OPEN),
        _partial("ix_ticket_queue_state", "group_code", "state", "technician_id", where=OPEN),
        _partial("ix_ticket_ended", "group_code", "state", "changed_at", "id", where=ENDED),
        _partial("ix_ticket_technician", "technician_id", "priority", "opened_at", "id", where=OPEN),
        _partial("ix_ticket_idle", "service_id", "state", "changed_at", "id", where=OPEN),
        _partial("ix_ticket_category_open", "category_key", where=OPEN),
        sa.Index("ix_ticket_group_changed", "group_code", "changed_at", "id"),
        sa.Index("ix_ticket_technician_changed", "technician_id", "changed_at", "id"),
        _partial("ix_ticket_assigned", "group_code", "assigned_at", "id", where=sa.text("assigned_at IS NOT NULL")),
        _partial("ix_ticket_expires_at", "expires_at", where=sa.text("expires_at IS NOT NULL")),
        _partial("ix_ticket_warn_at", "warn_at", where=sa.text("warn_at IS NOT NULL")),
        _partial("ix_ticket_resume_at", "resume_at", where=sa.text("resume_at IS NOT NULL")),
        _partial("ix_ticket_due", "group_code", "due_at", "id", where=sa.text("due_at IS NOT NULL")),
        _partial("ix_ticket_technician_due", "technician_id", "due_at", "id", where=sa.text("due_at IS NOT NULL")),
        _partial("ix_ticket_warn_level_at", "warn_level_at", where=sa.text("warn_level_at IS NOT NULL")),
        _partial("ix_ticket_level_version", "level_version", "id", where=OPEN),
        sa.CheckConstraint("urgency BETWEEN 1 AND 5", name="urgency"),
        sa.CheckConstraint("impact BETWEEN 1 AND 5", name="impact"),
        sa.CheckConstraint("priority BETWEEN 1 AND 6", name="priority"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(12), unique=True)
    access_suffix: Mapped[str | None] = mapped_column(sa.String(12))
    """Random part of the number of a ticket filed without an account; None for account holders."""
    service_id: Mapped[str] = mapped_column(sa.String(36))
    kind: Mapped[str] = mapped_column(sa.String(20))
    origin: Mapped[str] = mapped_column(sa.String(20))
    category_key: Mapped[str] = mapped_column(sa.String(80))
    catalogue_version: Mapped[int]
    group_code: Mapped[str] = mapped_column(sa.String(40))
    technician_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    assigned_at: Mapped[datetime | None]
    """When the desk itself chose the technician; None once somebody else has decided. For taking turns."""
    requester_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    route_reason: Mapped[dict[str, Any]]
    title: Mapped[str] = mapped_column(sa.String(200))
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Extra fields by key: `{"kind": str, "value": str, "label": {"it", "en"}, "shown": {"it", "en"} or null}`.

    As filled in: later forms rewrite nothing. The first release kept no kind.
    """
    state: Mapped[str] = mapped_column(sa.String(24))
    state_before_waiting: Mapped[str | None] = mapped_column(sa.String(24))
    waiting_for: Mapped[str | None] = mapped_column(sa.String(20))
    outcome: Mapped[str | None] = mapped_column(sa.String(20))
    urgency: Mapped[int]
    impact: Mapped[int]
    priority: Mapped[int]
    opened_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    solved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    clock_from: Mapped[datetime | None]
    """Instant from which the days of silence count: the solution, the question, or the requester's last comment."""
    expires_at: Mapped[datetime | None]
    warn_at: Mapped[datetime | None]
    resume_at: Mapped[datetime | None]
    unanswered_since: Mapped[datetime | None]
    """Since when a word of the requester awaits the staff's; None while staff wrote last, and at the start."""
    last_seq: Mapped[int] = mapped_column(default=0)
    owned_at: Mapped[datetime | None]
    """When somebody first made it their own or answered it."""
    own_due_at: Mapped[datetime | None]
    resolve_due_at: Mapped[datetime | None]
    hold_due_at: Mapped[datetime | None]
    """Until when the present group may hold it."""
    due_at: Mapped[datetime | None]
    """The next of the three that runs; None while everything is paused or over."""
    warn_level_at: Mapped[datetime | None]
    own_breached_at: Mapped[datetime | None]
    resolve_breached_at: Mapped[datetime | None]
    own_minutes: Mapped[int | None]
    """Minutes of opening hours until it was owned, below until it was resolved; None before, or without a target."""
    resolve_minutes: Mapped[int | None]
    level_state: Mapped[str] = mapped_column(sa.String(12), default="", server_default="")
    """The value of a `rules.service_levels.LevelState`."""
    level_version: Mapped[int] = mapped_column(default=0, server_default="0")
    """The version of calendars and targets that holds for it."""
    files_removed_at: Mapped[datetime | None]
    """When the term of its attachments was over, below how many there were."""
    files_removed: Mapped[int | None]
    anonymised_at: Mapped[datetime | None]


class TicketEvent(Base):
    """Something that happened to a ticket; holds no free text. `seq` counts from 1 per ticket."""

    __tablename__ = "ticket_event"
    __table_args__ = (sa.UniqueConstraint("ticket_id", "seq"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id", ondelete="CASCADE"))
    seq: Mapped[int]
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(sa.String(12))
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    on_behalf_of: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    action: Mapped[str] = mapped_column(sa.String(24))
    before: Mapped[str | None] = mapped_column(sa.String(24))
    after: Mapped[str] = mapped_column(sa.String(24))
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    cause_event: Mapped[int | None] = mapped_column(sa.ForeignKey("ticket_event.id"))


class Message(Base):
    """A text somebody wrote with an event: description, comment, note, solution or reason."""

    __tablename__ = "message"
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket_event.id", ondelete="CASCADE"), unique=True)
    is_public: Mapped[bool]
    body_html: Mapped[str] = mapped_column(sa.Text)
    body_text: Mapped[str] = mapped_column(sa.Text)
    policy: Mapped[int]
    """Version of the sanitising rules the HTML went through."""


class Participation(Base):
    """A person's part in a ticket beyond asking and answering it."""

    __tablename__ = "participation"
    __table_args__ = (sa.UniqueConstraint("ticket_id", "person_id", "role"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(sa.String(20))


class Invitation(Base):
    """An address the requester shares the ticket with, as typed; whether anybody stands behind it is not shown."""

    __tablename__ = "ticket_invitation"
    __table_args__ = (sa.UniqueConstraint("ticket_id", "address"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(sa.String(254))
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"), index=True)
    """Whom it belongs to: they take part as a follower. None where it belongs to nobody."""
    added_at: Mapped[datetime]


class PublicTicket(Base):
    """A ticket whose title, description and solution the students of a course or the people of a service may read."""

    __tablename__ = "public_ticket"
    __table_args__ = (sa.Index("ix_public_ticket_scope", "scope", "scope_key", "ticket_id"),)
    ticket_id: Mapped[int] = mapped_column(
        sa.ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    scope: Mapped[str] = mapped_column(sa.String(10))
    scope_key: Mapped[str] = mapped_column(sa.String(40))
    """Code of the degree course, or id of the service."""
    published_at: Mapped[datetime]


class TicketLink(Base):
    """`ticket_id` is to `other_id` what `kind`, a `rules.relations.LinkKind`, says."""

    __tablename__ = "ticket_link"
    __table_args__ = (sa.UniqueConstraint("ticket_id", "other_id", "kind"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id", ondelete="CASCADE"))
    other_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    linked_at: Mapped[datetime | None]
    linked_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    """Who of the staff tied them together; None where the desk itself did."""


class Upload(Base):
    """A stored file under a random id: a draft of its owner until it belongs to a message."""

    __tablename__ = "upload"
    __table_args__ = (
        _partial("ix_upload_draft", "expires_at", where=sa.text("message_id IS NULL")),
        _partial("ix_upload_form", "draft_key", where=sa.text("message_id IS NULL")),
        sa.Index("ix_upload_ticket", "ticket_id"),
        sa.Index("ix_upload_message", "message_id"),
    )
    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    draft_key: Mapped[str | None] = mapped_column(sa.String(64))
    """Hash of the form's key while the file is a draft; whoever holds the form may attach it."""
    field: Mapped[str | None] = mapped_column(sa.String(80))
    """The field of the form that asks for this very file; None for any other attachment."""
    ticket_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ticket.id", ondelete="CASCADE"))
    message_id: Mapped[int | None] = mapped_column(sa.ForeignKey("message.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(sa.String(200))
    content_type: Mapped[str] = mapped_column(sa.String(100))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
