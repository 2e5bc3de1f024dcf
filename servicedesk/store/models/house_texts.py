"""The versions of what the house says in its own words: around mails, on pages, and of its look; and its logos."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base


class HouseBook(Base):
    """Every text and the look at a time; the one with the highest number holds."""

    __tablename__ = "house_book"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]]
    """The name of an entry, such as "mail:solution", to what it says."""
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(sa.String(80))


class HouseLogo(Base):
    """A logo that was uploaded; the look names it by its digest."""

    __tablename__ = "house_logo"
    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    mimetype: Mapped[str] = mapped_column(sa.String(20))
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)
    kept_at: Mapped[datetime]
