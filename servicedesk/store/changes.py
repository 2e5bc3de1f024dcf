"""Changes as staff find them: the list, the windows of a time and what collides with them, rules, freezes, problems."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.changes import (
    COMING_PHASES,
    DEFAULTS,
    LONGEST_WINDOW,
    Ask,
    ChangeType,
    Phase,
    Plan,
    Who,
    Window,
    collide,
)
from servicedesk.rules.permissions import Actor
from servicedesk.rules.relations import LinkKind
from servicedesk.rules.states import Action
from servicedesk.store.models.changes import IS_OPEN, Change, ChangeFreeze, ChangeRule
from servicedesk.store.models.people import Person
from servicedesk.store.models.problems import Problem
from servicedesk.store.models.tickets import Message, Ticket, TicketEvent, TicketLink
from servicedesk.store.visible import visible_to

PAGE = 50
MOST_WINDOWS = 500
MOST_FREEZES = 200
MOST_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the list is to be shown; empty is everything, and without a phase what is still open."""

    phase: Phase | None = None
    change_type: ChangeType | None = None
    group: str = ""


def change_of(session: Session, ticket_id: int) -> Change | None:
    """Return what a ticket holds as a change; None for any other."""
    return session.get(Change, ticket_id)


def change_asked(session: Session, number: str, actor: Actor) -> Change | None:
    """Return the change with this number, if the person may read it; None for any other ticket."""
    query = sa.select(Change).join(Ticket, Ticket.id == Change.ticket_id)
    return session.scalars(query.where(Ticket.number == number, visible_to(actor))).first()


def plan_of(change: Change) -> Plan:
    """Return the plan of a change."""
    return Plan(
        ChangeType(change.change_type),
        change.reason,
        change.harm,
        change.likelihood,
        change.plan,
        change.back_out,
        change.verification,
        tuple(change.services),
        tuple(change.categories),
        change.starts_at,
        change.ends_at,
        change.implementer_id,
    )


_LISTED = (
    Ticket.id,
    Ticket.number,
    Ticket.title,
    Ticket.group_code,
    Ticket.service_id,
    Change.phase,
    Change.change_type,
    Change.harm,
    Change.likelihood,
    Change.services,
    Change.starts_at,
    Change.ends_at,
    Change.consent,
    Change.result,
)


def page(session: Session, actor: Actor, wanted: Wanted, before: int | None) -> Sequence[Any]:
    """Return up to 51 changes the person may read, the newest first; `before` is the id after which it goes on."""
    query = (
        sa.select(*_LISTED)
        .join(Ticket, Ticket.id == Change.ticket_id)
        .where(Change.phase == wanted.phase if wanted.phase else IS_OPEN, visible_to(actor))
        .order_by(Change.ticket_id.desc())
        .limit(PAGE + 1)
    )
    if wanted.change_type:
        query = query.where(Change.change_type == wanted.change_type)
    if wanted.group:
        query = query.where(Ticket.group_code == wanted.group)
    if before is not None:
        query = query.where(Change.ticket_id < before)
    return session.execute(query).all()


def windows(session: Session, actor: Actor, starts_at: datetime, ends_at: datetime) -> Sequence[Any]:
    """Return the changes with a window in this time that the person may read, but those called off, by beginning."""
    query = (
        sa.select(*_LISTED)
        .join(Ticket, Ticket.id == Change.ticket_id)
        .where(_within(starts_at, ends_at), Change.phase != Phase.CALLED_OFF, visible_to(actor))
        .order_by(Change.starts_at, Change.ticket_id)
        .limit(MOST_WINDOWS)
    )
    return session.execute(query).all()


def _within(starts_at: datetime, ends_at: datetime) -> sa.ColumnElement[bool]:
    # A window lasts a month at most, so that its beginning alone finds it.
    return sa.and_(
        Change.starts_at < ends_at, Change.starts_at > starts_at - LONGEST_WINDOW, Change.ends_at > starts_at
    )


def neighbours(session: Session, actor: Actor, starts_at: datetime, ends_at: datetime) -> Sequence[Any]:
    """Return all changes still to be carried out in this time, whoever has them: windows collide all the same.

    `is_readable` says whether the person may know more than group and number.
    """
    query = (
        sa.select(
            Ticket.id,
            Ticket.number,
            Ticket.title,
            Ticket.group_code,
            Change.services,
            Change.starts_at,
            Change.ends_at,
            visible_to(actor).label("is_readable"),
        )
        .join(Ticket, Ticket.id == Change.ticket_id)
        .where(_within(starts_at, ends_at), Change.phase.in_(COMING_PHASES))
        .order_by(Change.starts_at, Change.ticket_id)
        .limit(MOST_WINDOWS)
    )
    return session.execute(query).all()


