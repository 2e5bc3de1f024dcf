"""Records of signing in: the log that SPID demands, alarms, counts of refusals, what a provider last gave."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base


class SignInLogMonth(Base):
    """A month (`2026-03`, UTC) of the sign-in log: the seal of the month before, and where its own chain stands.

    The row stays when the month is purged: the chain of months needs it, and it says nothing of anybody.
    """

    __tablename__ = "sign_in_log_month"
    month: Mapped[str] = mapped_column(sa.String(7), primary_key=True)
    before: Mapped[str] = mapped_column(sa.String(7))
    """The month before that has a chain; empty for the first one."""
    before_entries: Mapped[int]
    before_hash: Mapped[str] = mapped_column(sa.String(64))
    """With how many entries and on which hash that month ended."""
    entries: Mapped[int]
    last_hash: Mapped[str] = mapped_column(sa.String(64))
    """The hash of the newest entry; of this month's own seal while there is none."""
    purged_at: Mapped[datetime | None]
    proof: Mapped[str] = mapped_column(sa.String(64))
    """A keyed hash over all of the above."""


class SignInLogEntry(Base):
    """One message exchanged with a SPID or CIE provider; only the columns before `nonce` can be read without the key.

    A trigger refuses every change, and every removal but that of a month marked as purged.
    """

    __tablename__ = "sign_in_log_entry"
    __table_args__ = (sa.Index("ix_sign_in_log_entry_exchange", "exchange"),)
    month: Mapped[str] = mapped_column(sa.ForeignKey("sign_in_log_month.month"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """From 1, without gaps."""
    at: Mapped[datetime]
    profile: Mapped[str] = mapped_column(sa.String(40))
    provider: Mapped[str] = mapped_column(sa.String(1024))
    kind: Mapped[str] = mapped_column(sa.String(10))
    """request or response."""
    exchange: Mapped[str] = mapped_column(sa.String(255))
    """The id of the AuthnRequest: of this entry, or the one that this response answers."""
    message_id: Mapped[str] = mapped_column(sa.String(255))
    outcome: Mapped[str] = mapped_column(sa.String(40))
    """accepted, or the code of the refusal; empty for a request."""
    nonce: Mapped[bytes] = mapped_column(sa.LargeBinary(12))
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)
    """The message as exchanged: compressed, then encrypted with AES-256-GCM bound to the columns above."""
    hash: Mapped[str] = mapped_column(sa.String(64))


class Alarm(Base):
    """Something an operator has to look at; at most one is open per key."""

    __tablename__ = "alarm"
    __table_args__ = (
        sa.Index(
            "uq_alarm_open",
            "key",
            unique=True,
            sqlite_where=sa.text("cleared_at IS NULL"),
            postgresql_where=sa.text("cleared_at IS NULL"),
        ),
        sa.Index("ix_alarm_raised_at", "raised_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(255))
    sentence: Mapped[dict[str, Any]]
    """As `Sentence.as_json` gives it."""
    raised_at: Mapped[datetime]
    last_at: Mapped[datetime]
    times: Mapped[int]
    mailed_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"))
    cleared_at: Mapped[datetime | None] = mapped_column(index=True)


class SignInCount(Base):
    """How many sign-ins ended so in the ten minutes from `slot`; `code` is `accepted` or that of the refusal."""

    __tablename__ = "sign_in_count"
    slot: Mapped[datetime] = mapped_column(primary_key=True)
    profile: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    provider: Mapped[str] = mapped_column(sa.String(1024), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    count: Mapped[int]


class SignInTotal(Base):
    """How many sign-ins ever ended so: counters that only grow, for monitoring."""

    __tablename__ = "sign_in_total"
    profile: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    provider: Mapped[str] = mapped_column(sa.String(1024), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    count: Mapped[int]


class AttributePreview(Base):
    """What the last sign-in of a provider gave, masked before it was written."""

    __tablename__ = "attribute_preview"
    profile: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    provider: Mapped[str] = mapped_column(sa.String(1024), primary_key=True)
    at: Mapped[datetime]
    given: Mapped[dict[str, Any]]
    """By name of the SAML attribute: the masked values."""
    mapped: Mapped[dict[str, Any]]
    """By logical name: the masked values."""
    missing: Mapped[list[str]]
    """Logical names that were needed and did not come."""
