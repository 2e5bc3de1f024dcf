"""The sign-in log as rows: the head of its chain, entries in order, months and their purging."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.store.models.records import SignInLogEntry, SignInLogMonth

BATCH = 200
CHAIN = 20141024
"""The number of the lock that PostgreSQL keeps for whoever appends; any will do that nothing else uses."""


def newest_month(session: Session) -> SignInLogMonth | None:
    """Return the newest month, None before the first entry; nobody else appends until this transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        # Not the row: there is none at first, and whoever waits for it may get one that is no longer the newest.
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(CHAIN)))
    query = sa.select(SignInLogMonth).order_by(SignInLogMonth.month.desc()).limit(1)
    return session.scalars(query.execution_options(populate_existing=True)).first()


def add_month(session: Session, month: SignInLogMonth) -> SignInLogMonth:
    """Open a month, with `newest_month` in hand, and return it."""
    session.add(month)
    session.flush()
    return month


def answers_to(session: Session, request_id: str) -> int:
    """Return how many answers to a request were logged."""
    query = sa.select(sa.func.count()).select_from(SignInLogEntry)
    return session.scalar(query.where(SignInLogEntry.exchange == request_id, SignInLogEntry.kind == "response")) or 0


def months(session: Session) -> Sequence[SignInLogMonth]:
    """Return every month that has a chain, the purged ones too, oldest first."""
    query = sa.select(SignInLogMonth).order_by(SignInLogMonth.month)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def is_purged(session: Session, month: str) -> bool:
    """Whether a month is marked as purged by now."""
    query = sa.select(SignInLogMonth.month).where(SignInLogMonth.month == month, SignInLogMonth.purged_at.is_not(None))
    return session.execute(query).first() is not None


def entries(session: Session, month: str, upto: int | None = None) -> Iterator[Sequence[SignInLogEntry]]:
    """Yield a month's entries in order, a batch at a time; the session forgets each batch after it."""
    upper = SignInLogEntry.seq <= upto if upto is not None else sa.true()
    return _batches(session, SignInLogEntry.month == month, upper)


def between(session: Session, start: datetime, end: datetime, exchange: str) -> Iterator[Sequence[SignInLogEntry]]:
    """Yield in order what was exchanged from `start` until before `end`, of one exchange only where one is named."""
    return _batches(session, *_within(start, end, exchange))


def count_between(session: Session, start: datetime, end: datetime, exchange: str) -> int:
    """Return how many entries `between` yields."""
    query = sa.select(sa.func.count()).select_from(SignInLogEntry).where(*_within(start, end, exchange))
    return session.scalar(query) or 0


def _within(start: datetime, end: datetime, exchange: str) -> list[sa.ColumnElement[bool]]:
    # What came just before midnight by one worker's clock may stand in the month that another had opened.
    latest = end.astimezone(UTC) + timedelta(days=1)
    found = [
        SignInLogEntry.month.between(f"{start.astimezone(UTC):%Y-%m}", f"{latest:%Y-%m}"),
        SignInLogEntry.at >= start,
        SignInLogEntry.at < end,
    ]
    if exchange:
        found.append(SignInLogEntry.exchange == exchange)
    return found


def _batches(session: Session, *conditions: sa.ColumnElement[bool]) -> Iterator[Sequence[SignInLogEntry]]:
    place = sa.tuple_(SignInLogEntry.month, SignInLogEntry.seq)
    query = sa.select(SignInLogEntry).where(*conditions).order_by(SignInLogEntry.month, SignInLogEntry.seq).limit(BATCH)
    found = session.scalars(query).all()
    while found:
        yield found
        after = (found[-1].month, found[-1].seq)
        for entry in found:
            session.expunge(entry)
        found = session.scalars(query.where(place > sa.tuple_(*map(sa.literal, after)))).all()


def oldest_with_entries(session: Session, last: str) -> SignInLogMonth | None:
    """Return the oldest month up to `last` that still has entries, locked, None when there is none."""
    has_entries = sa.exists().where(SignInLogEntry.month == SignInLogMonth.month)
    query = sa.select(SignInLogMonth).where(SignInLogMonth.month <= last, has_entries).order_by(SignInLogMonth.month)
    return session.scalars(query.limit(1).with_for_update().execution_options(populate_existing=True)).first()


def remove_entries(session: Session, month: str, limit: int) -> int:
    """Remove up to `limit` entries of a month that is marked as purged, and return how many there were."""
    oldest = (
        sa.select(SignInLogEntry.seq).where(SignInLogEntry.month == month).order_by(SignInLogEntry.seq).limit(limit)
    )
    query = sa.delete(SignInLogEntry).where(SignInLogEntry.month == month, SignInLogEntry.seq.in_(oldest))
    result = session.execute(query.execution_options(synchronize_session=False))
    assert isinstance(result, sa.CursorResult)
    return result.rowcount
