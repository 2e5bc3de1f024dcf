"""The technicians' queue: one page of tickets by filters, order and place, and bounded counts of its quick views."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from servicedesk.rules.lifecycle import OPEN_STATES, State
from servicedesk.rules.permissions import Actor, Role
from servicedesk.store.models.people import Person, RoleGrant
from servicedesk.store.models.tickets import ENDED, OPEN, Participation, Ticket
from servicedesk.store.visible import WATCHER, visible_to

PAGE = 50
MOST_COUNTED = 1000
IS_OPEN, ANY = "open", "any"
"""Values of the state filter beside the states themselves."""
NOBODY = "nobody"

Key = tuple[int | datetime, ...]
Order = tuple[tuple[InstrumentedAttribute[Any], bool], ...]
SORTS: Mapping[str, Order] = {
    "priority": ((Ticket.priority, True), (Ticket.opened_at, False), (Ticket.id, False)),
    "opened": ((Ticket.opened_at, False), (Ticket.id, False)),
    "-opened": ((Ticket.opened_at, True), (Ticket.id, True)),
    "changed": ((Ticket.changed_at, False), (Ticket.id, False)),
    "-changed": ((Ticket.changed_at, True), (Ticket.id, True)),
}
"""Each order as (column, is descending)."""
SORTS_OF_ENDED = ("-changed", "changed")
"""Where ended tickets are among the wanted ones: they are many, and only these orders have an index over them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: after the row with this key, or before it."""

    key: Key
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a technician wants to see; None leaves a filter out."""

    groups: tuple[str, ...]
    state: str = IS_OPEN
    technician: int | str | None = None
    """A person's id, or `NOBODY`."""
    priority: int | None = None
    categories: tuple[str, ...] | None = None
    ids: tuple[int, ...] | None = None
    """The tickets that hold the typed words, from `store.search.matching`."""
    is_watched: bool = False
    """Only what the person forwarded and keeps reading, in whatever group it is now."""
    sort: str = "priority"
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of plain columns, and the places of the neighbouring pages where there are any."""

    rows: Sequence[sa.Row[Any]]
    previous: Place | None
    next: Place | None


def sorts_for(state: str, has_words: bool) -> tuple[str, ...]:
    """Return the orders that can be had for this state filter; the first is the usual one."""
    if state == IS_OPEN or state in OPEN_STATES or has_words:
        return tuple(SORTS)
    return SORTS_OF_ENDED


def page(session: Session, wanted: Wanted, actor: Actor) -> Page:
    """Return up to 50 tickets of the wanted groups that the person may read, in the wanted order."""
    place = wanted.place
    found = list(session.execute(_rows(wanted, actor)))
    has_more = len(found) > PAGE
    rows = found[:PAGE]
    if place is not None and place.backwards:
        rows.reverse()
        return Page(rows, _before(rows, wanted) if has_more else None, _after(rows, wanted))
    return Page(rows, _before(rows, wanted) if place else None, _after(rows, wanted) if has_more else None)


def _before(rows: Sequence[sa.Row[Any]], wanted: Wanted) -> Place | None:
    return Place(_key(rows[0], wanted), backwards=True) if rows else None


def _after(rows: Sequence[sa.Row[Any]], wanted: Wanted) -> Place | None:
    return Place(_key(rows[-1], wanted)) if rows else None


def _key(row: sa.Row[Any], wanted: Wanted) -> Key:
    return tuple(getattr(row, column.key) for column, _is_descending in SORTS[wanted.sort])


def _rows(wanted: Wanted, actor: Actor) -> sa.Select[Any]:
    requester, technician = aliased(Person), aliased(Person)
    picked = _picked(wanted, actor)
    return (
        sa.select(
            *Ticket.__table__.columns,
            requester.given_name.label("requester_given_name"),
            requester.family_name.label("requester_family_name"),
            technician.code.label("technician_code"),
            technician.given_name.label("technician_given_name"),
            technician.family_name.label("technician_family_name"),
        )
        .select_from(picked)
        .join(Ticket, Ticket.id == picked.c.id)
        .join(requester, requester.id == Ticket.requester_id)
        .outerjoin(technician, technician.id == Ticket.technician_id)
        .order_by(*_ordering(wanted, picked.c))
    )


def _picked(wanted: Wanted, actor: Actor) -> sa.Subquery:
    # One short walk along an index per group: a single query over all groups would read and sort every ticket in them.
    keys = [column for column, _is_descending in SORTS[wanted.sort]]
    branches = [
        sa.select(*keys)
        .where(ground, *_conditions(wanted), visible_to(actor))
        .order_by(*_ordering(wanted, Ticket.__table__.columns))
        .limit(PAGE + 1)
        .subquery()
        for ground in _grounds(wanted, actor)
    ]
    merged = sa.union_all(*(sa.select(branch) for branch in branches)).subquery()
    return sa.select(merged).order_by(*_ordering(wanted, merged.c)).limit(PAGE + 1).subquery()


def _grounds(wanted: Wanted, actor: Actor) -> list[sa.ColumnElement[bool]]:
    if wanted.is_watched:
        watched = sa.select(Participation.ticket_id).where(
            Participation.person_id == actor.person_id, Participation.role == WATCHER
        )
        return [Ticket.id.in_(watched)]
    return [Ticket.group_code == group for group in wanted.groups] or [sa.false()]


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found = list(_in_state(wanted.state))
    if wanted.technician == NOBODY:
        found.append(Ticket.technician_id.is_(None))
    elif wanted.technician is not None:
        found.append(Ticket.technician_id == wanted.technician)
    if wanted.priority is not None:
        found.append(Ticket.priority == wanted.priority)
    if wanted.categories is not None:
        found.append(Ticket.category_key.in_(wanted.categories))
    if wanted.ids is not None:
        found.append(Ticket.id.in_(wanted.ids))
    if wanted.place is not None:
        found.append(_beyond(wanted.place, SORTS[wanted.sort]))
    return found


def _in_state(state: str) -> list[Any]:
    if state == ANY:
        return []
    if state == IS_OPEN:
        return [OPEN]
    chosen = State(state)
    return [OPEN if chosen in OPEN_STATES else ENDED, sa.text(f"ticket.state = '{chosen.value}'")]


def _ordering(wanted: Wanted, columns: ReadOnlyColumnCollection[str, Any]) -> list[sa.UnaryExpression[Any]]:
    turned = wanted.place is not None and wanted.place.backwards
    return [
        columns[column.key].desc() if descending != turned else columns[column.key].asc()
        for column, descending in SORTS[wanted.sort]
    ]


def _beyond(place: Place, order: Order) -> sa.ColumnElement[bool]:
    """Return the condition that a row comes after the place in the order (or before it, going backwards)."""
    condition: sa.ColumnElement[bool] = sa.false()
    for (column, descending), value in reversed(list(zip(order, place.key, strict=True))):
        further = column < value if descending != place.backwards else column > value
        condition = sa.or_(further, sa.and_(column == value, condition))
    first, descending = order[0]
    # Says nothing new, but it is what the index can be entered by.
    bound = first <= place.key[0] if descending != place.backwards else first >= place.key[0]
    return sa.and_(bound, condition)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many open tickets each quick view holds; anything above `MOST_COUNTED` means 'more'."""

    open: int
    mine: int
    unassigned: int
    waiting: int
    resolved: int
    watched: int


