"""Questions about lines: hand-overs, matters to settle, habits, supervisors, loads, and who is there when."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from servicedesk.rules.lifecycle import State
from servicedesk.rules.lines import ASKS_FROM, Matter
from servicedesk.rules.permissions import Actor, Role
from servicedesk.rules.routing import Member
from servicedesk.store.models.approvals import IS_PENDING, Approval
from servicedesk.store.models.lines import GroupHabits, TicketMatter
from servicedesk.store.models.people import Absence, Person, RoleGrant
from servicedesk.store.models.tickets import OPEN, Message, Ticket, TicketEvent

MOST_COUNTED = 1000
LISTED = 200
"""Rows of each part of the page of matters."""
RECENT = 300
"""Open tickets of a category among which the usual next group is looked for."""


def hand_overs(session: Session, ticket_id: int) -> list[tuple[str, str]]:
    """Return from which group to which a ticket was handed over, oldest first; its first routing is none."""
    query = (
        sa.select(TicketEvent.changes)
        .where(TicketEvent.ticket_id == ticket_id, TicketEvent.before.is_not(None), TicketEvent.action != "route")
        .order_by(TicketEvent.seq)
    )
    moved = (tuple(changes["group"]) for changes in session.scalars(query) if changes.get("group"))
    return [(origin, to) for origin, to in moved if origin != to]


@dataclass(frozen=True, slots=True)
class Habits:
    """What a group does when it hands over."""

    asks_from: int = ASKS_FROM
    reasons: Sequence[str] = ()


def habits_of(session: Session, group_code: str) -> Habits:
    """Return what the group's supervisors set, or the usual."""
    query = sa.select(GroupHabits.asks_from, GroupHabits.reasons).where(GroupHabits.group_code == group_code)
    row = session.execute(query).first()
    return Habits(row.asks_from, tuple(row.reasons)) if row else Habits()


def supervisors_of(session: Session, groups: Collection[str]) -> tuple[int, ...]:
    """Return the active supervisors of these groups."""
    query = (
        sa.select(Person.id)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.group_code.in_(sorted(groups)), RoleGrant.role == Role.SUPERVISOR, Person.is_active)
        .distinct()
        .order_by(Person.id)
    )
    return tuple(session.scalars(query))


def matters_of(session: Session, ticket_id: int) -> Sequence[Any]:
    """Return what is to be settled on a ticket, oldest first, with whom it is asked of, by whom, and their words."""
    asker, colleague = aliased(Person), aliased(Person)
    query = (
        sa.select(
            *TicketMatter.__table__.columns,
            asker.code.label("asker_code"),
            asker.given_name.label("asker_given_name"),
            asker.family_name.label("asker_family_name"),
            colleague.code,
            colleague.given_name,
            colleague.family_name,
            Message.body_html,
            *_why(),
        )
        .outerjoin(asker, asker.id == TicketMatter.asked_by)
        .outerjoin(colleague, colleague.id == TicketMatter.person_id)
        .outerjoin(Message, Message.event_id == TicketMatter.event_id)
        .where(TicketMatter.ticket_id == ticket_id)
        .order_by(TicketMatter.id)
    )
    return session.execute(query).all()


def matter_rows(session: Session, kind: Matter, actor: Actor) -> Sequence[Any]:
    """Return the open tickets that wait for this person's decision, acknowledgement or advice, oldest first."""
    asker, technician = aliased(Person), aliased(Person)
    query = (
        sa.select(
            TicketMatter.group_code.label("to_group"),
            TicketMatter.asked_at,
            TicketMatter.answered_at,
            Message.body_text.label("reason"),
            *_why(),
            *(Ticket.__table__.columns[name] for name in _SHOWN),
            asker.code.label("asker_code"),
            asker.given_name.label("asker_given_name"),
            asker.family_name.label("asker_family_name"),
            technician.code.label("technician_code"),
            technician.given_name.label("technician_given_name"),
            technician.family_name.label("technician_family_name"),
        )
        .join(Ticket, Ticket.id == TicketMatter.ticket_id)
        .outerjoin(asker, asker.id == TicketMatter.asked_by)
        .outerjoin(technician, technician.id == Ticket.technician_id)
        .outerjoin(Message, Message.event_id == TicketMatter.event_id)
        .where(_mine(kind, actor))
        .order_by(TicketMatter.id)
        .limit(LISTED)
    )
    return session.execute(query).all()


