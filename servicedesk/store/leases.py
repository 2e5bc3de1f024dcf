"""Leases on jobs: one conditional UPDATE on the database's own time decides who runs, a growing fence who still may."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from servicedesk.rules.outcomes import LONGEST
from servicedesk.store.base import UtcDateTime
from servicedesk.store.models.system import JobLease


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run a job, as long as `fence` is the newest one given out."""

    name: str
    fence: int


def take(session: Session, name: str, holder: str, hold: float, every: float | None) -> Lease | None:
    """Take the lease on a job for `hold` seconds; None when somebody holds it or the job is not due.

    The job is due when its last run began at least `every` seconds ago, or never; at any time for None.
    """
    _enter(session, name)
    free = sa.or_(JobLease.held_until.is_(None), JobLease.held_until <= _now(session))
    due: sa.ColumnElement[bool] = sa.true()
    if every is not None:
        due = sa.or_(JobLease.last_started_at.is_(None), JobLease.last_started_at <= _now(session, -every))
    query = (
        sa.update(JobLease)
        .where(JobLease.name == name, free, due)
        .values(
            holder=holder,
            fence=JobLease.fence + 1,
            held_until=_now(session, hold),
            last_started_at=_now(session),
        )
        .returning(JobLease.fence)
    )
    fence = session.scalars(query.execution_options(synchronize_session=False)).first()
    return Lease(name, fence) if fence is not None else None


def renew(session: Session, lease: Lease, hold: float) -> bool:
    """Hold on for `hold` seconds more; False when somebody else has the lease by now.

    In the transaction of a batch this also keeps others from taking it until the batch is committed.
    """
    query = _mine(lease).values(held_until=_now(session, hold)).returning(JobLease.fence)
    return session.execute(query).first() is not None


def finish(session: Session, lease: Lease, result: str) -> None:
    """Give the lease back and note how the run went; does nothing when the lease is lost."""
    session.execute(
        _mine(lease).values(holder="", held_until=None, last_finished_at=_now(session), last_result=result[:LONGEST])
    )


def standings(session: Session) -> Sequence[JobLease]:
    """Return the leases of all jobs that ever ran, by name."""
    return session.scalars(sa.select(JobLease).order_by(JobLease.name)).all()


def database_time(session: Session) -> datetime:
    """Return the database's present instant, which decides about leases."""
    found: datetime = session.scalars(sa.select(sa.type_coerce(_now(session), UtcDateTime))).one()
    return found


def _mine(lease: Lease) -> sa.Update:
    query = sa.update(JobLease).where(JobLease.name == lease.name, JobLease.fence == lease.fence)
    return query.where(JobLease.held_until.is_not(None)).execution_options(synchronize_session=False)


def _enter(session: Session, name: str) -> None:
    insert = postgresql.insert if _is_postgresql(session) else sqlite.insert
    session.execute(insert(JobLease).values(name=name, holder="", fence=0, last_result="").on_conflict_do_nothing())


def _now(session: Session, plus: float = 0) -> sa.ColumnElement[object]:
    """Return the database's present instant and `plus` seconds, as SQL."""
    if _is_postgresql(session):
        return sa.func.clock_timestamp() + sa.func.make_interval(0, 0, 0, 0, 0, 0, plus)
    # SQLite knows thousandths; the column is kept with six digits.
    text = sa.func.strftime("%Y-%m-%d %H:%M:%f", "now", f"{plus:+.3f} seconds").concat("000")
    return sa.type_coerce(text, UtcDateTime)


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
