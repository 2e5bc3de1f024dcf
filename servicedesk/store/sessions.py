"""Signed-in browsers: which session a token belongs to, and which sessions a provider means."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.store.models.people import LoginSession
from servicedesk.store.tickets import hash_key


@dataclass(frozen=True, slots=True)
class Running:
    """A session that is still good."""

    id: int
    person_id: int
    last_seen: datetime
    profile: str
    provider: str
    level: int


def was_good(session: Session, token: str) -> bool:
    """Whether the token belonged to a session, however it ended: its holder once signed in here."""
    return session.scalar(sa.select(LoginSession.id).where(LoginSession.token_hash == hash_key(token))) is not None


def running(session: Session, token: str, idle: timedelta, now: datetime) -> Running | None:
    """Return the session of this token; None when it never was, has ended, expired, or was unused for `idle`."""
    kept = (getattr(LoginSession, each.name) for each in fields(Running))
    query = sa.select(*kept).where(
        LoginSession.token_hash == hash_key(token),
        LoginSession.ended_at.is_(None),
        LoginSession.expires_at > now,
        LoginSession.last_seen > now - idle,
    )
    row = session.execute(query).first()
    return Running(*row) if row else None
