"""What an anonymisation asks first: who is meant, what stands in the way, what would go, in numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import add

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from servicedesk.rules.appointments import Stage
from servicedesk.rules.errors import NotFound
from servicedesk.rules.lifecycle import OPEN_STATES
from servicedesk.rules.relations import LinkKind
from servicedesk.store.accounts import has_role
from servicedesk.store.models.appointments import Appointment
from servicedesk.store.models.drafts import RequestDraft
from servicedesk.store.models.people import Person
from servicedesk.store.models.reading import OwnData
from servicedesk.store.models.retention import LegalHold
from servicedesk.store.models.tickets import Ticket, TicketLink, Upload
from servicedesk.store.models.work import WorkDraft
from servicedesk.store.models_all import metadata
from servicedesk.store.people import student_of
from servicedesk.store.personal import TABLES
from servicedesk.store.personal_data import OF_PEOPLE, whose
from servicedesk.store.tickets import hash_key

MOST_NAMED = 20
COUNTED = ("message", "upload", "notice", "identity", "login_session", "request_draft", "appointment", "feedback")


@dataclass(frozen=True, slots=True)
class Obstacles:
    """What has to end before a person is removed: numbers of up to 20 open tickets, and the rest."""

    own: Sequence[str]
    """Open requests of theirs, or that live on in an open one."""
    work: Sequence[str]
    """Open tickets they work on."""
    appointments: int
    is_held: bool
    has_roles: bool

    def __bool__(self) -> bool:
        return bool(self.own or self.work or self.appointments or self.is_held or self.has_roles)


def person_with(session: Session, person_id: int, lock: bool = False) -> Person:
    """Return a person, guests too. Raises NotFound."""
    query = sa.select(Person).where(Person.id == person_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(query).first()
    if found is None:
        raise NotFound()
    return found


def word_of(session: Session, person: Person) -> str:
    """Return what whoever removes this person has to type: code, student number, or the number of the row."""
    student = student_of(session, person.id)
    return person.code or (student.student_number if student else f"P{person.id}")


def obstacles(session: Session, person_id: int, now: datetime) -> Obstacles:
    """Return what stands in the way of removing a person."""
    coming = sa.select(sa.func.count()).where(
        Appointment.person_id == person_id,
        Appointment.starts_at > now,
        Appointment.state == Stage.BOOKED,
    )
    return Obstacles(
        own=_numbers(session, *_asked_by([person_id]), sa.or_(_is_open(Ticket), lives_on())),
        work=_numbers(session, Ticket.technician_id == person_id, _is_open(Ticket)),
        appointments=session.scalar(coming) or 0,
        is_held=is_held(session, person_id),
        has_roles=has_role(session, person_id),
    )


def _asked_by(people: Sequence[int]) -> tuple[sa.ColumnElement[bool], ...]:
    return Ticket.requester_id.in_(people), Ticket.kind.in_(OF_PEOPLE)


def _is_open(ticket: type[Ticket]) -> sa.ColumnElement[bool]:
    return ticket.state.in_(sorted(OPEN_STATES))


def _numbers(session: Session, *conditions: sa.ColumnElement[bool]) -> Sequence[str]:
    return session.scalars(sa.select(Ticket.number).where(*conditions).order_by(Ticket.id).limit(MOST_NAMED)).all()


def lives_on() -> sa.ColumnElement[bool]:
    """Return the condition that a ticket was merged into one that is still worked on."""
    heir = aliased(Ticket)
    query = sa.select(TicketLink.id).join(heir, heir.id == TicketLink.other_id)
    merged = sa.and_(TicketLink.ticket_id == Ticket.id, TicketLink.kind == LinkKind.MERGED_INTO, _is_open(heir))
    return query.where(merged).exists()


def is_held(session: Session, person_id: int) -> bool:
    """Whether the person, one of their tickets, or one that theirs was merged into, is under a legal hold."""
    running = sa.select(LegalHold.id).where(LegalHold.ended_at.is_(None))
    theirs = running.join(Ticket, Ticket.id == LegalHold.ticket_id).where(Ticket.requester_id == person_id)
    merged = sa.and_(TicketLink.other_id == LegalHold.ticket_id, TicketLink.kind == LinkKind.MERGED_INTO)
    heirs = running.join(TicketLink, merged).join(Ticket, Ticket.id == TicketLink.ticket_id)
    parts = (running.where(LegalHold.person_id == person_id), theirs, heirs.where(Ticket.requester_id == person_id))
    either = sa.union_all(*parts)
    return session.execute(either.limit(1)).first() is not None


def tickets_of(session: Session, people: Sequence[int]) -> Mapping[int, str]:
    """Return the numbers of these people's requests by id; problems and changes they opened are the desk's."""
    query = sa.select(Ticket.id, Ticket.number).where(*_asked_by(people)).order_by(Ticket.id)
    return {row.id: row.number for row in session.execute(query)}


def files_of(session: Session, people: Sequence[int]) -> list[str]:
    """Return the ids of every stored file of these people: attached, not sent yet, and copies of their data."""
    table = metadata.tables["upload"]
    ways = (sa.select(table.c.id).where(whose(table, way, *people)) for way in TABLES["upload"].of)
    attached = session.scalars(sa.union(*ways)).all()
    copies = sa.select(OwnData.file_id).where(OwnData.person_id.in_(people), OwnData.file_id.is_not(None))
    return [*attached, *draft_files_of(session, people), *(each for each in session.scalars(copies) if each)]


def draft_files_of(session: Session, people: Sequence[int]) -> list[str]:
    """Return the ids of the files in forms that these people have begun and not sent."""
    keys = [
        *session.scalars(sa.select(RequestDraft.form_key).where(RequestDraft.person_id.in_(people))),
        *session.scalars(sa.select(WorkDraft.form_key).where(WorkDraft.person_id.in_(people))),
    ]
    query = sa.select(Upload.id).where(Upload.draft_key.in_(map(hash_key, keys)), Upload.message_id.is_(None))
    return list(session.scalars(query))


def amounts(session: Session, person_id: int) -> Mapping[str, int]:
    """Return how many rows of each table of `COUNTED`, and how many tickets, are of a person."""
    counts: list[sa.Label[int]] = [
        sa.select(sa.func.count()).where(*_asked_by([person_id])).scalar_subquery().label("ticket")
    ]
    for name in COUNTED:
        table = metadata.tables[name]
        ways = (whose(table, way, person_id) for way in TABLES[name].of)
        each = (sa.select(sa.func.count()).select_from(table).where(way).scalar_subquery() for way in ways)
        counts.append(reduce(add, each).label(name))
    return dict(session.execute(sa.select(*counts)).one()._mapping)


def same_address(session: Session, person: Person) -> Sequence[tuple[int, str]]:
    """Return (person id, ticket number) of requests filed without an account under this person's address."""
    if not person.email:
        return []
    query = (
        sa.select(Person.id, Ticket.number)
        .join(Ticket, Ticket.requester_id == Person.id)
        .where(Person.email == person.email.lower(), Person.is_guest, Person.id != person.id)
        .order_by(Ticket.id.desc())
        .limit(MOST_NAMED)
    )
    return [(row.id, row.number) for row in session.execute(query)]
