"""Requests begun and not sent: the one of a form, and those of a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.store.models.drafts import RequestDraft


@dataclass(frozen=True, slots=True)
class Begun:
    """What was typed into a form, by the names of its fields, and when last."""

    fields: Mapping[str, Sequence[str]]
    changed_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """A request begun, as a list names it."""

    category_key: str
    title: str
    changed_at: datetime


def draft_of(session: Session, person_id: int, category_key: str, now: datetime) -> Begun | None:
    """Return what the person has begun under a category, None when there is nothing or its time is over."""
    query = sa.select(RequestDraft.fields, RequestDraft.changed_at, RequestDraft.expires_at).where(
        RequestDraft.person_id == person_id, RequestDraft.category_key == category_key, RequestDraft.expires_at > now
    )
    row = session.execute(query).first()
    return Begun(*row) if row else None


def drafts_of(session: Session, person_id: int, now: datetime, most: int) -> Sequence[Listed]:
    """Return at most `most` of what the person has begun, the newest first; there is one a category."""
    query = (
        sa.select(RequestDraft.category_key, RequestDraft.title, RequestDraft.changed_at)
        .where(RequestDraft.person_id == person_id, RequestDraft.expires_at > now)
        .order_by(RequestDraft.changed_at.desc(), RequestDraft.id.desc())
    )
    return [Listed(*row) for row in session.execute(query.limit(most))]
