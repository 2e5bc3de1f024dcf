"""Questions the administration of people asks: who fits some words, and everything known about one person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from servicedesk.rules.errors import NotFound
from servicedesk.rules.identity import FISCAL
from servicedesk.rules.permissions import EVERY_SERVICE, Role
from servicedesk.store.models.people import Identity, LoginSession, Person, RoleGrant, StudentRecord
from servicedesk.store.models.system import AuditEvent
from servicedesk.store.models.tickets import OPEN, Ticket

MOST_FOUND = 50
ABOUT_ROLES = ("role.grant", "role.revoke", "code.give", "staff.add")
CHANGES_SHOWN = 20
BEYOND = "\U0010ffff"
"""Sorts after every letter."""


@dataclass(frozen=True, slots=True)
class Found:
    """A person as a line of a list."""

    id: int
    code: str | None
    name: str
    email: str
    is_active: bool
    is_staff: bool
    student_number: str | None


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role of a person; `from_federation` tells that sign-ins give and take it."""

    id: int
    role: Role
    group: str
    service_id: str
    areas: tuple[str, ...]
    from_federation: bool
    granted_at: datetime


def find(session: Session, words: str) -> Sequence[Found]:
    """Return up to 50 people with an account whose code, e-mail or student number this is, or whose name begins so.

    Of several words each begins the given or the family name, the last word of them the family name.
    """
    typed = " ".join(words.split())
    if not typed:
        return ()
    ids = sa.union(
        sa.select(Person.id).where(Person.code == typed),
        sa.select(Person.id).where(Person.email.in_({typed, typed.lower()})),
        _by_student_number(typed),
        _by_name(session, typed),
    ).subquery()
    return _lines(session, Person.id.in_(sa.select(ids.c.id)))


def staff(session: Session, after: int) -> Sequence[Found]:
    """Return the next people who hold a role, 50 and one more where there are more, in order of their ids."""
    holders = sa.select(RoleGrant.person_id).where(RoleGrant.person_id > after).distinct()
    page = holders.order_by(RoleGrant.person_id).limit(MOST_FOUND + 1).subquery()
    return _lines(session, Person.id.in_(sa.select(page.c.person_id)), Person.id, limit=MOST_FOUND + 1)


def _by_student_number(typed: str) -> sa.Select[Any]:
    query = sa.select(Identity.person_id.label("id")).join(
        StudentRecord, sa.and_(Identity.namespace == FISCAL, Identity.subject == StudentRecord.fiscal_hash)
    )
    return query.where(
        sa.or_(StudentRecord.student_number == typed, StudentRecord.institutional_email == typed.lower())
    )


def _by_name(session: Session, typed: str) -> sa.Select[Any]:
    *given, family = typed.split(" ")
    query = sa.select(Person.id).where(begins(session, Person.family_name, family), ~Person.is_guest)
    if given:
        query = query.where(begins(session, Person.given_name, " ".join(given)))
    limited = query.order_by(Person.family_name, Person.id).limit(MOST_FOUND + 1).subquery()
    return sa.select(limited.c.id)


def begins(session: Session, column: InstrumentedAttribute[str], typed: str) -> sa.ColumnElement[bool]:
    """Return the condition that a column begins with what was typed, as its index finds it.

    Names are kept as they were given: what is typed is looked for so, in capitals, and with a capital in front.
    """
    forms = sorted({typed, typed.upper(), typed.title(), typed.capitalize()})
    if session.get_bind().dialect.name == "postgresql":
        return sa.or_(*(column.like(_escaped(form) + "%", escape="\\") for form in forms))
    return sa.or_(*(sa.and_(column >= form, column < form + BEYOND) for form in forms))


def _escaped(typed: str) -> str:
    return typed.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _lines(
    session: Session, condition: sa.ColumnElement[bool], *order: Any, limit: int = MOST_FOUND + 1
) -> Sequence[Found]:
    record = sa.select(StudentRecord.student_number).join(
        Identity, sa.and_(Identity.namespace == FISCAL, Identity.subject == StudentRecord.fiscal_hash)
    )
    number = record.where(Identity.person_id == Person.id).limit(1).correlate(Person).scalar_subquery()
    has_role = sa.exists().where(RoleGrant.person_id == Person.id)
    query = sa.select(
        Person.id,
        Person.code,
        Person.given_name,
        Person.family_name,
        Person.email,
        Person.is_active,
        has_role.label("is_staff"),
        number.label("student_number"),
    ).where(condition, ~Person.is_guest, Person.anonymised_at.is_(None))
    rows = session.execute(query.order_by(*(order or (Person.family_name, Person.id))).limit(limit))
    return [
        Found(
            id=row.id,
            code=row.code,
            name=f"{row.given_name} {row.family_name}".strip(),
            email=row.email,
            is_active=row.is_active,
            is_staff=bool(row.is_staff),
            student_number=row.student_number,
        )
        for row in rows
    ]


