"""Questions about absences: who is away when, who stands in for whom, what begins."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from servicedesk.rules.absences import Days, Handling
from servicedesk.rules.errors import NotFound
from servicedesk.rules.permissions import Actor, Role
from servicedesk.rules.role_rights import groups_managed
from servicedesk.store import catalogue
from servicedesk.store.models.people import Absence, Person, RoleGrant
from servicedesk.store.models.tickets import OPEN, Ticket
from servicedesk.store.people import open_loads

LISTED = 500


def days_of(session: Session, person_id: int, besides: int | None = None) -> list[Days]:
    """Return the absences of a person, but for the one with the id `besides`."""
    query = sa.select(Absence.id, Absence.first_day, Absence.last_day).where(Absence.person_id == person_id)
    return [(row.first_day, row.last_day) for row in session.execute(query) if row.id != besides]


def groups_of(session: Session, person_id: int) -> frozenset[str]:
    """Return the groups in which a person is a technician."""
    query = sa.select(RoleGrant.group_code).where(RoleGrant.person_id == person_id, RoleGrant.role == Role.TECHNICIAN)
    return frozenset(session.scalars(query))


def members(session: Session, groups: Collection[str]) -> Sequence[Any]:
    """Return everybody who works in one of these groups, by family name."""
    query = (
        sa.select(Person.id, Person.code, Person.given_name, Person.family_name)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.group_code.in_(sorted(groups)), RoleGrant.role == Role.TECHNICIAN, Person.is_active)
        .distinct()
        .order_by(Person.family_name, Person.given_name, Person.id)
    )
    return session.execute(query).all()


def between(session: Session, groups: Collection[str], first: date, last: date) -> Sequence[Any]:
    """Return the absences of the technicians of these groups that touch the days, by name, with the substitute."""
    query = _rows().where(Absence.last_day >= first, Absence.first_day <= last, Absence.person_id.in_(_in(groups)))
    return session.execute(query.order_by(Person.family_name, Person.given_name, Absence.first_day).limit(LISTED)).all()


def coming(session: Session, groups: Collection[str], person_id: int | None, today: date) -> Sequence[Any]:
    """Return the absences that last until `today` or later: the person's own, and those in the groups led."""
    whose = sa.or_(Absence.person_id == person_id, Absence.person_id.in_(_in(groups)))
    query = _rows().where(Absence.last_day >= today, whose)
    return session.execute(query.order_by(Absence.first_day, Absence.id).limit(LISTED)).all()


def _rows() -> sa.Select[*tuple[Any, ...]]:
    substitute = aliased(Person)
    return (
        sa.select(
            Absence.id,
            Absence.person_id,
            Absence.first_day,
            Absence.last_day,
            Absence.handling,
            Absence.note,
            Absence.substitute_id,
            Person.code,
            Person.given_name,
            Person.family_name,
            substitute.code.label("substitute_code"),
            substitute.given_name.label("substitute_given_name"),
            substitute.family_name.label("substitute_family_name"),
        )
        .join(Person, Person.id == Absence.person_id)
        .outerjoin(substitute, substitute.id == Absence.substitute_id)
    )


def _in(groups: Collection[str]) -> sa.Select[int]:
    return (
        sa.select(RoleGrant.person_id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.group_code.in_(sorted(groups)), RoleGrant.role == Role.TECHNICIAN, Person.is_active)
    )


def led_by(session: Session, actor: Actor) -> frozenset[str]:
    """Return the groups for whose technicians a person enters absences: those they lead or administer."""
    managed_groups = groups_managed(actor, catalogue.current(session)) if actor.is_admin else frozenset[str]()
    return actor.supervises | managed_groups


def may_enter(session: Session, actor: Actor, person_id: int) -> bool:
    """Whether the absences of this person are the actor's to enter: their own, or those of a group that is theirs."""
    if actor.person_id == person_id:
        return True
    return not led_by(session, actor).isdisjoint(groups_of(session, person_id))


def managed(session: Session, actor: Actor, absence_id: int) -> Absence:
    """Return an absence that the actor may change. Raises NotFound for any other."""
    found = session.get(Absence, absence_id)
    if found is None or not may_enter(session, actor, found.person_id):
        raise NotFound()
    return found


def stand_ins(session: Session, people: Collection[int], today: date) -> dict[int, int]:
    """Return for each of these persons who is away today the active substitute, where one is named."""
    substitute = aliased(Person)
    query = (
        sa.select(Absence.person_id, Absence.substitute_id)
        .join(substitute, substitute.id == Absence.substitute_id)
        .where(Absence.person_id.in_(sorted(people)), Absence.first_day <= today, Absence.last_day >= today)
        .where(substitute.is_active)
    )
    return {row.person_id: row.substitute_id for row in session.execute(query) if row.substitute_id is not None}


@dataclass(frozen=True, slots=True)
class StandIn:
    """Somebody away for whom the reader stands in."""

    code: str
    given_name: str
    family_name: str
    until: date
    open: int


def stood_in_for(session: Session, person_id: int, today: date) -> list[StandIn]:
    """Return those away today for whom this person stands in, with their open tickets."""
    query = (
        sa.select(Person.id, Person.code, Person.given_name, Person.family_name, Absence.last_day)
        .join(Absence, Absence.person_id == Person.id)
        .where(Absence.substitute_id == person_id, Absence.first_day <= today, Absence.last_day >= today)
        .order_by(Person.family_name, Absence.id)
    )
    rows = session.execute(query).all()
    loads = open_loads(session, {row.id for row in rows})
    return [
        StandIn(row.code or "", row.given_name, row.family_name, row.last_day, loads.get(row.id, 0)) for row in rows
    ]


def beginning(session: Session, today: date, limit: int, besides: Collection[int]) -> Sequence[Absence]:
    """Return the absences that have begun and of which nobody has been told, locked."""
    query = (
        sa.select(Absence)
        .where(Absence.begun_at.is_(None), Absence.last_day >= today, Absence.first_day <= today)
        .where(Absence.id.not_in(sorted(besides)))
        .order_by(Absence.id)
        .limit(limit)
        .with_for_update()
    )
    return session.scalars(query).all()


def open_tickets(session: Session, technician_id: int) -> Sequence[Ticket]:
    """Return the open tickets of a technician, locked, in ascending order."""
    query = sa.select(Ticket).where(Ticket.technician_id == technician_id, OPEN).order_by(Ticket.id)
    return session.scalars(query.with_for_update(of=Ticket, key_share=True)).all()


HANDED = frozenset({Handling.HAND, Handling.BACK})
"""What does something to the tickets when the absence begins."""
