"""How things stand this minute: what is open in each group, and who works in it today."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.figure_events import REQUESTS
from servicedesk.rules.lifecycle import State
from servicedesk.rules.permissions import Role
from servicedesk.store.models.people import Absence, Person, RoleGrant
from servicedesk.store.models.tickets import OPEN, Ticket


@dataclass(frozen=True, slots=True)
class Standing:
    """The open requests of one group: how many, untaken, waiting for somebody else, solved and not closed yet, late."""

    group: str
    open: int = 0
    untaken: int = 0
    waiting: int = 0
    resolved: int = 0
    late: int = 0
    oldest: datetime | None = None
    """When the oldest was opened that the desk still has to answer."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A technician of a group, and whether they are there today."""

    group: str
    name: str
    is_present: bool


def standings(
    session: Session, groups: Collection[str], services: Collection[str] | None, now: datetime
) -> Sequence[Standing]:
    """Return how these groups stand, of these services alone where they are given; by the index of open requests."""
    is_unsolved = Ticket.state != State.RESOLVED
    is_late = sa.and_(is_unsolved, sa.or_(Ticket.resolve_breached_at.is_not(None), Ticket.due_at <= now))
    query = (
        sa.select(
            Ticket.group_code,
            sa.func.count(),
            _count(sa.and_(Ticket.technician_id.is_(None), is_unsolved)),
            _count(Ticket.state == State.WAITING),
            _count(Ticket.state == State.RESOLVED),
            _count(is_late),
            sa.func.min(sa.case((is_unsolved, Ticket.opened_at))),
        )
        .where(OPEN, Ticket.group_code.in_(sorted(groups)), Ticket.kind.in_(sorted(REQUESTS)))
        .group_by(Ticket.group_code)
    )
    if services is not None:
        query = query.where(Ticket.service_id.in_(sorted(services)))
    return [Standing(*row) for row in session.execute(query)]


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def workers(session: Session, groups: Collection[str], today: date) -> Sequence[Worker]:
    """Return who works in these groups, by name."""
    is_away = sa.exists().where(
        Absence.person_id == Person.id,
        Absence.first_day <= today,
        sa.or_(Absence.last_day.is_(None), Absence.last_day >= today),
    )
    query: Any = (
        sa.select(RoleGrant.group_code, Person.given_name, Person.family_name, ~is_away)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.group_code.in_(sorted(groups)), RoleGrant.role == Role.TECHNICIAN, Person.is_active)
        .order_by(Person.family_name, Person.given_name, Person.id)
    )
    return [
        Worker(group, f"{given} {family}".strip(), is_here) for group, given, family, is_here in session.execute(query)
    ]
