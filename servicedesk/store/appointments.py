"""Questions about appointments: counters, taken units of time, a person's own appointments, a counter's agenda."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.appointments import Stage, Taken
from servicedesk.rules.catalogue import LocalText
from servicedesk.rules.counters import Counter, Mode, read_counter
from servicedesk.rules.errors import NotFound
from servicedesk.rules.permissions import Actor
from servicedesk.store.models.appointments import Appointment, AppointmentFile, AppointmentTicket, CounterRow, TakenUnit
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket, Upload
from servicedesk.store.visible import visible_to

NOT_YET = (Stage.HELD, Stage.OFFERED)
AHEAD = 2_000
"""Appointments of a counter that are looked at when its hours change."""
SHOWN = 50
"""Appointments that a person's page lists at most."""


@dataclass(frozen=True, slots=True)
class Booking:
    """An appointment as pages show it."""

    id: int
    number: str
    person_id: int
    person: str
    email: str
    counter: Counter
    topic_key: str
    topic: LocalText
    mode: Mode
    starts_at: datetime
    ends_at: datetime
    state: Stage
    held_until: datetime | None
    description: str
    phone: str
    contact: str
    sequence: int
    created_at: datetime
    is_walk_in: bool
    ticket: str | None
    """The number of the ticket it is about."""


@dataclass(frozen=True, slots=True)
class BookedFile:
    """A file of an appointment; `size` in bytes."""

    id: str
    name: str
    content_type: str
    size: int


def counters(session: Session) -> list[Counter]:
    """Return every counter, in the order in which they were made."""
    rows = session.scalars(sa.select(CounterRow.content).order_by(CounterRow.id))
    return [read_counter(content) for content in rows]


def feed_number(session: Session, key: str) -> int | None:
    """Return which secret address of a counter's feed is the good one, 0 while it has none; None for no counter."""
    return session.scalar(sa.select(CounterRow.feed).where(CounterRow.key == key))


def counter_row(session: Session, key: str, is_locked: bool = False) -> tuple[int, Counter]:
    """Return id and contents of a counter; `is_locked` keeps others from taking its time until the transaction ends.

    Raises NotFound when there is none.
    """
    query = sa.select(CounterRow.id, CounterRow.content).where(CounterRow.key == key)
    row = session.execute(query.with_for_update(key_share=True) if is_locked else query).first()
    if row is None:
        raise NotFound()
    return row.id, read_counter(row.content)


def taken(session: Session, counter_id: int, first: datetime, last: datetime, now: datetime) -> Taken:
    """Return the seats taken from `first` until before `last`; holds that are over take none."""
    query = (
        sa.select(TakenUnit.at, TakenUnit.seat)
        .join(Appointment, Appointment.id == TakenUnit.appointment_id)
        .where(TakenUnit.counter_id == counter_id, TakenUnit.at >= first, TakenUnit.at < last)
        .where(sa.or_(Appointment.state != Stage.HELD, Appointment.held_until > now))
    )
    found: dict[datetime, list[int]] = defaultdict(list)
    for at, seat in session.execute(query):
        found[at].append(seat)
    return found


def own(session: Session, person_id: int, since: datetime) -> list[Booking]:
    """Return the person's booked and past appointments that end after `since`, the next ones first."""
    query = _bookings().where(
        Appointment.person_id == person_id, Appointment.ends_at > since, Appointment.state != Stage.HELD
    )
    return _read(session, query.order_by(Appointment.starts_at, Appointment.id).limit(SHOWN))


def own_one(session: Session, number: str, person_id: int) -> Booking:
    """Return this appointment of the person. Raises NotFound when it is not theirs, or was never made."""
    found = _read(session, _bookings().where(Appointment.number == number, Appointment.person_id == person_id))
    if not found:
        raise NotFound()
    return found[0]


def files_of(session: Session, appointment_ids: Sequence[int]) -> Mapping[int, Sequence[BookedFile]]:
    """Return the files of these appointments, in the order in which they came."""
    query = (
        sa.select(AppointmentFile.appointment_id, Upload.id, Upload.name, Upload.content_type, Upload.size)
        .join(Upload, Upload.id == AppointmentFile.upload_id)
        .where(AppointmentFile.appointment_id.in_(appointment_ids))
        .order_by(Upload.created_at, Upload.id)
    )
    found: dict[int, list[BookedFile]] = defaultdict(list)
    for appointment_id, upload_id, name, content_type, size in session.execute(query):
        found[appointment_id].append(BookedFile(upload_id, name, content_type, size))
    return found


