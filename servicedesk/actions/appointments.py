"""Appointments as verbs: hold a time, book it, cancel, move, note who came; and counters as administrators set them."""

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from servicedesk.actions.appointment_mails import BOOKED, CANCELLED, MOVED, REMINDER, tell
from servicedesk.actions.audit import record
from servicedesk.rules import appointments as rules
from servicedesk.rules.appointments import HOLD, MOST_AHEAD, Slot, Stage
from servicedesk.rules.calendar import local_day
from servicedesk.rules.counters import Counter, Topic
from servicedesk.rules.errors import Conflict, Gone, Invalid, NotFound, NotNow
from servicedesk.rules.numbering import ALPHABET
from servicedesk.rules.permissions import Actor
from servicedesk.rules.sentences import N_
from servicedesk.store import appointments as store
from servicedesk.store import catalogue
from servicedesk.store.models.appointments import Appointment, CounterRow, TakenUnit

FORGOTTEN = timedelta(hours=1)
"""After so long a hold that was never booked goes, wanted or not."""
NUMBER_LENGTH = 8
REMINDED_BEFORE = timedelta(hours=24)
_TAKEN = N_("This time has just been taken. Choose another one.")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants a time for."""

    counter: str
    topic: str
    mode: str
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """What the form of an appointment says."""

    description: str
    phone: str
    contact: str = ""


def set_counter(session: Session, counter: Counter, by: str, now: datetime) -> bool:
    """Make or change a counter, and return whether anything is different now.

    Appointments already booked stay as they are. Raises Invalid where the catalogue has no such group.
    """
    groups = catalogue.current(session).groups
    if counter.group not in groups:
        raise Invalid(
            N_("There is no group '%(group)s' in the running catalogue. Choose one of: %(groups)s."),
            group=counter.group,
            groups=", ".join(groups),
        )
    row = session.scalars(sa.select(CounterRow).where(CounterRow.key == counter.key).with_for_update()).first()
    before, after = (row.content if row else {}), counter.as_data()
    if before == after:
        return False
    if row is None:
        session.add(CounterRow(key=counter.key, content=after, changed_at=now))
    else:
        row.content, row.changed_at = after, now
    record(session, by, "counter.set", f"counter:{counter.key}", now, before, after)
    session.flush()
    return True


def hold(session: Session, wish: Wish, person_id: int, now: datetime) -> str:
    """Keep a time for five minutes for whoever fills in the form, and return the number it will be booked under.

    Raises NotFound for no such counter, Invalid for no such topic or mode, NotNow for too many appointments ahead,
    Conflict when the time is taken.
    """
    counter_id, counter = store.counter_row(session, wish.counter, is_locked=True)
    topic = _topic_of(counter, wish)
    _refuse_too_many(session, counter_id, person_id, now)
    _let_go_holds_of(session, person_id)
    slot = _open_slot(counter, topic.minutes, wish.starts_at, now)
    made = Appointment(
        number="".join(secrets.choice(ALPHABET) for _ in range(NUMBER_LENGTH)),
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
    )
    session.add(made)
    session.flush()
    _take(session, made, slot, counter, now)
    return made.number


def book(session: Session, number: str, said: Said, person_id: int, now: datetime) -> None:
    """Book a held time; sent twice, it is booked once. A hold that is over still counts while nobody wants its time.

    Raises Gone when somebody took it, Invalid when the form says too little.
    """
    held = _own(session, number, person_id)
    if held is None:
        raise Gone(N_("The five minutes were over and somebody else took this time. Choose another one."))
    if held.state != Stage.HELD:
        return
    if not (said.description.strip() and said.phone.strip()):
        raise Invalid(N_("Say what it is about, and a telephone number."))
    held.state, held.held_until = Stage.BOOKED, None
    held.reminded_at = _needs_no_reminder(held.starts_at, now)
    held.description, held.phone, held.contact = said.description, said.phone, said.contact
    session.flush()
    tell(session, held.id, BOOKED, now)


def cancel(session: Session, number: str, person_id: int, now: datetime) -> None:
    """Cancel one's own appointment and free its time. Raises NotFound, and NotNow after the deadline."""
    mine = _changeable(session, number, person_id, now)
    _free(session, mine)
    mine.state = Stage.CANCELLED
    mine.sequence += 1
    session.flush()
    tell(session, mine.id, CANCELLED, now)