def window_of(row: Any) -> Window:
    """Return the window of a row that has one, or of a freeze."""
    services = row.services if hasattr(row, "services") else filter(None, [row.service_id])
    return Window(row.starts_at, row.ends_at, frozenset(services))


def freezes(session: Session, starts_at: datetime, ends_at: datetime | None = None) -> Sequence[ChangeFreeze]:
    """Return the freezes that last beyond an instant and, where an end is given, begin before it, in order."""
    query = sa.select(ChangeFreeze).where(ChangeFreeze.ends_at > starts_at)
    if ends_at is not None:
        query = query.where(ChangeFreeze.starts_at < ends_at)
    return session.scalars(query.order_by(ChangeFreeze.starts_at, ChangeFreeze.id).limit(MOST_FREEZES)).all()


def freezes_on(session: Session, window: Window) -> list[ChangeFreeze]:
    """Return the freezes that a window touches."""
    found = freezes(session, window.starts_at, window.ends_at)
    return [each for each in found if collide(window, window_of(each))]


def rules(session: Session) -> dict[tuple[str, str], Ask]:
    """Return the rules of administration, by service (empty for all) and type."""
    query = sa.select(ChangeRule).order_by(ChangeRule.service_id, ChangeRule.change_type)
    return {(row.service_id, row.change_type): _ask(row) for row in session.scalars(query)}


def rule_for(session: Session, service_id: str, change_type: ChangeType) -> Ask:
    """Return who has to agree: the service's own rule, that of all services, or the usual."""
    query = sa.select(ChangeRule).where(
        ChangeRule.service_id.in_((service_id, "")), ChangeRule.change_type == change_type
    )
    row = session.scalars(query.order_by(ChangeRule.service_id.desc()).limit(1)).first()
    return _ask(row) if row else DEFAULTS[change_type]


def _ask(row: ChangeRule) -> Ask:
    return Ask(Who(row.who), row.need_all, row.board, row.days)


def problems_fixed(session: Session, change_id: int, actor: Actor) -> Sequence[Any]:
    """Return the problems that a change is to fix and the person may read, oldest first: number, title, state."""
    query = (
        sa.select(Ticket.id, Ticket.number, Ticket.title, Ticket.state, Ticket.group_code)
        .join(TicketLink, TicketLink.other_id == Ticket.id)
        .where(TicketLink.ticket_id == change_id, TicketLink.kind == LinkKind.FIXES, visible_to(actor))
        .order_by(Ticket.id)
        .limit(MOST_PROBLEMS)
    )
    return session.execute(query).all()


def fixing(session: Session, problem_id: int, actor: Actor) -> Sequence[Any]:
    """Return the changes that are to fix a problem and that the person may read, the newest first."""
    query = (
        sa.select(Ticket.number, Ticket.title, Change.phase, Change.result)
        .join(Change, Change.ticket_id == Ticket.id)
        .join(TicketLink, TicketLink.ticket_id == Ticket.id)
        .where(TicketLink.other_id == problem_id, TicketLink.kind == LinkKind.FIXES, visible_to(actor))
        .order_by(Ticket.id.desc())
        .limit(MOST_PROBLEMS)
    )
    return session.execute(query).all()


def last_note(session: Session, ticket_id: int, action: Action) -> str:
    """Return the text that somebody last wrote with an action on a ticket; empty where nobody did."""
    query = (
        sa.select(Message.body_text)
        .join(TicketEvent, TicketEvent.id == Message.event_id)
        .where(TicketEvent.ticket_id == ticket_id, TicketEvent.action == action)
        .order_by(TicketEvent.seq.desc())
        .limit(1)
    )
    return session.scalars(query).first() or ""


def person_name(session: Session, person_id: int) -> Any:
    """Return code and names of a person."""
    query = sa.select(Person.code, Person.given_name, Person.family_name).where(Person.id == person_id)
    return session.execute(query).first()


def problems_named(session: Session, numbers: Collection[str], actor: Actor) -> Sequence[Any]:
    """Return the problems of these numbers that the person may read, with what is known of them."""
    query = (
        sa.select(Ticket.id, Ticket.number, Ticket.title, Ticket.category_key, Ticket.service_id, Problem.root_cause)
        .join(Problem, Problem.ticket_id == Ticket.id)
        .where(Ticket.number.in_(list(numbers)[:MOST_PROBLEMS]), visible_to(actor))
        .order_by(Ticket.id)
    )
    return session.execute(query).all()
