"""The queue: saved views, what each technician chose for it, and ways to tickets that only it asks for."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.rules.lifecycle import State
from servicedesk.store.base import Base
from servicedesk.store.models.tickets import Ticket

_UNTAKEN = sa.text(f"state = '{State.ASSIGNED_GROUP}'")
UNTAKEN = sa.text(f"ticket.{_UNTAKEN.text}")
"""What is with a group and with nobody in it. Queries that want the index repeat its condition letter by letter."""

sa.Index(
    "ix_ticket_untaken",
    Ticket.group_code,
    Ticket.priority,
    Ticket.opened_at,
    Ticket.id,
    sqlite_where=_UNTAKEN,
    postgresql_where=_UNTAKEN,
)
_UNANSWERED = sa.text("unanswered_since IS NOT NULL")
sa.Index(
    "ix_ticket_unanswered",
    Ticket.group_code,
    Ticket.unanswered_since,
    Ticket.id,
    sqlite_where=_UNANSWERED,
    postgresql_where=_UNANSWERED,
)


class QueueView(Base):
    """A saved view of the queue: somebody's own, or shared with a group by its supervisor."""

    __tablename__ = "queue_view"
    __table_args__ = (
        sa.Index("ix_queue_view_owner", "owner_id", "group_code", "position"),
        sa.Index("ix_queue_view_group", "group_code", "position"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    group_code: Mapped[str] = mapped_column(sa.String(40), default="")
    """The group it is shared with; empty for the owner alone."""
    name: Mapped[str] = mapped_column(sa.String(60))
    filters: Mapped[dict[str, Any]]
    """The values of each filter by its name in an address."""
    sort: Mapped[str] = mapped_column(sa.String(20))
    columns: Mapped[list[str]]
    """What the table shows; empty for what the reader has chosen."""
    position: Mapped[int]
    changed_at: Mapped[datetime]


class QueueSetting(Base):
    """What a technician chose for the queue; without a row, everything is as usual."""

    __tablename__ = "queue_setting"
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    has_shortcuts: Mapped[bool] = mapped_column(default=True)
    """Whether single keys do something (WCAG 2.1.4 wants that they can be turned off)."""
    columns: Mapped[list[str]] = mapped_column(default=list)
    view_id: Mapped[int | None] = mapped_column(sa.ForeignKey("queue_view.id", ondelete="SET NULL"))
    """The view with which the queue opens."""
    changed_at: Mapped[datetime]
