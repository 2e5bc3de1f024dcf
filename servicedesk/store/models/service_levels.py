"""The versions of calendars and targets; what they promise of a ticket stands on the ticket itself."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base


class LevelBook(Base):
    """Every calendar, target and operational level at a time; the one with the highest number holds."""

    __tablename__ = "level_book"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]]
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(sa.String(80))
