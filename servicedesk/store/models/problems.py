"""Problems: what is known of the cause of many incidents, and suggestions to look for one (F11)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base

IS_OPEN = sa.text("state = 'open'")
IS_KNOWN = sa.text("phase = 'known_error'")


class Problem(Base):
    """What a ticket of the kind problem holds besides; `phase` is a `rules.problems.Phase`."""

    __tablename__ = "problem"
    __table_args__ = (
        sa.Index("ix_problem_phase", "phase", "ticket_id"),
        sa.Index("ix_problem_known", "category_key", sqlite_where=IS_KNOWN, postgresql_where=IS_KNOWN),
    )
    ticket_id: Mapped[int] = mapped_column(
        sa.ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    category_key: Mapped[str] = mapped_column(sa.String(80))
    """The ticket's own, kept here too: incidents of the category show the known errors of it."""
    phase: Mapped[str] = mapped_column(sa.String(16))
    root_cause: Mapped[str] = mapped_column(sa.Text)
    workaround: Mapped[dict[str, Any]]
    """By language, as plain text; empty while there is none."""
    is_known_error: Mapped[bool]


class ProblemSuggestion(Base):
    """Many requests of one category within a short time: perhaps they have one cause."""

    __tablename__ = "problem_suggestion"
    __table_args__ = (
        sa.Index(
            "uq_problem_suggestion_open", "category_key", unique=True, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    category_key: Mapped[str] = mapped_column(sa.String(80))
    group_code: Mapped[str] = mapped_column(sa.String(40))
    since: Mapped[datetime]
    """When the first of them was opened."""
    found_at: Mapped[datetime]
    count: Mapped[int]
    usual: Mapped[float] = mapped_column(sa.Float)
    state: Mapped[str] = mapped_column(sa.String(10))
    """Open, dismissed, or followed by a problem."""
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(sa.String(300))
