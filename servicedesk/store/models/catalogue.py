"""Versions of the catalogue that administrators prepare; `system.CatalogueVersion` holds the published ones."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base


class CatalogueDraft(Base):
    """A catalogue that may become the next version; every administrator sees it, and it may have errors."""

    __tablename__ = "catalogue_draft"
    id: Mapped[int] = mapped_column(primary_key=True)
    origin: Mapped[str] = mapped_column(sa.String(10))
    """From what it was made: file, version or running."""
    title: Mapped[str] = mapped_column(sa.String(200))
    """The name of the file, the number of the version, or what the administrator calls it."""
    base_version: Mapped[int]
    """The version that ran when it was begun, or when it was last brought up to date."""
    file_hash: Mapped[str] = mapped_column(sa.String(64))
    """Of the file as uploaded; empty once it was edited, and for every other origin."""
    content: Mapped[dict[str, Any]]
    revision: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(sa.String(80))
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(sa.String(80))
