"""Changes: what is planned and how far it has come, who has to agree to them, and when nothing may be changed (F11)."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base

HAS_WINDOW = sa.text("starts_at IS NOT NULL")
IS_OPEN = sa.text("phase NOT IN ('reviewed', 'called_off')")
"""The condition of the index of open changes: queries that want it repeat it letter by letter."""


class Change(Base):
    """What a ticket of the kind change holds besides; words are the values of the enumerations in `rules.changes`."""

    __tablename__ = "change"
    __table_args__ = (
        sa.Index("ix_change_phase", "phase", "ticket_id"),
        sa.Index("ix_change_open", "ticket_id", sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
        sa.Index("ix_change_window", "starts_at", sqlite_where=HAS_WINDOW, postgresql_where=HAS_WINDOW),
    )
    ticket_id: Mapped[int] = mapped_column(
        sa.ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    phase: Mapped[str] = mapped_column(sa.String(12))
    change_type: Mapped[str] = mapped_column(sa.String(12))
    reason: Mapped[str] = mapped_column(sa.Text)
    harm: Mapped[int | None]
    likelihood: Mapped[int | None]
    plan: Mapped[str] = mapped_column(sa.Text)
    back_out: Mapped[str] = mapped_column(sa.Text)
    verification: Mapped[str] = mapped_column(sa.Text)
    services: Mapped[list[str]]
    """Ids of the services that it touches."""
    categories: Mapped[list[str]]
    """Keys of the categories it touches besides its own."""
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    implementer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    consent: Mapped[str] = mapped_column(sa.String(10))
    approve_by: Mapped[datetime | None]
    """Until when an emergency that did not wait has to be decided on."""
    result: Mapped[str] = mapped_column(sa.String(12))
    """Empty until it is done."""


class ChangeRule(Base):
    """Who has to agree to changes of one type in a service, or in all that have no rule of their own."""

    __tablename__ = "change_rule"
    service_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    """Empty for all services."""
    change_type: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    who: Mapped[str] = mapped_column(sa.String(12))
    need_all: Mapped[bool]
    board: Mapped[str] = mapped_column(sa.String(40))
    days: Mapped[int]


class ChangeFreeze(Base):
    """A stretch of time in which nothing is changed in a service, or in any of them."""

    __tablename__ = "change_freeze"
    __table_args__ = (sa.Index("ix_change_freeze_ends_at", "ends_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[str] = mapped_column(sa.String(36))
    """Empty for all services."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(sa.String(200))
    made_at: Mapped[datetime]
    made_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
