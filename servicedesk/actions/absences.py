"""Absences: entered, changed and taken back by whom they concern, and what happens when one begins."""

import logging
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.audit import record
from servicedesk.actions.details import Details
from servicedesk.actions.letters import write_letter
from servicedesk.actions.tickets import act
from servicedesk.rules.absences import INCOMPLETE, Entry, Handling, check_entry
from servicedesk.rules.calendar import local_day
from servicedesk.rules.errors import DeskError, Invalid, NotFound
from servicedesk.rules.lifecycle import TRANSITIONS, Action
from servicedesk.rules.permissions import SYSTEM, Actor
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store import absences as store
from servicedesk.store import people
from servicedesk.store.models.people import Absence, Person
from servicedesk.store.models.tickets import Ticket

log = logging.getLogger(__name__)


def enter(session: Session, entry: Entry, actor: Actor, today: date, now: datetime) -> Absence:
    """Note an absence. Raises NotFound where it is not the actor's to enter, Invalid for what is missing or wrong."""
    if not entry.person_id:
        raise Invalid(INCOMPLETE, {"person": Sentence(N_("Choose who is away."))})
    if not store.may_enter(session, actor, entry.person_id):
        raise NotFound()
    first, last = _checked(session, entry, today, None)
    made = Absence(
        person_id=entry.person_id,
        first_day=first,
        last_day=last,
        substitute_id=entry.substitute_id,
        note=entry.note,
        handling=entry.handling,
    )
    session.add(made)
    _record(session, actor, "absence.set", made, now)
    session.flush()
    return made


def change(session: Session, absence_id: int, entry: Entry, actor: Actor, today: date, now: datetime) -> None:
    """Change an absence; one that begins later than it did begins anew. Raises NotFound, Invalid."""
    found = store.managed(session, actor, absence_id)
    first, last = _checked(session, entry, today, absence_id)
    if first > today:
        found.begun_at = None
    found.first_day, found.last_day, found.note = first, last, entry.note
    found.substitute_id, found.handling = entry.substitute_id, entry.handling
    _record(session, actor, "absence.set", found, now)
    session.flush()


def remove(session: Session, absence_id: int, actor: Actor, now: datetime) -> None:
    """Take an absence away. Raises NotFound for one that is not the actor's to change."""
    found = store.managed(session, actor, absence_id)
    _record(session, actor, "absence.remove", found, now)
    session.delete(found)
    session.flush()


def _record(session: Session, actor: Actor, action: str, absence: Absence, now: datetime) -> None:
    days = {"first_day": absence.first_day.isoformat(), "last_day": absence.last_day.isoformat()}
    record(session, f"person:{actor.person_id}", action, f"person:{absence.person_id}", now, after=days)


def _checked(session: Session, entry: Entry, today: date, absence_id: int | None) -> tuple[date, date]:
    away = store.days_of(session, entry.substitute_id) if entry.substitute_id is not None else []
    days = check_entry(entry, today, store.days_of(session, entry.person_id, absence_id), away)
    if entry.substitute_id is not None:
        shared = store.groups_of(session, entry.person_id) & store.groups_of(session, entry.substitute_id)
        if not shared:
            sentence = Sentence(N_("Whoever stands in works in one of the same groups. Choose one of those offered."))
            raise Invalid(INCOMPLETE, {"substitute": sentence})
    return days


def begin_due(session: Session, now: datetime, limit: int, failed: set[int], zone: ZoneInfo) -> int:
    """Do what begins with up to `limit` absences, and return how many: tickets handed on, the substitute told.

    One that raises is logged, added to `failed`, and holds up no other.
    """
    today = local_day(now, zone)
    found = store.beginning(session, today, limit, failed)
    for absence in found:
        try:
            with session.begin_nested():
                _begin(session, absence, today, now)
        except (DeskError, sa.exc.IntegrityError):
            log.exception("absence %s could not begin", absence.id)
            failed.add(absence.id)
    return len(found)


def _begin(session: Session, absence: Absence, today: date, now: datetime) -> None:
    absence.begun_at = now
    if absence.handling in store.HANDED:
        for ticket in store.open_tickets(session, absence.person_id):
            _hand_on(session, ticket, absence, today, now)
    if absence.substitute_id is not None:
        _tell(session, absence, now)


def _hand_on(session: Session, ticket: Ticket, absence: Absence, today: date, now: datetime) -> None:
    """Give a ticket to the substitute or back to its group; one that waits or is solved stays as it is."""
    action = Action.RELEASE if absence.handling == Handling.BACK else Action.ASSIGN_TECHNICIAN
    if ticket.state not in TRANSITIONS[action].sources:
        return
    if action is Action.ASSIGN_TECHNICIAN and not _can_take(session, ticket, absence, today):
        return
    act(session, ticket, action, SYSTEM, now, Details(technician_id=absence.substitute_id))


def _can_take(session: Session, ticket: Ticket, absence: Absence, today: date) -> bool:
    members = people.members_of(session, ticket.group_code)
    return any(member.id == absence.substitute_id and member.is_present(today) for member in members)


def _tell(session: Session, absence: Absence, now: datetime) -> None:
    away = session.get_one(Person, absence.person_id)
    substitute = session.get_one(Person, absence.substitute_id)
    write_letter(
        session,
        address=people.mail_address(session, substitute.id),
        locale=substitute.locale,
        template="line_absence",
        context={
            "recipient": substitute.display_name,
            "who": f"{away.code or ''} {away.display_name}".strip(),
            "until": absence.last_day.isoformat(),
            "handling": absence.handling,
            "note": absence.note,
            "path": f"/queue?technician={away.code or away.id}",
        },
        now=now,
        person_id=substitute.id,
    )
