"""Requesters' lists in keyset pages with bounded counts: own, followed, public, starred; what may be carried on."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.changes import STAFF_KINDS
from servicedesk.rules.lifecycle import OPEN_STATES, State, WaitingFor
from servicedesk.rules.permissions import Actor
from servicedesk.store import catalogue
from servicedesk.store.models.tickets import Participation, Ticket
from servicedesk.store.sharing import services_of
from servicedesk.store.stars import starred_by
from servicedesk.store.visible import APPROVER, public_to, visible_to

Columns = sa.Select[int, str, str, str, str | None, str, datetime, datetime | None, bool]
COUNTED = 1000
_OPEN = sorted(OPEN_STATES)
_ENDED = sorted(frozenset(State) - OPEN_STATES)
_ASKED = sa.or_(
    Ticket.state == State.RESOLVED,
    sa.and_(Ticket.state == State.WAITING, Ticket.waiting_for == WaitingFor.REQUESTER),
)


class Shelf(StrEnum):
    """One list of a requester's: what they asked, what they follow, what others made public, what they starred."""

    OPEN = "open"
    CLOSED = "closed"
    FOLLOWED = "followed"
    PUBLIC = "public"
    STARRED = "starred"


@dataclass(frozen=True, slots=True)
class OwnTicket:
    """A row of a requester's list."""

    id: int
    number: str
    title: str
    state: str
    waiting_for: str | None
    category_key: str
    changed_at: datetime
    expires_at: datetime | None
    is_own: bool
    """Whether the reader is the one who asked."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the list begins or ends: after the newest (`changed_at`, `id`) already shown, or before it."""

    changed_at: datetime
    id: int
    is_upward: bool = False
    """Whether the page wanted lies above, with the newer ones."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, the newest first, and whether there are newer and older ones."""

    rows: Sequence[OwnTicket]
    has_newer: bool
    has_older: bool


@dataclass(frozen=True, slots=True)
class Predecessor:
    """An ended ticket that its requester carries on with a new one."""

    id: int
    number: str
    title: str
    category_key: str


def tickets_on(
    session: Session, actor: Actor, shelf: Shelf, among: Collection[int] | None, place: Place | None, limit: int
) -> Page:
    """Return a page of one of the person's lists, the last changed first; `among` are the ids a search has found."""
    query = _columns(actor).where(*_on(session, shelf, actor, among))
    is_upward = place is not None and place.is_upward
    if place is not None:
        here = sa.tuple_(Ticket.changed_at, Ticket.id)
        there = sa.tuple_(sa.literal(place.changed_at, Ticket.changed_at.type), sa.literal(place.id))
        query = query.where(here > there if is_upward else here < there)
    order = (Ticket.changed_at.asc(), Ticket.id.asc()) if is_upward else (Ticket.changed_at.desc(), Ticket.id.desc())
    found = _rows(session, query.order_by(*order).limit(limit + 1))
    is_more, rows = len(found) > limit, found[:limit]
    if is_upward:
        return Page(rows[::-1], has_newer=is_more, has_older=True)
    return Page(rows, has_newer=place is not None, has_older=is_more)


def count_on(session: Session, actor: Actor, shelf: Shelf, among: Collection[int] | None) -> int:
    """Return how many tickets a list holds; `COUNTED` + 1 stands for more than `COUNTED`."""
    some = sa.select(sa.literal(1)).select_from(Ticket).where(*_on(session, shelf, actor, among)).limit(COUNTED + 1)
    return session.execute(sa.select(sa.func.count()).select_from(some.subquery())).scalar_one()


def listed(actor: Actor) -> sa.ColumnElement[bool]:
    """Return the SQL condition on `Ticket` that it is on one of the person's lists; what is public to them aside."""
    mine = sa.or_(Ticket.requester_id == actor.person_id, starred_by(actor), _taking_part(actor))
    return sa.and_(visible_to(actor), mine)


def published(session: Session, actor: Actor) -> sa.ColumnElement[bool]:
    """Return the SQL condition on `Ticket` that another made it public and this person may read it in short."""
    services = services_of(catalogue.current(session), actor)
    return sa.and_(public_to(actor, services), Ticket.requester_id != actor.person_id)


def asked_first(session: Session, actor: Actor, limit: int) -> Sequence[OwnTicket]:
    """Return the person's open tickets, those that wait for the person first, then the last changed."""
    query = _columns(actor).where(*_on(session, Shelf.OPEN, actor, None))
    return _rows(session, query.order_by(sa.case((_ASKED, 0), else_=1), Ticket.changed_at.desc()).limit(limit))


def predecessor(session: Session, number: str, actor: Actor) -> Predecessor | None:
    """Return the person's own ended ticket of this number, None when it is not theirs or still open."""
    query = sa.select(Ticket.id, Ticket.number, Ticket.title, Ticket.category_key)
    row = session.execute(query.where(*_on(session, Shelf.CLOSED, actor, None), Ticket.number == number)).first()
    return Predecessor(*row) if row else None


def _columns(actor: Actor) -> Columns:
    return sa.select(
        Ticket.id,
        Ticket.number,
        Ticket.title,
        Ticket.state,
        Ticket.waiting_for,
        Ticket.category_key,
        Ticket.changed_at,
        Ticket.expires_at,
        (Ticket.requester_id == actor.person_id).label("is_own"),
    )


def _on(session: Session, shelf: Shelf, actor: Actor, among: Collection[int] | None) -> list[sa.ColumnElement[bool]]:
    conditions = SHELVES[shelf](session, actor)
    return conditions if among is None else [*conditions, Ticket.id.in_(among)]


def _own(actor: Actor, states: Collection[str]) -> list[sa.ColumnElement[bool]]:
    own = Ticket.requester_id == actor.person_id
    return [visible_to(actor), own, Ticket.state.in_(states), Ticket.kind.not_in(STAFF_KINDS)]


def _taking_part(actor: Actor) -> sa.ColumnElement[bool]:
    # What somebody was asked to approve has a list of its own.
    mine = sa.and_(Participation.person_id == actor.person_id, Participation.role != APPROVER)
    return Ticket.id.in_(sa.select(Participation.ticket_id).where(mine))


SHELVES: Mapping[Shelf, Callable[[Session, Actor], list[sa.ColumnElement[bool]]]] = {
    Shelf.OPEN: lambda _session, actor: _own(actor, _OPEN),
    Shelf.CLOSED: lambda _session, actor: _own(actor, _ENDED),
    Shelf.FOLLOWED: lambda _session, actor: [visible_to(actor), _taking_part(actor)],
    Shelf.PUBLIC: lambda session, actor: [published(session, actor)],
    Shelf.STARRED: lambda _session, actor: [visible_to(actor), starred_by(actor)],
}


def _rows(session: Session, query: Columns) -> list[OwnTicket]:
    return [OwnTicket(*row) for row in session.execute(query)]
