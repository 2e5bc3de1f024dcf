"""Questions about rules: which look at an event, what requests are like, what stands still, what was done."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.automation import OF_ACTION, Snapshot, Technician, Trigger
from servicedesk.rules.calendar import local_day
from servicedesk.rules.catalogue import Audience, Catalogue
from servicedesk.rules.errors import NotFound
from servicedesk.rules.identity import FISCAL
from servicedesk.rules.opening_hours import OpeningHours
from servicedesk.rules.permissions import Actor, Role
from servicedesk.rules.states import Action
from servicedesk.store.desk_hours import HoursOf, hours_by_category
from servicedesk.store.models.automation import AutomationFiring, AutomationRule, Pending
from servicedesk.store.models.people import Absence, Identity, Person, RoleGrant, StudentRecord
from servicedesk.store.models.tickets import Message, Ticket, TicketEvent
from servicedesk.store.people import AUDIENCE_OF_STATUS
from servicedesk.store.visible import visible_to

CONSUMER = "rules"
FIRINGS_SHOWN = 50


def is_looked_at(session: Session, service_id: str, trigger: Trigger) -> bool:
    """Whether any rule that is on looks at this."""
    return session.scalars(_on(service_id, trigger).with_only_columns(AutomationRule.id).limit(1)).first() is not None


def rules_on(session: Session, service_id: str, trigger: Trigger) -> Sequence[AutomationRule]:
    """Return the rules that are on, in their order."""
    return session.scalars(_on(service_id, trigger).order_by(AutomationRule.position, AutomationRule.id)).all()


def _on(service_id: str, trigger: Trigger) -> sa.Select[Any]:
    return sa.select(AutomationRule).where(
        AutomationRule.service_id == service_id, AutomationRule.trigger == trigger, AutomationRule.is_on
    )


def rules_of(session: Session, service_ids: Sequence[str]) -> Sequence[AutomationRule]:
    """Return every rule of these services, by service and in their order."""
    query = sa.select(AutomationRule).where(AutomationRule.service_id.in_(service_ids))
    return session.scalars(query.order_by(AutomationRule.service_id, AutomationRule.position, AutomationRule.id)).all()


def rule_with(session: Session, rule_id: int, service_ids: Sequence[str]) -> AutomationRule:
    """Return a rule of one of these services. Raises NotFound."""
    found = session.get(AutomationRule, rule_id)
    if found is None or found.service_id not in service_ids:
        raise NotFound()
    return found


def pending_events(session: Session, limit: int) -> Sequence[tuple[int, int]]:
    """Return (id, event) of what has still to be looked at, oldest first."""
    query = sa.select(Pending.id, Pending.event_id).where(Pending.consumer == CONSUMER).order_by(Pending.id)
    return [(row.id, row.event_id) for row in session.execute(query.limit(limit))]


def has_fired(session: Session, rule_id: int, ticket_id: int, cause_seq: int) -> bool:
    """Whether the rule acted on this very event already."""
    query = sa.select(AutomationFiring.id).where(
        AutomationFiring.rule_id == rule_id,
        AutomationFiring.ticket_id == ticket_id,
        AutomationFiring.cause_seq == cause_seq,
    )
    return session.scalars(query).first() is not None


def firings(session: Session, rule_id: int) -> Sequence[Any]:
    """Return at, number, title, done and refused of the newest 50 times a rule acted."""
    query = (
        sa.select(AutomationFiring.at, AutomationFiring.done, AutomationFiring.refused, Ticket.number, Ticket.id)
        .join(Ticket, Ticket.id == AutomationFiring.ticket_id)
        .where(AutomationFiring.rule_id == rule_id)
    )
    return session.execute(query.order_by(AutomationFiring.id.desc()).limit(FIRINGS_SHOWN)).all()


def candidates(
    session: Session, service_id: str, trigger: Trigger, since: datetime, limit: int
) -> Sequence[tuple[int, datetime]]:
    """Return (ticket, when) of what a rule with this trigger would have looked at since then, newest first."""
    actions = [action.value for action, each in OF_ACTION.items() if each is trigger]
    if trigger is Trigger.OPENED or not actions:
        query = sa.select(Ticket.id, Ticket.opened_at.label("at"))
        query = query.where(Ticket.service_id == service_id, Ticket.opened_at >= since)
        found = session.execute(query.order_by(Ticket.opened_at.desc(), Ticket.id.desc()).limit(limit))
    else:
        by = sa.true() if trigger is not Trigger.REQUESTER_WROTE else TicketEvent.actor_id == Ticket.requester_id
        events = (
            sa.select(Ticket.id, sa.func.max(TicketEvent.at).label("at"))
            .join(TicketEvent, TicketEvent.ticket_id == Ticket.id)
            .where(
                Ticket.service_id == service_id,
                Ticket.opened_at >= since,
                TicketEvent.action.in_(actions),
                by,
            )
            .group_by(Ticket.id)
        )
        found = session.execute(events.order_by(sa.desc("at"), Ticket.id.desc()).limit(limit))
    return [(row.id, row.at) for row in found]


def numbers_of(session: Session, ticket_ids: Sequence[int], actor: Actor) -> Sequence[Any]:
    """Return id, number, title, group_code and state of tickets, newest first; no title where it is not to be read."""
    title = sa.case((visible_to(actor), Ticket.title), else_="").label("title")
    columns = (Ticket.id, Ticket.number, title, Ticket.group_code, Ticket.state, Ticket.opened_at)
    return session.execute(sa.select(*columns).where(Ticket.id.in_(ticket_ids)).order_by(Ticket.id.desc())).all()


def snapshots(session: Session, when: Mapping[int, datetime], tree: Catalogue) -> dict[int, Snapshot]:
    """Return what each ticket is like, by id; `when` says at which instant the hours are looked at."""
    first = sa.select(TicketEvent.id).where(TicketEvent.ticket_id == Ticket.id, TicketEvent.action == Action.SUBMIT)
    text = sa.select(Message.body_text).where(Message.event_id.in_(first)).correlate(Ticket).limit(1).scalar_subquery()
    works = sa.exists().where(RoleGrant.person_id == Ticket.requester_id)
    query = (
        sa.select(
            Ticket.id,
            Ticket.service_id,
            Ticket.category_key,
            Ticket.group_code,
            Ticket.kind,
            Ticket.origin,
            Ticket.priority,
            Ticket.urgency,
            Ticket.title,
            Ticket.answers,
            Ticket.technician_id,
            StudentRecord.status,
            works.label("works"),
            StudentRecord.degree_course,
            StudentRecord.area,
            text.label("text"),
        )
        .outerjoin(Identity, sa.and_(Identity.person_id == Ticket.requester_id, Identity.namespace == FISCAL))
        .outerjoin(StudentRecord, StudentRecord.fiscal_hash == Identity.subject)
        .where(Ticket.id.in_(list(when)))
    )
    rows = session.execute(query).all()
    absent = _absent(session, {row.technician_id for row in rows if row.technician_id is not None}, when, tree)
    hours = hours_by_category(session, tree)
    return {row.id: _snapshot(row, when[row.id], hours, absent) for row in rows}


def _snapshot(row: Any, at: datetime, hours: HoursOf, absent: frozenset[int]) -> Snapshot:
    if row.technician_id is None:
        technician = Technician.NOBODY
    else:
        technician = Technician.ABSENT if row.technician_id in absent else Technician.PRESENT
    return Snapshot(
        category=row.category_key,
        group=row.group_code,
        kind=row.kind,
        origin=row.origin,
        priority=row.priority,
        urgency=row.urgency,
        audiences=_audiences(row),
        course=row.degree_course or "",
        area=row.area or "",
        text=f"{row.title}\n{row.text or ''}",
        answers={key: str(kept.get("value", "")) for key, kept in (row.answers or {}).items()},
        is_open_hours=_is_open(hours(row.service_id, row.category_key), at),
        technician=technician,
    )


def _audiences(row: Any) -> frozenset[str]:
    own = AUDIENCE_OF_STATUS.get(row.status) if row.status else None
    found = {*([own.value] if own else []), *([Audience.STAFF.value] if row.works else [])}
    return frozenset(found or {Audience.EXTERNAL.value})


def _is_open(hours: OpeningHours, at: datetime) -> bool:
    return any(opens <= at < closes for opens, closes in hours.on(local_day(at, hours.zone)))


def _absent(session: Session, people: set[int], when: Mapping[int, datetime], tree: Catalogue) -> frozenset[int]:
    if not people:
        return frozenset()
    zone = ZoneInfo(next(iter(tree.services.values())).zone)
    today = local_day(max(when.values()), zone)
    away = sa.select(Absence.person_id).where(
        Absence.person_id.in_(people),
        Absence.first_day <= today,
        sa.or_(Absence.last_day.is_(None), Absence.last_day >= today),
    )
    shut = sa.select(Person.id).where(Person.id.in_(people), ~Person.is_active)
    return frozenset(session.scalars(away)) | frozenset(session.scalars(shut))


def staff_codes(session: Session) -> dict[str, int]:
    """Return the codes of everybody who works in a group or leads one, with their ids."""
    query = (
        sa.select(Person.code, Person.id)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(Person.is_active, Person.code.is_not(None), RoleGrant.role.in_([Role.TECHNICIAN, Role.SUPERVISOR]))
        .distinct()
    )
    return {row.code: row.id for row in session.execute(query) if row.code}
