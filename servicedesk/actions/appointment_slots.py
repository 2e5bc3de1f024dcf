"""Times at a counter, taken and freed: holds while a form is filled in, and the units that keep people apart."""

import re
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from servicedesk.rules import appointments as rules
from servicedesk.rules.appointments import HOLD, MOST_AHEAD, Slot, Stage
from servicedesk.rules.calendar import local_day
from servicedesk.rules.counters import Counter, Topic
from servicedesk.rules.errors import Conflict, Invalid, NotFound, NotNow
from servicedesk.rules.numbering import ALPHABET
from servicedesk.rules.sentences import N_
from servicedesk.store import appointments as store
from servicedesk.store.models.appointments import Appointment, AppointmentTicket, TakenUnit
from servicedesk.store.models.tickets import Ticket

FORGOTTEN = timedelta(hours=1)
"""After so long a hold that was never booked goes, wanted or not."""
NUMBER_LENGTH = 8
REMINDED_BEFORE = timedelta(hours=24)
_NUMBER = re.compile(f"[{ALPHABET}]{{{NUMBER_LENGTH}}}")
_TAKEN = N_("This time has just been taken. Choose another one.")


@dataclass(frozen=True, slots=True)
class Said:
    """What the form of an appointment says."""

    description: str = ""
    phone: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants a time for."""

    counter: str
    topic: str
    mode: str
    starts_at: datetime
    number: str = ""
    """Of an earlier hold that somebody else outran: with the same number its form and its files live on."""
    said: Said = Said()
    """What was typed into that form."""
    ticket: str = ""
    """The number of the person's own ticket that it is about."""


def hold(session: Session, wish: Wish, person_id: int, now: datetime) -> str:
    """Keep a time for five minutes for whoever fills in the form, and return the number it will be booked under.

    Raises NotFound for no such counter or ticket, Invalid for no such topic or mode, NotNow for too many appointments
    ahead, Conflict when the time is taken.
    """
    counter_id, counter = store.counter_row(session, wish.counter, is_locked=True)
    topic = topic_of(counter, wish.topic, wish.mode)
    refuse_too_many(session, counter_id, person_id, now)
    ticket_id = _own_ticket(session, wish.ticket, person_id) if wish.ticket else None
    _let_go_holds_of(session, person_id)
    slot = open_slot(counter, topic.minutes, wish.starts_at, now)
    made = Appointment(
        number=_number(session, wish.number),
        counter_id=counter_id,
        person_id=person_id,
        topic=topic.key,
        topic_name=asdict(topic.name),
        mode=wish.mode,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        state=Stage.HELD,
        held_until=now + HOLD,
        created_at=now,
        **asdict(wish.said),
    )
    session.add(made)
    session.flush()
    if ticket_id is not None:
        session.add(AppointmentTicket(appointment_id=made.id, ticket_id=ticket_id))
    take(session, made, slot, counter, now)
    return made.number


def new_number() -> str:
    """Return a random number of an appointment."""
    return "".join(secrets.choice(ALPHABET) for _ in range(NUMBER_LENGTH))


def topic_of(counter: Counter, topic_key: str, mode: str) -> Topic:
    """Return the topic chosen. Raises Invalid when the counter has no such topic or mode."""
    topic = counter.topic(topic_key)
    if topic is None:
        raise Invalid(N_("Choose what you come for."))
    if mode not in [each.value for each in counter.modes]:
        raise Invalid(N_("Choose how you want to meet."))
    return topic


def refuse_too_many(session: Session, counter_id: int, person_id: int, now: datetime) -> None:
    """Raise NotNow for somebody who has as many appointments ahead at the counter as one may have."""
    if has_too_many(session, counter_id, person_id, now):
        raise NotNow(N_("You have %(most)d appointments here already. Cancel one to book another."), most=MOST_AHEAD)


def has_too_many(session: Session, counter_id: int, person_id: int, now: datetime) -> bool:
    """Whether the person has as many appointments ahead at the counter as one may have."""
    query = sa.select(sa.func.count()).where(
        Appointment.person_id == person_id,
        Appointment.starts_at > now,
        Appointment.counter_id == counter_id,
        Appointment.state == Stage.BOOKED,
    )
    return (session.scalar(query) or 0) >= MOST_AHEAD


