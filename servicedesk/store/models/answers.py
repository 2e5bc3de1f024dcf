"""Answers and documents that people read instead of asking."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base


class Answer(Base):
    """A frequent question or a document; category and kind are those of its published version."""

    __tablename__ = "answer"
    __table_args__ = (sa.Index("ix_answer_views", "views", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(10))
    category_key: Mapped[str] = mapped_column(sa.String(80), index=True)
    votes: Mapped[int] = mapped_column(default=0)
    """How many readers said whether it helped; nobody's name is kept."""
    helped: Mapped[int] = mapped_column(default=0)
    views: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many readers opened it, each browser once; nobody's name is kept."""


class AnswerFile(Base):
    """A file that versions of an answer show; its bytes are stored under its id, as those of attachments are."""

    __tablename__ = "answer_file"
    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    answer_id: Mapped[int] = mapped_column(sa.ForeignKey("answer.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    content_type: Mapped[str] = mapped_column(sa.String(100))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    created_at: Mapped[datetime]


class AnswerAudience(Base):
    """Who may read the published version of an answer."""

    __tablename__ = "answer_audience"
    answer_id: Mapped[int] = mapped_column(sa.ForeignKey("answer.id", ondelete="CASCADE"), primary_key=True)
    audience: Mapped[str] = mapped_column(sa.String(20), primary_key=True)


class AnswerVersion(Base):
    """An answer as it was written once; a published text never changes, a new version replaces it."""

    __tablename__ = "answer_version"
    __table_args__ = (
        sa.UniqueConstraint("answer_id", "number"),
        sa.Index(
            "uq_answer_version_published",
            "answer_id",
            unique=True,
            sqlite_where=sa.text("stage = 'published'"),
            postgresql_where=sa.text("stage = 'published'"),
        ),
        sa.Index(
            "uq_answer_version_open",
            "answer_id",
            unique=True,
            sqlite_where=sa.text("stage IN ('draft', 'review')"),
            postgresql_where=sa.text("stage IN ('draft', 'review')"),
        ),
        sa.Index("ix_answer_version_stage", "stage", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(sa.ForeignKey("answer.id", ondelete="CASCADE"))
    number: Mapped[int]
    stage: Mapped[str] = mapped_column(sa.String(10))
    kind: Mapped[str] = mapped_column(sa.String(10))
    category_key: Mapped[str] = mapped_column(sa.String(80))
    audience: Mapped[list[str]]
    titles: Mapped[dict[str, Any]]
    """Language to title; apart from the texts, because lists need no more."""
    revisions: Mapped[dict[str, Any]]
    """Language to the number of the version that last brought it up to date."""
    texts: Mapped[dict[str, Any]]
    """Language to `{"source", "html", "text"}`: Markdown, cleaned markup and plain text."""
    files: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    """Ids of the files it shows, in their order."""
    policy: Mapped[int]
    """Version of the rules by which the markup was cleaned."""
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"), index=True)
    """None for one that came from a file."""
    saves: Mapped[int] = mapped_column(default=1)
    """Grows with each saving of a draft, so that two editors do not overwrite each other."""
