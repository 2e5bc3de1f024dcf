"""Local accounts and how people are reached: passwords, second factors, single-use links by mail."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base


class Contact(Base):
    """What a person said at the first access (A4); without a row, nobody has asked them yet."""

    __tablename__ = "contact"
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    address: Mapped[str] = mapped_column(sa.String(254), default="")
    """The verified address for notices, as typed; empty while none was verified."""
    verified_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    """When the data were confirmed; None brings the question back at the next sign-in."""


class LocalAccount(Base):
    """A person's own way in: a verified address, in lower case, and a password."""

    __tablename__ = "local_account"
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    address: Mapped[str] = mapped_column(sa.String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(sa.String(200), default="")
    """Argon2id with its parameters; empty until the person has chosen a password."""
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class MailedLink(Base):
    """A single-use link that was mailed: `register`, `address` or `password`; the row goes when it is used."""

    __tablename__ = "mailed_link"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    purpose: Mapped[str] = mapped_column(sa.String(12))
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(sa.String(254))
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """For `register` what becomes the account: names, language, hash of the password."""
    expires_at: Mapped[datetime] = mapped_column(index=True)


class OneTimeCodes(Base):
    """An authenticator app (TOTP, RFC 6238); counts once `confirmed_at` is set."""

    __tablename__ = "one_time_codes"
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[str] = mapped_column(sa.String(200))
    """Sealed with a key made from the settings' secret key."""
    last_step: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    """The newest step of 30 seconds whose code was used; neither it nor an older one counts again."""
    confirmed_at: Mapped[datetime | None]


class Passkey(Base):
    """A passkey (WebAuthn credential) of a local account."""

    __tablename__ = "passkey"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[str] = mapped_column(sa.String(1400), unique=True)
    """In base64url."""
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sign_count: Mapped[int] = mapped_column(sa.BigInteger)
    name: Mapped[str] = mapped_column(sa.String(60))
    added_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code for the day on which the second factor is lost; the row goes when it is used."""

    __tablename__ = "recovery_code"
    __table_args__ = (sa.UniqueConstraint("person_id", "code_hash"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(sa.String(64))


class AccountStep(Base):
    """A step under way in one browser: the password was right and the second factor is due, or a passkey was asked."""

    __tablename__ = "account_step"
    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(sa.String(12))
    """`factor` (after the password), `passkey` (instead of it) or `enrol` (a new passkey)."""
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    challenge: Mapped[str] = mapped_column(sa.String(100), default="")
    next_path: Mapped[str] = mapped_column(sa.String(2000), default="/")
    tries: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime] = mapped_column(index=True)
