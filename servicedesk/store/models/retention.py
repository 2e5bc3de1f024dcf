"""How long things are kept: terms per service, legal holds, the log of runs, and the indexes runs find work by."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base
from servicedesk.store.models.people import Person
from servicedesk.store.models.system import AccessLog
from servicedesk.store.models.tickets import Ticket, TicketEvent

IS_RUNNING = sa.text("ended_at IS NULL")
HAS_FILES_DUE = sa.text("closed_at IS NOT NULL AND files_removed_at IS NULL")
HAS_PERSON_DUE = sa.text("closed_at IS NOT NULL AND anonymised_at IS NULL")
IS_KNOWN = sa.text("anonymised_at IS NULL")


class RetentionTerm(Base):
    """The terms of a service, in months, 0 for keeping for good; a service without a row has those of the settings.

    The row of `rules.permissions.EVERY_SERVICE` holds the term of accounts, which belong to no service.
    """

    __tablename__ = "retention_term"
    service_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    files_months: Mapped[int]
    tickets_months: Mapped[int]
    accounts_months: Mapped[int]
    revision: Mapped[int]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(sa.String(80))


class LegalHold(Base):
    """A ticket, or a person with all of their tickets, of whom nothing is removed until the hold is ended."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        sa.CheckConstraint("(ticket_id IS NULL) <> (person_id IS NULL)", name="one_subject"),
        sa.Index(
            "uq_legal_hold_ticket", "ticket_id", unique=True, sqlite_where=IS_RUNNING, postgresql_where=IS_RUNNING
        ),
        sa.Index(
            "uq_legal_hold_person", "person_id", unique=True, sqlite_where=IS_RUNNING, postgresql_where=IS_RUNNING
        ),
        sa.Index("ix_legal_hold_ended", "ended_at", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ticket.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(sa.String(500))
    placed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"))
    placed_at: Mapped[datetime]
    ended_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"))
    ended_at: Mapped[datetime | None]


class RetentionRun(Base):
    """One run of the terms, counted up batch by batch; without `ended_at` it is under way or was broken off."""

    __tablename__ = "retention_run"
    id: Mapped[int] = mapped_column(primary_key=True)
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    files: Mapped[int] = mapped_column(default=0)
    tickets: Mapped[int] = mapped_column(default=0)
    people: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)


def _due(name: str, *columns: sa.orm.InstrumentedAttribute[object], where: sa.TextClause) -> None:
    sa.Index(name, *columns, sqlite_where=where, postgresql_where=where)


_due("ix_ticket_files_due", Ticket.service_id, Ticket.closed_at, Ticket.id, where=HAS_FILES_DUE)
_due("ix_ticket_person_due", Ticket.service_id, Ticket.closed_at, Ticket.id, where=HAS_PERSON_DUE)
_due("ix_person_unused", Person.is_guest, Person.signed_in_at, Person.created_at, Person.id, where=IS_KNOWN)
sa.Index("ix_access_log_ticket", AccessLog.ticket_id)
sa.Index("ix_ticket_event_actor", TicketEvent.actor_id)
