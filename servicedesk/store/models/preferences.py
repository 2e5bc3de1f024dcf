"""What people want to be told and where: their choices, and the notices that wait for them on the desk's pages."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base


class Preference(Base):
    """What a person chose about notices; without a row, everything goes everywhere."""

    __tablename__ = "preference"
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    refused: Mapped[list[str]] = mapped_column(default=list)
    """Kind and channel of what is not wanted, such as "comment.mail"."""
    changed_at: Mapped[datetime]


class BellNotice(Base):
    """A notice on the desk's own pages: the event and the number it is about, nothing personal (C11)."""

    __tablename__ = "bell_notice"
    __table_args__ = (
        sa.Index("ix_bell_notice_person", "person_id", "id"),
        sa.Index(
            "ix_bell_notice_unread",
            "person_id",
            "number",
            sqlite_where=sa.text("read_at IS NULL"),
            postgresql_where=sa.text("read_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    template: Mapped[str] = mapped_column(sa.String(40))
    """A key of `rules.notices.KIND_OF`."""
    number: Mapped[str] = mapped_column(sa.String(20))
    """Of the ticket, or of the appointment."""
    at: Mapped[datetime] = mapped_column(index=True)
    read_at: Mapped[datetime | None]
