"""What people are to be told: one row per event, recipient and channel, until it is delivered."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base


class Notice(Base):
    """A mail or message to be sent. Facts are written by `act()` or, for one about no ticket, by `write_letter()`;
    bytes, attempts and result by the delivery job.
    """

    __tablename__ = "notice"
    __table_args__ = (
        sa.Index(
            "ix_notice_due",
            "next_try_at",
            "id",
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        ),
        sa.Index("ix_notice_order", "ticket_id", "address", "id"),
        sa.Index("ix_notice_address", "address", "first_try_at"),
        sa.Index(
            "ix_notice_failed",
            "id",
            sqlite_where=sa.text("state = 'failed'"),
            postgresql_where=sa.text("state = 'failed'"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ticket_event.id", ondelete="CASCADE"))
    ticket_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ticket.id", ondelete="CASCADE"))
    recipient_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(sa.String(254))
    template: Mapped[str] = mapped_column(sa.String(40))
    locale: Mapped[str | None] = mapped_column(sa.String(10))
    """The language of a mail about no ticket; the others are in their recipient's."""
    context: Mapped[dict[str, Any] | None]
    """What a mail about no ticket, or a message, says; forgotten once it is sent: it may hold a link that opens
    something.
    """
    channel: Mapped[str] = mapped_column(sa.String(8), default="mail", server_default="mail")
    """mail, digest (waits for the one mail of the day), push or webhook; the `address` of the last two is the id of a
    `PushDevice`.
    """
    state: Mapped[str] = mapped_column(sa.String(12), default="waiting")
    """waiting, sent or failed; a waiting one with `claimed_until` in the future is being sent."""
    first_try_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    message_id: Mapped[str] = mapped_column(sa.String(200))
    rendered: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(sa.String(300), default="")
