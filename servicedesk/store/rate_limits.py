"""How often a key was used in its window, counted where every worker sees it."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from servicedesk.store.models.system import RateCount


def count_up(session: Session, key: str, window: timedelta, amount: int, now: datetime) -> int:
    """Add `amount` to the key's count, in one statement; a window that is over begins anew. Returns the count."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    is_over = RateCount.expires_at <= now
    query = (
        insert(RateCount)
        .values(key=key, count=amount, expires_at=now + window)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={
                "count": sa.case((is_over, amount), else_=RateCount.count + amount),
                "expires_at": sa.case((is_over, now + window), else_=RateCount.expires_at),
            },
        )
        .returning(RateCount.count)
    )
    return session.execute(query).scalar_one()


def count_of(session: Session, key: str, now: datetime) -> tuple[int, datetime]:
    """Return the key's count and the end of its window; 0 and `now` when it has none."""
    query = sa.select(RateCount.count, RateCount.expires_at).where(RateCount.key == key, RateCount.expires_at > now)
    row = session.execute(query).first()
    return (row[0], row[1]) if row else (0, now)


def clear(session: Session, key: str | None = None) -> int:
    """Forget one key, or all of them; return how many there were."""
    query = sa.delete(RateCount)
    if key is not None:
        query = query.where(RateCount.key == key)
    return len(session.execute(query.returning(RateCount.key)).all())