def counts(session: Session, groups: Sequence[str], actor: Actor) -> Counts:
    """Return the counts of the quick views over these groups, each by a partial index, none beyond 1,001."""
    mine, nobodys = Ticket.technician_id == actor.person_id, Ticket.technician_id.is_(None)
    row = session.execute(
        sa.select(
            _bounded(groups, IS_OPEN),
            _bounded(groups, IS_OPEN, mine),
            _bounded(groups, IS_OPEN, nobodys),
            _bounded(groups, State.WAITING),
            _bounded(groups, State.RESOLVED),
            _watched(actor),
        )
    ).one()
    return Counts(*row)


def _bounded(groups: Sequence[str], state: str, *conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    query = sa.select(sa.literal(1)).select_from(Ticket)
    return _count(query.where(Ticket.group_code.in_(groups), *_in_state(state), *conditions))


def _watched(actor: Actor) -> sa.ScalarSelect[int]:
    query = sa.select(sa.literal(1)).join_from(Participation, Ticket, Ticket.id == Participation.ticket_id)
    return _count(query.where(Participation.person_id == actor.person_id, Participation.role == WATCHER, OPEN))


def _count(query: sa.Select[Any]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).select_from(query.limit(MOST_COUNTED + 1).subquery()).scalar_subquery()


def technicians(session: Session, groups: Sequence[str]) -> Sequence[sa.Row[int, str | None, str, str]]:
    """Return id, code and name of everybody who works in one of these groups, by code."""
    query = (
        sa.select(Person.id, Person.code, Person.given_name, Person.family_name)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.group_code.in_(groups), RoleGrant.role == Role.TECHNICIAN, Person.is_active)
        .distinct()
        .order_by(Person.code, Person.id)
    )
    return session.execute(query).all()
