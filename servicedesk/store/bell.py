"""Notices on the desk's own pages as queries: how many are new, and the list in keyset pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.store.models.preferences import BellNotice

COUNTED = 9
IS_UNREAD = sa.text("bell_notice.read_at IS NULL")
"""Written out, so that plans kept by the database may use the partial index."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A notice as the list shows it."""

    id: int
    template: str
    number: str
    at: datetime
    is_new: bool


def count_unread(session: Session, person_id: int) -> int:
    """Return how many notices are new, at most `COUNTED` + 1."""
    some = sa.select(BellNotice.id).where(BellNotice.person_id == person_id, IS_UNREAD).limit(COUNTED + 1)
    return session.scalar(sa.select(sa.func.count()).select_from(some.subquery())) or 0


def page(session: Session, person_id: int, below: int | None, limit: int) -> tuple[Sequence[Rung], bool]:
    """Return up to `limit` notices, the newest first, older than the one of id `below`; and whether there are more."""
    query = _rung(person_id).order_by(BellNotice.id.desc()).limit(limit + 1)
    if below is not None:
        query = query.where(BellNotice.id < below)
    rows = [Rung(*row) for row in session.execute(query)]
    return rows[:limit], len(rows) > limit


def one(session: Session, person_id: int, notice_id: int) -> Rung | None:
    """Return this notice, None when it is not the person's."""
    row = session.execute(_rung(person_id).where(BellNotice.id == notice_id)).first()
    return Rung(*row) if row else None


def _rung(person_id: int) -> sa.Select[int, str, str, datetime, bool]:
    is_new = BellNotice.read_at.is_(None)
    query = sa.select(BellNotice.id, BellNotice.template, BellNotice.number, BellNotice.at, is_new)
    return query.where(BellNotice.person_id == person_id)
