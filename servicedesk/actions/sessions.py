"""Sign-in sessions: begun, used, ended here or by the provider."""

import secrets
from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.store.models.people import LoginSession
from servicedesk.store.tickets import hash_key

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class AtProvider:
    """The session at the identity provider to which a session here belongs, and how strongly it was proven.

    Without a `profile` it belongs to no federation: an account of the desk's own, or the test of one.
    """

    provider: str
    name_id: str
    name_id_format: str = ""
    name_qualifier: str = ""
    sp_qualifier: str = ""
    session_index: str = ""
    profile: str = ""
    level: int = 0


def start(session: Session, person_id: int, at: AtProvider, expires_at: datetime, now: datetime) -> str:
    """Begin a session and return its token (256 random bits), of which only the hash is kept."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        LoginSession(
            token_hash=hash_key(token),
            person_id=person_id,
            **asdict(at),
            started_at=now,
            last_seen=now,
            expires_at=expires_at,
        )
    )
    session.flush()
    return token


def end(session: Session, session_id: int, now: datetime) -> AtProvider | None:
    """End a session and return where it came from, None when it was over already."""
    row = session.get(LoginSession, session_id)
    if row is None or row.ended_at is not None:
        return None
    row.ended_at = now
    session.flush()
    return AtProvider(**{each.name: getattr(row, each.name) for each in fields(AtProvider)})


def end_at_provider(
    session: Session, profile: str, provider: str, name_id: str, indexes: Collection[str], now: datetime
) -> int:
    """End the sessions a provider names, all of this name id when it gives no indexes; return how many."""
    query = sa.update(LoginSession).where(
        LoginSession.provider == provider,
        LoginSession.name_id == name_id,
        # Sessions begun before a desk had several profiles name none; they last hours.
        LoginSession.profile.in_((profile, "")),
        LoginSession.ended_at.is_(None),
    )
    if indexes:
        query = query.where(LoginSession.session_index.in_(indexes))
    return session.execute(query.values(ended_at=now)).rowcount  # type: ignore[attr-defined, no-any-return]  # of an UPDATE


def touch(session: Session, session_id: int, now: datetime) -> None:
    """Note that a session is in use."""
    session.execute(sa.update(LoginSession).where(LoginSession.id == session_id).values(last_seen=now))
