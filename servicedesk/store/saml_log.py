"""The sign-in log as rows: the locked head of its chain, entries in order, months and their purging."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from servicedesk.store.models.records import SignInLogEntry, SignInLogMonth

BATCH = 200


def newest_month(session: Session) -> SignInLogMonth | None:
    """Return the newest month with its row locked until the transaction ends, None before the first entry."""
    query = sa.select(SignInLogMonth).order_by(SignInLogMonth.month.desc()).limit(1)
    query = query.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(query).first()
    while found is not None:
        # Whoever waited for the lock may have waited for a new month to be opened.
        newer = session.scalars(query).one()
        if newer is found:
            break
        found = newer
    return found


def add_month(session: Session, month: SignInLogMonth) -> SignInLogMonth:
    """Open a month, unless somebody else just has, and return its row locked."""
    values = {column.key: getattr(month, column.key) for column in sa.inspect(SignInLogMonth).column_attrs}
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(SignInLogMonth).values(values).on_conflict_do_nothing())
    query = sa.select(SignInLogMonth).where(SignInLogMonth.month == month.month).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def months(session: Session) -> Sequence[SignInLogMonth]:
    """Return every month that has a chain, the purged ones too, oldest first."""
    query = sa.select(SignInLogMonth).order_by(SignInLogMonth.month)
    return session.scalars(query.execution_options(populate_existing=True)).all()


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
