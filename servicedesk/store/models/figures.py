"""What a job has counted, so that pages read it at once."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base
from servicedesk.store.models.following import Feedback
from servicedesk.store.models.tickets import Ticket, TicketEvent


class AnswerTime(Base):
    """Within how many minutes half of the requests of a category, or of a group, had their first answer."""

    __tablename__ = "answer_time"
    scope: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    minutes: Mapped[int]
    requests: Mapped[int]
    """How many requests it is the middle of."""
    counted_at: Mapped[datetime]


def _count() -> Mapped[int]:
    return mapped_column(default=0, server_default="0")


class Measures:
    """What was counted: rules.figures says what each stands for. Times are counts by bucket, hours by hour of week."""

    arrivals: Mapped[int] = _count()
    taken: Mapped[int] = _count()
    moved_in: Mapped[int] = _count()
    moved_out: Mapped[int] = _count()
    solved: Mapped[int] = _count()
    withdrawn: Mapped[int] = _count()
    closed: Mapped[int] = _count()
    accepted: Mapped[int] = _count()
    refused: Mapped[int] = _count()
    expired: Mapped[int] = _count()
    reopened: Mapped[int] = _count()
    own_late: Mapped[int] = _count()
    resolve_late: Mapped[int] = _count()
    graded: Mapped[int] = _count()
    grade_sum: Mapped[int] = _count()
    needless: Mapped[int] = _count()
    merged: Mapped[int] = _count()
    problems: Mapped[int] = _count()
    problems_solved: Mapped[int] = _count()
    changes: Mapped[int] = _count()
    changes_solved: Mapped[int] = _count()
    open_day: Mapped[int] = _count()
    open_week: Mapped[int] = _count()
    open_month: Mapped[int] = _count()
    open_older: Mapped[int] = _count()
    answer_times: Mapped[dict[str, Any]]
    own_times: Mapped[dict[str, Any]]
    resolve_times: Mapped[dict[str, Any]]
    hours: Mapped[dict[str, Any]]


class Figure(Measures, Base):
    """What a day, or a whole month, held for one category in one group. Nobody is named in it."""

    __tablename__ = "figure"
    grain: Mapped[str] = mapped_column(sa.String(1), primary_key=True)
    """d for a day, m for the month that begins on `day`."""
    day: Mapped[date] = mapped_column(sa.Date, primary_key=True)
    group_code: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    category_key: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    service_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)


class TechnicianFigure(Measures, Base):
    """The part of a `Figure` that one technician had; a table of its own, because few may read it."""

    __tablename__ = "figure_technician"
    __table_args__ = (sa.Index("ix_figure_technician_person", "technician_id", "grain", "day"),)
    grain: Mapped[str] = mapped_column(sa.String(1), primary_key=True)
    day: Mapped[date] = mapped_column(sa.Date, primary_key=True)
    group_code: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    category_key: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    service_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    technician_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )


class FigureDay(Base):
    """A day that was counted, when last and in which way."""

    __tablename__ = "figure_day"
    day: Mapped[date] = mapped_column(sa.Date, primary_key=True)
    counted_at: Mapped[datetime]
    counting: Mapped[int] = mapped_column(sa.SmallInteger, server_default="1")
    """`rules.figures.COUNTING` when it was counted."""


class Needless(Base):
    """How many requests of a category an answer made needless on a day; nobody's name is kept."""

    __tablename__ = "needless_request"
    day: Mapped[date] = mapped_column(sa.Date, primary_key=True)
    category_key: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    requests: Mapped[int]


class ReportOrder(Base):
    """A report of figures that somebody wants by mail; what it may show is decided when it is written."""

    __tablename__ = "figure_report"
    __table_args__ = (sa.UniqueConstraint("person_id", "every", "address"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    every: Mapped[str] = mapped_column(sa.String(10))
    """week or month."""
    address: Mapped[str] = mapped_column(sa.String(500))
    """The filters as they stand in the page's address."""
    next_at: Mapped[datetime] = mapped_column(index=True)
    created_at: Mapped[datetime]


# By these a day finds what happened in it: they are the figures' own, so they stand here.
sa.Index("ix_ticket_event_at", TicketEvent.at, TicketEvent.ticket_id)
sa.Index("ix_ticket_solved", Ticket.solved_at, Ticket.opened_at)
sa.Index("ix_ticket_closed", Ticket.closed_at, Ticket.opened_at)
for _late in (Ticket.own_breached_at, Ticket.resolve_breached_at):
    _where = sa.text(f"{_late.key} IS NOT NULL")
    sa.Index(f"ix_ticket_{_late.key}", _late, sqlite_where=_where, postgresql_where=_where)
sa.Index("ix_feedback_answered_at", Feedback.answered_at)