def person_with(session: Session, person_id: int) -> Person:
    """Return an account holder. Raises NotFound for nobody, and for the guest of one ticket."""
    person = session.get(Person, person_id)
    if person is None or person.is_guest:
        raise NotFound()
    return person


def namespaces_of(session: Session, person_id: int) -> Sequence[str]:
    """Return by what a person is known: namespaces alone, never what stands in them."""
    query = sa.select(Identity.namespace).where(Identity.person_id == person_id).order_by(Identity.id)
    return session.scalars(query).all()


def roles_of(session: Session, person_id: int) -> Sequence[HeldRole]:
    """Return every role of a person, by role and place."""
    query = (
        sa.select(RoleGrant)
        .where(RoleGrant.person_id == person_id)
        .order_by(RoleGrant.role, RoleGrant.group_code, RoleGrant.service_id)
    )
    return [
        HeldRole(
            id=row.id,
            role=Role(row.role),
            group=row.group_code,
            service_id=row.service_id,
            areas=tuple(row.areas or ()),
            from_federation=row.from_federation,
            granted_at=row.granted_at,
        )
        for row in session.scalars(query)
    ]


def role_with(session: Session, person_id: int, role_id: int) -> RoleGrant:
    """Return a role of this very person. Raises NotFound when it was taken in the meantime."""
    found = session.get(RoleGrant, role_id)
    if found is None or found.person_id != person_id:
        raise NotFound()
    return found


def running_sessions(session: Session, person_id: int, now: datetime) -> int:
    """Return in how many browsers a person is signed in."""
    query = sa.select(sa.func.count()).where(
        LoginSession.person_id == person_id, LoginSession.ended_at.is_(None), LoginSession.expires_at > now
    )
    return session.scalar(query) or 0


def changes_of(session: Session, person_id: int, of_all: bool) -> Sequence[AuditEvent]:
    """Return the newest 20 acts of administration on a person; unless `of_all`, only those about roles and codes."""
    query = sa.select(AuditEvent).where(AuditEvent.subject == f"person:{person_id}")
    if not of_all:
        query = query.where(AuditEvent.action.in_(ABOUT_ROLES))
    return session.scalars(query.order_by(AuditEvent.id.desc()).limit(CHANGES_SHOWN)).all()


def is_last_of_all(session: Session, person_id: int) -> bool:
    """Whether nobody else who can sign in administers the whole installation.

    Their roles are locked, so that two who take each other's come one after the other.
    """
    roles = sa.select(RoleGrant.id).where(RoleGrant.role == Role.ADMINISTRATOR, RoleGrant.service_id == EVERY_SERVICE)
    session.execute(roles.order_by(RoleGrant.id).with_for_update()).all()
    other = (
        sa.select(RoleGrant.id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(
            RoleGrant.role == Role.ADMINISTRATOR,
            RoleGrant.service_id == EVERY_SERVICE,
            RoleGrant.person_id != person_id,
            Person.is_active,
        )
    )
    return session.scalars(other.limit(1)).first() is None


def open_tickets_of(session: Session, person_id: int, group: str | None, limit: int) -> Sequence[int]:
    """Return the ids of open tickets a technician has, in one group or in all, in ascending order."""
    query = sa.select(Ticket.id).where(Ticket.technician_id == person_id, OPEN)
    if group is not None:
        query = query.where(Ticket.group_code == group)
    return session.scalars(query.order_by(Ticket.id).limit(limit)).all()


def open_tickets_in(session: Session, group: str, limit: int) -> Sequence[int]:
    """Return the ids of open tickets of a group, in ascending order."""
    return session.scalars(
        sa.select(Ticket.id).where(Ticket.group_code == group, OPEN).order_by(Ticket.id).limit(limit)
    ).all()


def others_in(session: Session, group: str, person_id: int) -> bool:
    """Whether another active technician works in a group."""
    query = (
        sa.select(RoleGrant.id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(
            RoleGrant.group_code == group,
            RoleGrant.role == Role.TECHNICIAN,
            RoleGrant.person_id != person_id,
            Person.is_active,
        )
    )
    return session.scalars(query.limit(1)).first() is not None
