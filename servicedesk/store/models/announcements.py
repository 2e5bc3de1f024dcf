"""What the desk tells everybody: announcements; and what many people ask: the figures behind "popular"."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base


class Announcement(Base):
    """Something to know, shown from `starts_at` until before `ends_at`; no job is needed for either."""

    __tablename__ = "announcement"
    __table_args__ = (
        sa.Index("ix_announcement_ends", "ends_at", "starts_at"),
        sa.Index("ix_announcement_starts", "starts_at", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    weight: Mapped[int]
    service_id: Mapped[str | None] = mapped_column(sa.String(36))
    """None for one of every service."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    titles: Mapped[dict[str, Any]]
    """Language to title."""
    texts: Mapped[dict[str, Any]]
    """Language to `{"source", "html", "text"}`: Markdown, cleaned markup and plain text."""
    policy: Mapped[int]
    """Version of the rules by which the markup was cleaned."""
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"), index=True)
    """None for one that a command made."""
    saves: Mapped[int] = mapped_column(default=1)
    """Grows with each saving, so that two editors do not overwrite each other."""


class AnnouncementAudience(Base):
    """Who sees an announcement."""

    __tablename__ = "announcement_audience"
    announcement_id: Mapped[int] = mapped_column(sa.ForeignKey("announcement.id", ondelete="CASCADE"), primary_key=True)
    audience: Mapped[str] = mapped_column(sa.String(20), primary_key=True)


class CategoryDemand(Base):
    """How many people asked about a category lately; only where they are so many that the figure tells of nobody."""

    __tablename__ = "category_demand"
    __table_args__ = (sa.Index("ix_category_demand_requesters", "requesters", "category_key"),)
    category_key: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    requesters: Mapped[int]
