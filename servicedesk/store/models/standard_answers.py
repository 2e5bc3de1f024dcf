"""Standard answers with their versions and how often each was used, and the contacts of the counters they name."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base


def _only_one(name: str, where: str) -> sa.Index:
    return sa.Index(name, "answer_id", unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


class StandardAnswer(Base):
    """An answer that technicians give again and again; what it says are its versions."""

    __tablename__ = "standard_answer"
    id: Mapped[int] = mapped_column(primary_key=True)
    shortcut: Mapped[str] = mapped_column(sa.String(40), unique=True)
    """What one types after a stroke to get it; it never changes."""


class StandardAnswerVersion(Base):
    """A standard answer as it was written once; a published text never changes, a new version replaces it."""

    __tablename__ = "standard_answer_version"
    __table_args__ = (
        sa.UniqueConstraint("answer_id", "number"),
        _only_one("uq_standard_answer_version_published", "stage = 'published'"),
        _only_one("uq_standard_answer_version_open", "stage = 'draft'"),
        sa.Index("ix_standard_answer_version_stage", "stage", "name", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(sa.ForeignKey("standard_answer.id", ondelete="CASCADE"))
    number: Mapped[int]
    stage: Mapped[str] = mapped_column(sa.String(10))
    name: Mapped[str] = mapped_column(sa.String(120))
    group_codes: Mapped[list[str]]
    """The groups that it is for; none are all."""
    service_id: Mapped[str | None] = mapped_column(sa.String(36))
    category_key: Mapped[str | None] = mapped_column(sa.String(80))
    """The category below which it is offered."""
    texts: Mapped[dict[str, Any]]
    """Language to `{"html", "text"}`, cleaned, with placeholders."""
    revisions: Mapped[dict[str, Any]]
    """Language to the number of the version that last brought it up to date."""
    names_counter: Mapped[bool]
    """Whether it gives the contacts of the counter for a degree course."""
    sequel: Mapped[str] = mapped_column(sa.String(16))
    forward_group: Mapped[str] = mapped_column(sa.String(40))
    forward_reason: Mapped[str] = mapped_column(sa.Text)
    policy: Mapped[int]
    """Version of the rules by which the markup was cleaned."""
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"), index=True)
    """None for one that came from a file."""
    saves: Mapped[int] = mapped_column(default=1)
    """Grows with each saving of a draft, so that two editors do not overwrite each other."""


class StandardAnswerUse(Base):
    """One use, or one refusal of what was said with it, until a job has counted it."""

    __tablename__ = "standard_answer_use"
    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(sa.ForeignKey("standard_answer.id", ondelete="CASCADE"), index=True)
    category_key: Mapped[str] = mapped_column(sa.String(80))
    month: Mapped[str] = mapped_column(sa.String(7))
    """As "2026-03", in UTC."""
    is_refusal: Mapped[bool]


class StandardAnswerCount(Base):
    """How often an answer was used in a month for tickets of one category, and how many of these were refused."""

    __tablename__ = "standard_answer_count"
    __table_args__ = (sa.Index("ix_standard_answer_count_category", "category_key", "month"),)
    answer_id: Mapped[int] = mapped_column(
        sa.ForeignKey("standard_answer.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    category_key: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    month: Mapped[str] = mapped_column(sa.String(7), primary_key=True)
    used: Mapped[int]
    refused: Mapped[int]


class CounterContact(Base):
    """Which counter answers those of a degree course or area, with its contacts in words."""

    __tablename__ = "counter_contact"
    __table_args__ = (sa.UniqueConstraint("kind", "value"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(10))
    """course, area, or other for the rest."""
    value: Mapped[str] = mapped_column(sa.String(200))
    """Code or name of the degree course, or the area; empty for the rest."""
    texts: Mapped[dict[str, Any]]
    """Language to the contacts, as plain text."""
    category_key: Mapped[str | None] = mapped_column(sa.String(80))
    """Where requests of theirs belong, where one category is."""
    changed_at: Mapped[datetime]
