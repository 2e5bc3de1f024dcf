"""Leases: one holder, by the database's own clock, with a fence that only grows."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.store import leases
from servicedesk.store.models.system import JobLease


def row(session: Session) -> JobLease:
    return session.scalars(sa.select(JobLease).execution_options(populate_existing=True)).one()


def turn_clock(session: Session, **back: float) -> None:
    """Let this much time have passed for the lease."""
    lease = row(session)
    for name in ("held_until", "last_started_at"):
        instant = getattr(lease, name)
        setattr(lease, name, instant - timedelta(**back) if instant else None)
    session.flush()


def test_a_lease_is_one_holders_until_it_ends(session: Session) -> None:
    first = leases.take(session, "expire", "one", 60, None)
    assert first == leases.Lease("expire", 1)
    assert leases.take(session, "expire", "two", 60, None) is None
    turn_clock(session, seconds=61)
    assert leases.take(session, "expire", "two", 60, None) == leases.Lease("expire", 2)
    assert row(session).holder == "two"


def test_a_finished_job_is_due_again_only_after_its_period(session: Session) -> None:
    lease = leases.take(session, "expire", "one", 60, 60)
    assert lease
    leases.finish(session, lease, "3 closed")
    assert leases.take(session, "expire", "two", 60, 60) is None
    assert leases.take(session, "expire", "by hand", 60, None) is not None
    turn_clock(session, seconds=61)
    assert leases.take(session, "expire", "two", 60, 60) is not None


def test_a_holder_may_go_on_only_while_nobody_has_taken_over(session: Session) -> None:
    first = leases.take(session, "expire", "one", 60, None)
    assert first
    turn_clock(session, seconds=61)
    assert leases.renew(session, first, 60)
    assert leases.take(session, "expire", "two", 60, None) is None
    turn_clock(session, seconds=61)
    second = leases.take(session, "expire", "two", 60, None)
    assert second
    assert not leases.renew(session, first, 60)
    leases.finish(session, first, "from the past")
    assert (row(session).holder, row(session).last_result) == ("two", "")


def test_a_lease_given_back_cannot_be_renewed(session: Session) -> None:
    lease = leases.take(session, "expire", "one", 60, None)
    assert lease
    leases.finish(session, lease, "done")
    assert not leases.renew(session, lease, 60)


def test_the_run_is_noted_with_the_databases_own_time(session: Session) -> None:
    lease = leases.take(session, "expire", "one", 60, None)
    assert lease
    held = row(session)
    assert held.held_until is not None
    assert held.last_started_at is not None
    assert abs((held.held_until - held.last_started_at) - timedelta(seconds=60)) < timedelta(seconds=2)
    leases.finish(session, lease, "x" * 500)
    assert (len(row(session).last_result), row(session).held_until) == (300, None)
    assert [standing.name for standing in leases.standings(session)] == ["expire"]


def test_jobs_do_not_hold_each_other_up(session: Session) -> None:
    assert leases.take(session, "expire", "one", 60, None)
    assert leases.take(session, "warn", "two", 60, None)
