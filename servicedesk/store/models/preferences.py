"""What people want to be told and where: their choices, their devices, and the notices on the desk's pages."""

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
    is_daily: Mapped[bool] = mapped_column(default=False)
    """Whether mails that can wait come as one mail a day."""
    quiet_from: Mapped[int | None]
    """Hour on the wall from which devices stay silent; None for never."""
    quiet_until: Mapped[int | None]
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


class PushDevice(Base):
    """A device on which a person wants to be told; without a person and an endpoint, the university's own app."""

    __tablename__ = "push_device"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    endpoint: Mapped[str] = mapped_column(sa.String(1000), unique=True)
    """The address at the browser's push service."""
    p256dh: Mapped[str] = mapped_column(sa.String(100))
    auth: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(60))
    """What the person reads in the list, such as "Firefox, Android"."""
    added_at: Mapped[datetime]
