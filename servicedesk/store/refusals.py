"""Counts of sign-ins by how they ended: per ten minutes, and in all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from servicedesk.store.models.records import SignInCount, SignInTotal

ACCEPTED = "accepted"
SLOT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Ended:
    """How many sign-ins of a provider ended with this code."""

    profile: str
    provider: str
    code: str
    count: int


def slot_of(now: datetime) -> datetime:
    """Return the beginning of the ten minutes in which this instant lies."""
    here = now.astimezone(UTC)
    return here.replace(minute=here.minute // 10 * 10, second=0, microsecond=0)


def count_up(session: Session, profile: str, provider: str, code: str, now: datetime) -> None:
    """Count one more sign-in that ended with this code."""
    values = {"profile": profile, "provider": provider, "code": code, "count": 1}
    _add(session, SignInTotal, values)
    _add(session, SignInCount, {**values, "slot": slot_of(now)})


def _add(session: Session, model: type[SignInTotal] | type[SignInCount], values: dict[str, Any]) -> None:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    key = [name for name in values if name != "count"]
    query = insert(model).values(values).on_conflict_do_update(index_elements=key, set_={"count": model.count + 1})
    session.execute(query)


def ended_since(session: Session, since: datetime) -> list[Ended]:
    """Return the counts by profile, provider and code from the ten minutes on in which `since` lies."""
    columns = (SignInCount.profile, SignInCount.provider, SignInCount.code)
    query = sa.select(*columns, sa.func.sum(SignInCount.count)).where(SignInCount.slot >= slot_of(since))
    return [Ended(*row[:3], int(row[3])) for row in session.execute(query.group_by(*columns).order_by(*columns))]


def refused_and_all(session: Session, profile: str, provider: str, since: datetime) -> tuple[int, int]:
    """Return how many sign-ins of a provider were refused and how many there were, since this instant's ten minutes."""
    refused = sa.func.sum(sa.case((SignInCount.code != ACCEPTED, SignInCount.count), else_=0))
    query = sa.select(refused, sa.func.sum(SignInCount.count)).where(
        SignInCount.slot >= slot_of(since), SignInCount.profile == profile, SignInCount.provider == provider
    )
    row = session.execute(query).one()
    return int(row[0] or 0), int(row[1] or 0)


def count_of(session: Session, code: str, since: datetime) -> int:
    """Return how many sign-ins of all providers ended with this code, since this instant's ten minutes."""
    query = sa.select(sa.func.sum(SignInCount.count)).where(SignInCount.slot >= slot_of(since))
    return int(session.scalar(query.where(SignInCount.code == code)) or 0)


def totals(session: Session) -> Sequence[SignInTotal]:
    """Return every count since the beginning."""
    columns = (SignInTotal.profile, SignInTotal.provider, SignInTotal.code)
    return session.scalars(sa.select(SignInTotal).order_by(*columns)).all()