def of_ticket(session: Session, ticket_number: str) -> list[Booking]:
    """Return the appointments about a ticket, the newest first; whoever reads the ticket may know of them."""
    query = _bookings().where(Ticket.number == ticket_number, Appointment.state.not_in(NOT_YET))
    return _read(session, query.order_by(Appointment.starts_at.desc(), Appointment.id).limit(SHOWN))


def readable_tickets(session: Session, numbers: Sequence[str], actor: Actor) -> frozenset[str]:
    """Return which of these tickets the person may open."""
    query = sa.select(Ticket.number).where(Ticket.number.in_(numbers), visible_to(actor))
    return frozenset(session.scalars(query))


def staffed_one(session: Session, number: str, actor: Actor) -> Booking:
    """Return an appointment at a counter this person staffs. Raises NotFound for any other."""
    found = _read(session, _bookings().where(Appointment.number == number))
    if not found or not staffs(actor, found[0].counter):
        raise NotFound()
    return found[0]


def staffs(actor: Actor, counter: Counter) -> bool:
    """Whether the person works at this counter, or leads those who do."""
    return counter.group in actor.groups | actor.supervises


def agenda(session: Session, counter_id: int, first: datetime, last: datetime) -> list[Booking]:
    """Return the appointments of a counter that start from `first` until before `last`, cancelled ones left out."""
    query = _bookings().where(
        Appointment.counter_id == counter_id,
        Appointment.starts_at >= first,
        Appointment.starts_at < last,
        Appointment.state.not_in((*NOT_YET, Stage.CANCELLED)),
    )
    return _read(session, query.order_by(Appointment.starts_at, Appointment.id))


def ahead(session: Session, counter_id: int, now: datetime) -> list[Booking]:
    """Return the booked appointments of a counter that are still to come, the next ones first."""
    query = _bookings().where(
        Appointment.counter_id == counter_id, Appointment.starts_at > now, Appointment.state == Stage.BOOKED
    )
    return _read(session, query.order_by(Appointment.starts_at, Appointment.id).limit(AHEAD))


def due_reminders(session: Session, first: datetime, last: datetime, limit: int) -> Sequence[int]:
    """Return the ids of booked appointments in this time whose reminder was not sent."""
    query = (
        sa.select(Appointment.id)
        .where(sa.text("appointment.state = 'booked' AND appointment.reminded_at IS NULL"))
        .where(Appointment.starts_at > first, Appointment.starts_at <= last)
        .order_by(Appointment.starts_at, Appointment.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Appointment)
    )
    return session.scalars(query).all()


def booking(session: Session, appointment_id: int) -> Booking:
    """Return an appointment as it now stands."""
    return _read(session, _bookings().where(Appointment.id == appointment_id))[0]


def _bookings() -> sa.Select[Any]:
    return (
        sa.select(Appointment, CounterRow.content, Person.given_name, Person.family_name, Person.email, Ticket.number)
        .join(CounterRow, CounterRow.id == Appointment.counter_id)
        .join(Person, Person.id == Appointment.person_id)
        .outerjoin(AppointmentTicket, AppointmentTicket.appointment_id == Appointment.id)
        .outerjoin(Ticket, Ticket.id == AppointmentTicket.ticket_id)
    )


def _read(session: Session, query: sa.Select[Any]) -> list[Booking]:
    rows = session.execute(query.execution_options(populate_existing=True))
    return [
        Booking(
            id=row.id,
            number=row.number,
            person_id=row.person_id,
            person=f"{given} {family}".strip(),
            email=email,
            counter=read_counter(content),
            topic_key=row.topic,
            topic=LocalText(**row.topic_name),
            mode=Mode(row.mode),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            state=Stage(row.state),
            held_until=row.held_until,
            description=row.description,
            phone=row.phone,
            contact=row.contact,
            sequence=row.sequence,
            created_at=row.created_at,
            is_walk_in=row.is_walk_in,
            ticket=ticket,
        )
        for row, content, given, family, email, ticket in rows
    ]
