"""Requests that somebody has begun and not sent yet."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base


class RequestDraft(Base):
    """What a person has typed into the form of one category; its files are uploads with the form's key."""

    __tablename__ = "request_draft"
    __table_args__ = (sa.UniqueConstraint("person_id", "category_key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    category_key: Mapped[str] = mapped_column(sa.String(80))
    form_key: Mapped[str] = mapped_column(sa.String(80))
    title: Mapped[str] = mapped_column(sa.String(200))
    fields: Mapped[dict[str, Any]]
    """The names of the form's fields with everything typed into each, unchecked."""
    changed_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