def _why() -> list[Any]:
    """What made the desk itself ask, of a matter: the action that led to it, and since when an approval is awaited."""
    asking, cause = aliased(TicketEvent), aliased(TicketEvent)
    action = sa.select(cause.action).join(asking, asking.cause_event == cause.id)
    awaited = sa.select(sa.func.min(Approval.asked_at)).where(Approval.ticket_id == TicketMatter.ticket_id, IS_PENDING)
    return [
        action.where(asking.id == TicketMatter.event_id).correlate(TicketMatter).scalar_subquery().label("cause"),
        awaited.correlate(TicketMatter).scalar_subquery().label("awaited_since"),
    ]


_SHOWN = ("number", "title", "group_code", "state", "priority")


def _mine(kind: Matter, actor: Actor) -> sa.ColumnElement[bool]:
    leads, works = sorted(actor.supervises), sorted(actor.groups | actor.supervises)
    wanted = {
        Matter.HAND_OVER: sa.or_(_is_in(leads), TicketMatter.group_code.in_(leads)),
        Matter.ESCALATION: _is_in(leads),
        Matter.ADVICE: sa.and_(
            sa.or_(TicketMatter.group_code.in_(works), TicketMatter.person_id == actor.person_id),
            TicketMatter.answered_at.is_(None),
        ),
    }
    return sa.and_(TicketMatter.kind == kind, wanted[kind])


def _is_in(groups: Sequence[str]) -> sa.Exists:
    # Asked for each matter, of which there are few: a join might begin with the tickets, of which there are many.
    subject = aliased(Ticket)
    return sa.exists().where(subject.id == TicketMatter.ticket_id, subject.group_code.in_(groups))


def matter_counts(session: Session, actor: Actor) -> dict[Matter, int]:
    """Return how much waits for this person, by kind; none beyond 1,001."""
    columns = [
        _bounded(sa.select(sa.literal(1)).select_from(TicketMatter).where(_mine(kind, actor))) for kind in Matter
    ]
    return dict(zip(Matter, session.execute(sa.select(*columns)).one(), strict=True))


def _bounded(query: sa.Select[Any]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).select_from(query.limit(MOST_COUNTED + 1).subquery()).scalar_subquery()


def group_loads(session: Session, groups: Iterable[str]) -> dict[str, int]:
    """Return how many open tickets each group has, none counted beyond 1,001."""
    codes = list(groups)
    if not codes:
        return {}
    counts = [
        _bounded(sa.select(sa.literal(1)).select_from(Ticket).where(Ticket.group_code == code, OPEN)) for code in codes
    ]
    return dict(zip(codes, session.execute(sa.select(*counts)).one(), strict=True))


@dataclass(frozen=True, slots=True)
class Load:
    """What is on somebody's desk."""

    open: int = 0
    waiting: int = 0
    due: int = 0
    """Due before the end of the day."""


def loads_of(session: Session, people: Collection[int], end_of_day: datetime) -> Mapping[int, Load]:
    """Return the open tickets of these technicians: all, those that wait, those due before `end_of_day`."""
    waits = sa.func.count().filter(Ticket.state == State.WAITING)
    due = sa.func.count().filter(Ticket.due_at < end_of_day)
    query = (
        sa.select(Ticket.technician_id, sa.func.count().label("open"), waits.label("waiting"), due.label("due"))
        .where(Ticket.technician_id.in_(sorted(people)), OPEN)
        .group_by(Ticket.technician_id)
    )
    return {row.technician_id: Load(row.open, row.waiting, row.due) for row in session.execute(query)}


def usual_groups(session: Session, category_key: str) -> dict[str, int]:
    """Return in which groups the open tickets of a category are, of some hundred of them."""
    some = sa.select(Ticket.group_code).where(Ticket.category_key == category_key, OPEN).limit(RECENT).subquery()
    query = sa.select(some.c.group_code, sa.func.count()).group_by(some.c.group_code)
    return {code: count for code, count in session.execute(query)}


def members_by_group(session: Session, groups: Collection[str]) -> dict[str, list[Member]]:
    """Return the active technicians of each of these groups with their absences."""
    rows = session.execute(
        sa.select(RoleGrant.group_code, Person.id, Person.code, RoleGrant.areas)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.group_code.in_(sorted(groups)), RoleGrant.role == Role.TECHNICIAN, Person.is_active)
        .order_by(RoleGrant.group_code, Person.id)
    ).all()
    away: dict[int, list[tuple[date, date | None]]] = {}
    absences = sa.select(Absence.person_id, Absence.first_day, Absence.last_day)
    for person_id, first, last in session.execute(absences.where(Absence.person_id.in_({row.id for row in rows}))):
        away.setdefault(person_id, []).append((first, last))
    found: dict[str, list[Member]] = {code: [] for code in groups}
    for row in rows:
        areas, absent = frozenset(row.areas or ()), tuple(away.get(row.id, ()))
        found[row.group_code].append(Member(row.id, row.code or str(row.id), areas, absent))
    return found