def open_slot(counter: Counter, minutes: int, starts_at: datetime, now: datetime) -> Slot:
    """Return the slot that begins then, taken or not. Raises Conflict when the counter offers none."""
    offered = rules.free_slots(counter, local_day(starts_at, counter.clock), minutes, {}, now)
    found = next((slot for slot in offered if slot.starts_at == starts_at), None)
    if found is None:
        raise Conflict(N_("This time cannot be booked any more. Choose another one."))
    return found


def take(session: Session, made: Appointment, slot: Slot, counter: Counter, now: datetime) -> None:
    """Take the units of a slot on a free seat; the units' key refuses whoever comes second. Raises Conflict."""
    _remove_expired(session, made.counter_id, slot, now)
    taken = store.taken(session, made.counter_id, slot.starts_at, slot.ends_at, now)
    seat = rules.free_seat(slot, taken, counter.capacity)
    if seat is None:
        raise Conflict(_TAKEN)
    rows = [
        {"counter_id": made.counter_id, "at": at, "seat": seat, "appointment_id": made.id} for at in rules.units(slot)
    ]
    try:
        with session.begin_nested():
            session.execute(sa.insert(TakenUnit), rows)
    except IntegrityError as error:
        raise Conflict(_TAKEN) from error


def free(session: Session, mine: Appointment) -> None:
    """Give back every unit of time that an appointment takes."""
    query = sa.delete(TakenUnit).where(TakenUnit.appointment_id == mine.id)
    session.execute(query.execution_options(synchronize_session=False))


def own(session: Session, number: str, person_id: int) -> Appointment | None:
    """Return the person's appointment of this number, locked; None when it is not theirs or not there any more."""
    query = sa.select(Appointment).where(Appointment.number == number, Appointment.person_id == person_id)
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).first()


def changeable(session: Session, number: str, person_id: int, now: datetime) -> Appointment:
    """Return the person's appointment, locked. Raises NotFound, and NotNow after the deadline."""
    mine = own(session, number, person_id)
    if mine is None or mine.state in (Stage.HELD, Stage.OFFERED):
        raise NotFound()
    counter = store.booking(session, mine.id).counter
    if not rules.may_change(counter, mine.state, mine.starts_at, now):
        raise NotNow(N_("This appointment can no longer be cancelled or moved. If you cannot come, tell the counter."))
    return mine


def needs_no_reminder(starts_at: datetime, now: datetime) -> datetime | None:
    """Return `now` where the mail that leaves now is reminder enough."""
    return now if starts_at <= now + REMINDED_BEFORE else None


def forget_holds(session: Session, now: datetime) -> int:
    """Remove the holds that nobody booked for long, and return how many there were."""
    query = sa.delete(Appointment).where(
        sa.text("appointment.state = 'held'"), Appointment.held_until <= now - FORGOTTEN
    )
    return len(session.scalars(query.returning(Appointment.id).execution_options(synchronize_session=False)).all())


def _number(session: Session, wanted: str) -> str:
    if not _NUMBER.fullmatch(wanted):
        return new_number()
    used = session.scalar(sa.select(Appointment.id).where(Appointment.number == wanted))
    return new_number() if used else wanted


def _own_ticket(session: Session, number: str, person_id: int) -> int:
    found = session.scalar(sa.select(Ticket.id).where(Ticket.number == number, Ticket.requester_id == person_id))
    if found is None:
        raise NotFound()
    return found


def _let_go_holds_of(session: Session, person_id: int) -> None:
    """A person fills in one form at a time, so nobody can keep a whole morning."""
    query = sa.delete(Appointment).where(Appointment.person_id == person_id, Appointment.state == Stage.HELD)
    session.execute(query.execution_options(synchronize_session=False))


def _remove_expired(session: Session, counter_id: int, slot: Slot, now: datetime) -> None:
    query = sa.delete(Appointment).where(
        Appointment.counter_id == counter_id,
        sa.text("appointment.state = 'held'"),
        Appointment.held_until <= now,
        Appointment.starts_at < slot.ends_at,
        Appointment.ends_at > slot.starts_at,
    )
    session.execute(query.execution_options(synchronize_session=False))