def move(session: Session, number: str, starts_at: datetime, person_id: int, now: datetime) -> None:
    """Give one's own appointment another time; number, topic and mode stay.

    Raises NotFound, NotNow after the deadline, Conflict when the new time is taken.
    """
    key = store.own_one(session, number, person_id).counter.key
    _, counter = store.counter_row(session, key, is_locked=True)
    mine = _changeable(session, number, person_id, now)
    if mine.starts_at == starts_at:
        return
    slot = _open_slot(counter, (mine.ends_at - mine.starts_at) // timedelta(minutes=1), starts_at, now)
    _free(session, mine)
    _take(session, mine, slot, counter, now)
    mine.starts_at, mine.ends_at = slot.starts_at, slot.ends_at
    mine.sequence += 1
    mine.reminded_at = _needs_no_reminder(slot.starts_at, now)
    session.flush()
    tell(session, mine.id, MOVED, now)


def note_visit(session: Session, number: str, came: bool, actor: Actor, now: datetime) -> None:
    """Note whether the person came. Raises NotFound for a counter of others, NotNow before the day itself."""
    seen = store.staffed_one(session, number, actor)
    row = session.get(Appointment, seen.id, with_for_update=True, populate_existing=True)
    if row is None or row.state not in (Stage.BOOKED, Stage.PRESENT, Stage.ABSENT):
        raise NotNow(N_("This appointment was cancelled."))
    if local_day(seen.starts_at, seen.counter.clock) > local_day(now, seen.counter.clock):
        raise NotNow(N_("Who came can be noted from the day of the appointment on."))
    row.state = Stage.PRESENT if came else Stage.ABSENT
    session.flush()


def remind(session: Session, now: datetime, limit: int) -> int:
    """Queue the reminders of up to `limit` appointments of the next 24 hours, and return how many."""
    ids = store.due_reminders(session, now, now + REMINDED_BEFORE, limit)
    for appointment_id in ids:
        session.execute(sa.update(Appointment).where(Appointment.id == appointment_id).values(reminded_at=now))
        tell(session, appointment_id, REMINDER, now)
    return len(ids)


def _needs_no_reminder(starts_at: datetime, now: datetime) -> datetime | None:
    """Return `now` where the mail that leaves now is reminder enough."""
    return now if starts_at <= now + REMINDED_BEFORE else None


def _topic_of(counter: Counter, wish: Wish) -> Topic:
    topic = counter.topic(wish.topic)
    if topic is None:
        raise Invalid(N_("Choose what you come for."))
    if wish.mode not in [mode.value for mode in counter.modes]:
        raise Invalid(N_("Choose how you want to meet."))
    return topic


def _refuse_too_many(session: Session, counter_id: int, person_id: int, now: datetime) -> None:
    query = sa.select(sa.func.count()).where(
        Appointment.person_id == person_id,
        Appointment.starts_at > now,
        Appointment.counter_id == counter_id,
        Appointment.state == Stage.BOOKED,
    )
    if (session.scalar(query) or 0) >= MOST_AHEAD:
        raise NotNow(N_("You have %(most)d appointments here already. Cancel one to book another."), most=MOST_AHEAD)


def _let_go_holds_of(session: Session, person_id: int) -> None:
    """A person fills in one form at a time, so nobody can keep a whole morning."""
    query = sa.delete(Appointment).where(Appointment.person_id == person_id, Appointment.state == Stage.HELD)
    session.execute(query.execution_options(synchronize_session=False))


def _open_slot(counter: Counter, minutes: int, starts_at: datetime, now: datetime) -> Slot:
    """Return the slot that begins then, taken or not. Raises Conflict when the counter offers none."""
    offered = rules.free_slots(counter, local_day(starts_at, counter.clock), minutes, {}, now)
    found = next((slot for slot in offered if slot.starts_at == starts_at), None)
    if found is None:
        raise Conflict(N_("This time cannot be booked any more. Choose another one."))
    return found


def _take(session: Session, made: Appointment, slot: Slot, counter: Counter, now: datetime) -> None:
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


def _remove_expired(session: Session, counter_id: int, slot: Slot, now: datetime) -> None:
    in_the_way = sa.and_(Appointment.starts_at < slot.ends_at, Appointment.ends_at > slot.starts_at)
    query = sa.delete(Appointment).where(
        Appointment.counter_id == counter_id,
        sa.text("appointment.state = 'held'"),
        Appointment.held_until <= now,
        sa.or_(in_the_way, Appointment.held_until <= now - FORGOTTEN),
    )
    session.execute(query.execution_options(synchronize_session=False))


def _free(session: Session, mine: Appointment) -> None:
    query = sa.delete(TakenUnit).where(TakenUnit.appointment_id == mine.id)
    session.execute(query.execution_options(synchronize_session=False))


def _own(session: Session, number: str, person_id: int) -> Appointment | None:
    query = sa.select(Appointment).where(Appointment.number == number, Appointment.person_id == person_id)
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).first()


def _changeable(session: Session, number: str, person_id: int, now: datetime) -> Appointment:
    mine = _own(session, number, person_id)
    if mine is None or mine.state == Stage.HELD:
        raise NotFound()
    counter = store.booking(session, mine.id).counter
    if not rules.may_change(counter, mine.state, mine.starts_at, now):
        raise NotNow(N_("This appointment can no longer be cancelled or moved. If you cannot come, tell the counter."))
    return mine
