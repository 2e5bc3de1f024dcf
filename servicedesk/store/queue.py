"""The technicians' queue: one page of tickets by filters, order and place, and bounded counts of views."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from servicedesk.rules.changes import CHANGE, ChangeType
from servicedesk.rules.lifecycle import OPEN_STATES, State
from servicedesk.rules.permissions import Actor, Role
from servicedesk.store.models.approvals import IS_PENDING, ApprovalRound
from servicedesk.store.models.changes import Change
from servicedesk.store.models.people import Person, RoleGrant
from servicedesk.store.models.tickets import ENDED, OPEN, Participation, Ticket, TicketEvent
from servicedesk.store.models.work import TicketSeen
from servicedesk.store.visible import WATCHER, visible_to

PAGE = 50
MOST_COUNTED = 1000
IS_OPEN, ANY, TO_DO = "open", "any", "todo"
"""Values of the state filter beside the states themselves; what is to do waits for nobody and for no approval."""
WORKED_ON = (State.ASSIGNED_GROUP, State.ASSIGNED_TECHNICIAN, State.IN_PROGRESS)
AWAITS_APPROVAL = sa.exists().where(ApprovalRound.ticket_id == Ticket.id, IS_PENDING)
"""Whether a ticket is to be approved. Only of emergencies is the work not held up by that."""
_IS_EMERGENCY = sa.exists().where(
    Change.ticket_id == Ticket.id, Ticket.kind == CHANGE, Change.change_type == ChangeType.EMERGENCY
)
IS_FREE = sa.or_(~AWAITS_APPROVAL, _IS_EMERGENCY)
"""Whether no approval holds the work up."""
NOBODY = "nobody"

Key = tuple[int | datetime, ...]
Order = tuple[tuple[InstrumentedAttribute[Any], bool], ...]
SORTS: Mapping[str, Order] = {
    "priority": ((Ticket.priority, True), (Ticket.opened_at, False), (Ticket.id, False)),
    "due": ((Ticket.due_at, False), (Ticket.id, False)),
    "unanswered": ((Ticket.unanswered_since, False), (Ticket.id, False)),
    "opened": ((Ticket.opened_at, False), (Ticket.id, False)),
    "-opened": ((Ticket.opened_at, True), (Ticket.id, True)),
    "changed": ((Ticket.changed_at, False), (Ticket.id, False)),
    "-changed": ((Ticket.changed_at, True), (Ticket.id, True)),
}
"""Each order as (column, is descending)."""
SORTS_OF_ENDED = ("-changed", "changed")
"""Where ended tickets are among the wanted ones: they are many, and only these orders have an index over them."""
ONLY_WITH: Mapping[str, InstrumentedAttribute[Any]] = {"due": Ticket.due_at, "unanswered": Ticket.unanswered_since}
"""Orders by something that not every ticket has: they show those that have it."""
_ENDED_STATES = frozenset(State) - OPEN_STATES


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: after the row with this key, or before it."""

    key: Key
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a technician wants to see; a ticket fits when it has one of the values of each filter, () leaves one out."""

    groups: tuple[str, ...]
    states: tuple[str, ...] = ()
    """States, `IS_OPEN`, `TO_DO` or `ANY`; () means open."""
    technicians: tuple[int | str, ...] = ()
    """Ids of persons, or `NOBODY`."""
    priorities: tuple[int, ...] = ()
    categories: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    waiting_for: tuple[str, ...] = ()
    opened_from: datetime | None = None
    opened_before: datetime | None = None
    changed_after: datetime | None = None
    is_unanswered: bool = False
    """Only where the requester wrote last."""
    awaits_approval: bool = False
    """Only what is to be approved."""
    is_unread: bool = False
    """Only what concerns the person and where others did something since they last opened it."""
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


def sorts_for(states: Collection[str], has_words: bool) -> tuple[str, ...]:
    """Return the orders that can be had for this state filter; the first is the usual one."""
    return tuple(SORTS) if has_words or are_open(states) else SORTS_OF_ENDED


def are_open(states: Collection[str]) -> bool:
    """Whether a state filter lets only open tickets through, which are few and have indexes of their own."""
    return all(state in (IS_OPEN, TO_DO) or state in OPEN_STATES for state in states)


def page(session: Session, wanted: Wanted, actor: Actor, limit: int = PAGE) -> Page:
    """Return up to 50 tickets of the wanted groups that the person may read, in the wanted order."""
    place = wanted.place
    found = list(session.execute(_rows(wanted, actor, limit)))
    has_more = len(found) > limit
    rows = found[:limit]
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


def _rows(wanted: Wanted, actor: Actor, limit: int) -> sa.Select[Any]:
    requester, technician = aliased(Person), aliased(Person)
    picked = _picked(wanted, actor, limit)
    return (
        sa.select(
            *Ticket.__table__.columns,
            requester.given_name.label("requester_given_name"),
            requester.family_name.label("requester_family_name"),
            technician.code.label("technician_code"),
            technician.given_name.label("technician_given_name"),
            technician.family_name.label("technician_family_name"),
            _is_unread(actor).label("is_unread"),
            AWAITS_APPROVAL.label("awaits_approval"),
        )
        .select_from(picked)
        .join(Ticket, Ticket.id == picked.c.id)
        .join(requester, requester.id == Ticket.requester_id)
        .outerjoin(technician, technician.id == Ticket.technician_id)
        .order_by(*_ordering(wanted, picked.c))
    )


def _picked(wanted: Wanted, actor: Actor, limit: int) -> sa.Subquery:
    # One short walk along an index per group: a single query over all groups would read and sort every ticket in them.
    keys = [column for column, _is_descending in SORTS[wanted.sort]]
    branches = [
        sa.select(*keys)
        .where(ground, *_conditions(wanted, actor), visible_to(actor))
        .order_by(*_ordering(wanted, Ticket.__table__.columns))
        .limit(limit + 1)
        .subquery()
        for ground in _grounds(wanted, actor)
    ]
    merged = sa.union_all(*(sa.select(branch) for branch in branches)).subquery()
    return sa.select(merged).order_by(*_ordering(wanted, merged.c)).limit(limit + 1).subquery()


def _grounds(wanted: Wanted, actor: Actor) -> list[sa.ColumnElement[bool]]:
    if wanted.is_watched:
        return [Ticket.id.in_(_watched(actor))]
    return [Ticket.group_code == group for group in wanted.groups] or [sa.false()]


def _conditions(wanted: Wanted, actor: Actor) -> list[sa.ColumnElement[bool]]:
    found = list(_in_states(wanted.states))
    found += [column.in_(values) for column, values in _listed(wanted) if values]
    if wanted.technicians:
        found.append(_with_technician(wanted.technicians))
    if wanted.opened_from is not None:
        found.append(Ticket.opened_at >= wanted.opened_from)
    if wanted.opened_before is not None:
        found.append(Ticket.opened_at < wanted.opened_before)
    if wanted.changed_after is not None:
        found.append(Ticket.changed_at > wanted.changed_after)
    if wanted.is_unanswered:
        found.append(Ticket.unanswered_since.is_not(None))
    if wanted.awaits_approval:
        found.append(AWAITS_APPROVAL)
    if wanted.is_unread:
        found.append(_is_unread(actor))
    if wanted.ids is not None:
        found.append(Ticket.id.in_(wanted.ids))
    if wanted.sort in ONLY_WITH:
        found.append(ONLY_WITH[wanted.sort].is_not(None))
    if wanted.place is not None:
        found.append(_beyond(wanted.place, SORTS[wanted.sort]))
    return found


def _is_unread(actor: Actor) -> sa.ColumnElement[bool]:
    """Whether others did something, since the person last saw it, on an open ticket of theirs, of nobody or watched."""
    mine = sa.or_(
        Ticket.technician_id == actor.person_id,
        sa.and_(Ticket.technician_id.is_(None), Ticket.group_code.in_(sorted(actor.groups))),
        Ticket.id.in_(_watched(actor)),
    )
    seen = sa.select(TicketSeen.seq).where(TicketSeen.ticket_id == Ticket.id, TicketSeen.person_id == actor.person_id)
    known = sa.func.coalesce(seen.correlate(Ticket).scalar_subquery(), 0)
    by_others = sa.or_(TicketEvent.actor_id.is_(None), TicketEvent.actor_id != actor.person_id)
    news = sa.select(TicketEvent.seq).where(TicketEvent.ticket_id == Ticket.id, TicketEvent.seq > known, by_others)
    # One step along an index per ticket: as EXISTS it may become a join that reads the events of all tickets.
    is_news = news.correlate(Ticket).limit(1).scalar_subquery().is_not(None)
    return sa.and_(Ticket.closed_at.is_(None), mine, Ticket.last_seq > known, is_news)


def _watched(actor: Actor) -> sa.Select[int]:
    return sa.select(Participation.ticket_id).where(
        Participation.person_id == actor.person_id, Participation.role == WATCHER
    )


def _listed(wanted: Wanted) -> Sequence[tuple[InstrumentedAttribute[Any], Sequence[Any]]]:
    return (
        (Ticket.priority, wanted.priorities),
        (Ticket.category_key, wanted.categories),
        (Ticket.kind, wanted.kinds),
        (Ticket.origin, wanted.origins),
        (Ticket.service_id, wanted.services),
        (Ticket.waiting_for, wanted.waiting_for),
    )


def _with_technician(wanted: Collection[int | str]) -> sa.ColumnElement[bool]:
    persons = [each for each in wanted if each != NOBODY]
    grounds = [Ticket.technician_id.in_(persons)] if persons else []
    if NOBODY in wanted:
        grounds.append(Ticket.technician_id.is_(None))
    return sa.or_(*grounds)


def _in_states(states: Collection[str]) -> list[Any]:
    if ANY in states:
        return []
    if not states or IS_OPEN in states:
        ended = [State(each) for each in states if each in _ENDED_STATES]
        return [sa.or_(OPEN, _one_of(ended))] if ended else [OPEN]
    if TO_DO in states:
        return _to_do([State(each) for each in states if each != TO_DO])
    chosen = [State(state) for state in states]
    if all(state in OPEN_STATES for state in chosen):
        return [OPEN, _one_of(chosen)]
    return [_one_of(chosen)] if any(state in OPEN_STATES for state in chosen) else [ENDED, _one_of(chosen)]


def _to_do(besides: Collection[State]) -> list[Any]:
    to_do = sa.and_(_one_of(WORKED_ON), IS_FREE)
    found = sa.or_(to_do, _one_of(besides)) if besides else to_do
    return [OPEN, found] if all(state in OPEN_STATES for state in besides) else [found]


def _one_of(states: Collection[State]) -> sa.TextClause:
    return sa.text("ticket.state IN (" + ", ".join(f"'{state.value}'" for state in states) + ")")


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


def selected(session: Session, numbers: Collection[str], actor: Actor) -> Sequence[sa.Row[Any]]:
    """Return the rows of these tickets, as far as the person may read them."""
    requester = aliased(Person)
    query: sa.Select[Any] = (
        sa.select(
            *Ticket.__table__.columns,
            requester.given_name.label("requester_given_name"),
            requester.family_name.label("requester_family_name"),
        )
        .join_from(Ticket, requester, requester.id == Ticket.requester_id)
        .where(Ticket.number.in_(numbers), visible_to(actor))
    )
    return session.execute(query).all()


def neighbours(session: Session, wanted: Wanted, ticket_id: int, actor: Actor) -> tuple[str | None, str | None]:
    """Return the numbers of the tickets before and after this one in a list; it need not be in the list any more."""
    columns = [column for column, _is_descending in SORTS[wanted.sort]]
    key = session.execute(sa.select(*columns).where(Ticket.id == ticket_id)).one()
    if None in key:
        return None, _first(page(session, replace(wanted, place=None), actor, 1))
    before, after = (replace(wanted, place=Place(tuple(key), backwards)) for backwards in (True, False))
    return _first(page(session, before, actor, 1)), _first(page(session, after, actor, 1))


def _first(found: Page) -> str | None:
    return found.rows[0].number if found.rows else None


def counts(session: Session, views: Sequence[Wanted], actor: Actor) -> list[int]:
    """Return how many tickets each view holds, in one statement; none is counted beyond 1,001."""
    if not views:
        return []
    return list(session.execute(sa.select(*(_count(view, actor) for view in views))).one())


def _count(wanted: Wanted, actor: Actor) -> sa.ScalarSelect[int]:
    ground = _grounds(wanted, actor)[0] if wanted.is_watched else Ticket.group_code.in_(wanted.groups)
    query = (
        sa.select(sa.literal(1)).select_from(Ticket).where(ground, *_conditions(wanted, actor)).limit(MOST_COUNTED + 1)
    )
    return sa.select(sa.func.count()).select_from(query.subquery()).scalar_subquery()


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
