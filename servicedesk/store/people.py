"""Questions about persons: who works where, who is present, how much is on whose desk, who is a student of what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.catalogue import Audience
from servicedesk.rules.identity import FISCAL
from servicedesk.rules.permissions import Actor, ActorKind, Role
from servicedesk.rules.routing import Member, Requester
from servicedesk.store.models.accounts import Contact
from servicedesk.store.models.people import Absence, Identity, Person, RoleGrant, StudentRecord
from servicedesk.store.models.tickets import OPEN, Ticket

ENROLLED = "active"
AUDIENCE_OF_STATUS: Mapping[str, Audience] = {
    ENROLLED: Audience.STUDENT,
    "former": Audience.FORMER_STUDENT,
    "not_yet_active": Audience.PROSPECTIVE,
}


@dataclass(frozen=True, slots=True)
class Student:
    """What the register says of a person."""

    student_number: str
    degree_course: str
    degree_course_name: str
    area: str
    status: str
    institutional_email: str


def student_of(session: Session, person_id: int) -> Student | None:
    """Return the person's row in the register, None for everybody who is not in it."""
    row = session.execute(
        sa.select(
            StudentRecord.student_number,
            StudentRecord.degree_course,
            StudentRecord.degree_course_name,
            StudentRecord.area,
            StudentRecord.status,
            StudentRecord.institutional_email,
        )
        .join(Identity, sa.and_(Identity.namespace == FISCAL, Identity.subject == StudentRecord.fiscal_hash))
        .where(Identity.person_id == person_id)
    ).first()
    return Student(*row) if row else None


def audiences_of(student: Student | None, is_staff: bool) -> frozenset[Audience]:
    """Return the audiences a signed-in person belongs to; without a student record, the external requesters."""
    own = AUDIENCE_OF_STATUS.get(student.status) if student else None
    found = {own} if own else set()
    if is_staff:
        found.add(Audience.STAFF)
    return frozenset(found or {Audience.EXTERNAL})


def requester_for_routing(session: Session, person_id: int) -> Requester:
    """Return what routing may know of this person."""
    student = student_of(session, person_id)
    if student is None:
        return Requester(audiences=frozenset({Audience.EXTERNAL}))
    return Requester(
        area=student.area,
        degree_course=student.degree_course,
        degree_course_name=student.degree_course_name,
        status=student.status,
        audiences=audiences_of(student, is_staff=False),
    )


def mail_address(session: Session, person_id: int) -> str:
    """Return where this person's mails go; empty where no address is known.

    That is a student's institutional address (C10), else the one verified at the first access (A4), else the one that
    the provider vouched for.
    """
    own_record = sa.and_(Identity.namespace == FISCAL, Identity.person_id == Person.id)
    own, verified, institutional = session.execute(
        sa.select(Person.email, Contact.address, StudentRecord.institutional_email)
        .outerjoin(Contact, Contact.person_id == Person.id)
        .outerjoin(Identity, own_record)
        .outerjoin(
            StudentRecord, sa.and_(StudentRecord.fiscal_hash == Identity.subject, StudentRecord.status == ENROLLED)
        )
        .where(Person.id == person_id)
        .limit(1)
    ).one()
    return institutional or verified or own


def holder_of(session: Session, address: str) -> int | None:
    """Return the person with an account whose institutional address this is; None where it belongs to nobody.

    The university gave it: to an active student through the register, to staff when they were enrolled. Addresses that
    a sign-in stated are not asked, for anybody could state another's (rule 6).
    """
    forms = {address, address.lower()}
    student = (
        sa.select(Person.id)
        .join(Identity, Identity.person_id == Person.id)
        .join(StudentRecord, sa.and_(Identity.namespace == FISCAL, Identity.subject == StudentRecord.fiscal_hash))
        .where(StudentRecord.institutional_email.in_(forms), StudentRecord.status == ENROLLED, Person.is_active)
    )
    staff = sa.select(Person.id).where(Person.email.in_(forms), Person.code.is_not(None), Person.is_active)
    return session.scalars(student.limit(1)).first() or session.scalars(staff.limit(1)).first()


def actor_of(session: Session, person_id: int) -> Actor | None:
    """Return the person as an actor with every role they hold; None when unknown or no longer active."""
    person = session.execute(
        sa.select(
            Person.id, Person.given_name, Person.family_name, Person.code, Person.locale, Person.email, Person.is_active
        ).where(Person.id == person_id)
    ).first()
    if person is None or not person.is_active:
        return None
    grants = session.execute(
        sa.select(RoleGrant.role, RoleGrant.group_code, RoleGrant.service_id).where(RoleGrant.person_id == person_id)
    ).all()
    groups = frozenset(grant.group_code for grant in grants if grant.role == Role.TECHNICIAN)
    student = student_of(session, person_id)
    supervises = frozenset(grant.group_code for grant in grants if grant.role == Role.SUPERVISOR)
    return Actor(
        kind=ActorKind.PERSON,
        person_id=person.id,
        display_name=f"{person.given_name} {person.family_name}".strip(),
        code=person.code,
        locale=person.locale,
        email=person.email,
        groups=groups,
        supervises=supervises,
        majors=frozenset(grant.group_code for grant in grants if grant.role == Role.MAJOR_INCIDENTS),
        administers=frozenset(grant.service_id for grant in grants if grant.role == Role.ADMINISTRATOR),
        audiences=audiences_of(student, bool(groups or supervises)),
        degree_course=student.degree_course if student and student.status == ENROLLED else "",
    )


def members_of(session: Session, group_code: str) -> tuple[Member, ...]:
    """Return the active technicians of a group with their areas and absences."""
    rows = session.execute(
        sa.select(Person.id, Person.code, RoleGrant.areas)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.group_code == group_code, RoleGrant.role == Role.TECHNICIAN, Person.is_active)
        .order_by(Person.id)
    ).all()
    absences = _absences(session, {row.id for row in rows})
    return tuple(
        Member(row.id, row.code or str(row.id), frozenset(row.areas or ()), tuple(absences.get(row.id, ())))
        for row in rows
    )


def _absences(session: Session, people: Iterable[int]) -> dict[int, list[tuple[date, date | None]]]:
    found: dict[int, list[tuple[date, date | None]]] = {}
    query = sa.select(Absence.person_id, Absence.first_day, Absence.last_day).where(Absence.person_id.in_(people))
    for person_id, first, last in session.execute(query):
        found.setdefault(person_id, []).append((first, last))
    return found


def staffed_groups(session: Session) -> frozenset[str]:
    """Return the codes of the groups that have at least one active technician."""
    query = (
        sa.select(RoleGrant.group_code)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.role == Role.TECHNICIAN, Person.is_active)
        .distinct()
    )
    return frozenset(session.scalars(query))


def open_loads(session: Session, people: Iterable[int]) -> dict[int, int]:
    """Return how many open tickets each of these technicians has."""
    query = (
        sa.select(Ticket.technician_id, sa.func.count())
        .where(Ticket.technician_id.in_(list(people)), OPEN)
        .group_by(Ticket.technician_id)
    )
    return {person: count for person, count in session.execute(query) if person is not None}


def last_assigned(session: Session, group_code: str) -> int | None:
    """Return the technician whom the desk last gave a ticket of the group, for taking turns."""
    query = (
        sa.select(Ticket.technician_id)
        .where(Ticket.group_code == group_code, Ticket.assigned_at.is_not(None))
        .order_by(Ticket.assigned_at.desc(), Ticket.id.desc())
        .limit(1)
    )
    return session.scalars(query).first()
