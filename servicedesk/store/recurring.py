"""Questions about recurring requests: whose they are, which are due, what was opened, on which days a desk is open."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.errors import NotFound
from servicedesk.rules.permissions import EVERY_SERVICE, Actor
from servicedesk.store.desk_hours import hours_by_category
from servicedesk.store.models.people import Person, RoleGrant
from servicedesk.store.models.recurring import RecurringFile, RecurringRun, RecurringTicket
from servicedesk.store.models.tickets import Ticket, Upload
from servicedesk.store.visible import visible_to

PAGE = 50
RUNS_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a category's desk: its zone, and whether it is open on one."""

    zone: ZoneInfo
    is_open: Callable[[date], bool]


def days_of(session: Session, tree: Catalogue, key: str) -> Days:
    """Return the days of a category: by the calendar of what is promised there, else the hours of its service."""
    hours = hours_by_category(session, tree)(tree.categories[key].service_id, key)
    return Days(hours.zone, lambda day: bool(hours.on(day)))


def _led_by(actor: Actor) -> sa.ColumnElement[bool]:
    if EVERY_SERVICE in actor.administers:
        return sa.true()
    return sa.or_(
        RecurringTicket.service_id.in_(sorted(actor.administers)),
        RecurringTicket.group_code.in_(sorted(actor.supervises)),
    )


def page(session: Session, actor: Actor, after: tuple[str, int] | None) -> tuple[Sequence[RecurringTicket], bool]:
    """Return up to 50 of those the person may change, by name, and whether there are more."""
    query = sa.select(RecurringTicket).where(_led_by(actor))
    if after is not None:
        query = query.where(sa.tuple_(RecurringTicket.name, RecurringTicket.id) > sa.tuple_(*map(sa.literal, after)))
    rows = session.scalars(query.order_by(RecurringTicket.name, RecurringTicket.id).limit(PAGE + 1)).all()
    return rows[:PAGE], len(rows) > PAGE


def one(session: Session, actor: Actor, recurring_id: int) -> RecurringTicket:
    """Return one that the person may change. Raises NotFound."""
    query = sa.select(RecurringTicket).where(RecurringTicket.id == recurring_id, _led_by(actor))
    found = session.scalars(query).first()
    if found is None:
        raise NotFound()
    return found


def files_of(session: Session, recurring_id: int) -> Sequence[Upload]:
    """Return the files of one, oldest first."""
    query = sa.select(Upload).join(RecurringFile, RecurringFile.upload_id == Upload.id)
    query = query.where(RecurringFile.recurring_id == recurring_id)
    return session.scalars(query.order_by(Upload.created_at, Upload.id)).all()


def files_of_next(session: Session, now: datetime, failed: Collection[int]) -> Sequence[Upload]:
    """Return the files of the one that waits longest, without locking it."""
    found = session.scalars(_waiting(now, failed)).first()
    return files_of(session, found.id) if found else ()


def next_due(session: Session, now: datetime, failed: Collection[int]) -> RecurringTicket | None:
    """Return the one that waits longest, locked; None while nothing is due or others have what is."""
    query = _waiting(now, failed).with_for_update(skip_locked=True)
    return session.scalars(query.execution_options(populate_existing=True)).first()


def _waiting(now: datetime, failed: Collection[int]) -> sa.Select[RecurringTicket]:
    query = sa.select(RecurringTicket).where(RecurringTicket.next_at <= now, RecurringTicket.id.not_in(sorted(failed)))
    return query.order_by(RecurringTicket.next_at, RecurringTicket.id).limit(1)


def runs(session: Session, recurring_id: int, actor: Actor) -> Sequence[Any]:
    """Return due_at, at, missed, refused, number and state of the newest 30; no number where it is not to be read."""
    number = sa.case((visible_to(actor), Ticket.number), else_="").label("number")
    query = (
        sa.select(
            RecurringRun.due_at,
            RecurringRun.at,
            RecurringRun.missed,
            RecurringRun.refused,
            RecurringRun.ticket_id,
            number,
            Ticket.state,
        )
        .outerjoin(Ticket, Ticket.id == RecurringRun.ticket_id)
        .where(RecurringRun.recurring_id == recurring_id)
    )
    return session.execute(query.order_by(RecurringRun.due_at.desc()).limit(RUNS_SHOWN)).all()


def staff(session: Session) -> Sequence[Any]:
    """Return id, code and name of everybody with a role, by code: in their name a request can be opened."""
    query = (
        sa.select(Person.id, Person.code, Person.given_name, Person.family_name)
        .where(Person.is_active, Person.id.in_(sa.select(RoleGrant.person_id)))
        .order_by(Person.code, Person.id)
    )
    return session.execute(query).all()


def names_of(session: Session, people: Collection[int]) -> dict[int, Any]:
    """Return code and name of persons by id."""
    query = sa.select(Person.id, Person.code, Person.given_name, Person.family_name)
    return {row.id: row for row in session.execute(query.where(Person.id.in_(sorted(people))))}
