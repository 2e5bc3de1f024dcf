"""Waiting lists of the counters: who wants a time that is not free, and a freed time offered to the first in line."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.appointment_mails import BOOKED, OFFERED, tell
from servicedesk.actions.appointment_slots import (
    Said,
    has_too_many,
    needs_no_reminder,
    new_number,
    own,
    refuse_too_many,
    take,
    topic_of,
)
from servicedesk.rules import appointments as rules
from servicedesk.rules.appointments import Slot, Stage
from servicedesk.rules.calendar import local_day
from servicedesk.rules.counters import LONGEST_MINUTES, Counter, Topic
from servicedesk.rules.errors import Conflict, Gone, Invalid, NotFound, NotNow
from servicedesk.rules.sentences import N_
from servicedesk.store import appointments as store
from servicedesk.store import waiting_lists as lists
from servicedesk.store.models.appointments import Appointment, AppointmentWait
from servicedesk.store.waiting_lists import IN_LINE, ON_OFFER

LONGEST_SPAN = timedelta(days=180)
_NEAR = timedelta(minutes=LONGEST_MINUTES)
_OVER = N_("The time was kept for you as long as the mail said, and goes to the next in line. Join the list again.")


@dataclass(frozen=True, slots=True)
class Want:
    """A time that somebody waits for: any on these days, both included."""

    counter: str
    topic: str
    mode: str
    first_day: date
    last_day: date
    said: Said


def join(session: Session, want: Want, person_id: int, now: datetime) -> None:
    """Put somebody at the end of a counter's line, instead of where they stood in it with another wish.

    Raises NotFound for no such counter, Invalid for no such topic or mode, or days that cannot be, NotNow for too many
    appointments, or while a time is on offer.
    """
    counter_id, counter = store.counter_row(session, want.counter, is_locked=True)
    topic_of(counter, want.topic, want.mode)
    today = local_day(now, counter.clock)
    if not today <= want.last_day <= today + LONGEST_SPAN or want.first_day > want.last_day:
        raise Invalid(N_("Choose a last day from the first one on, within half a year."))
    refuse_too_many(session, counter_id, person_id, now)
    before = lists.of_person_at(session, person_id, counter_id)
    if before is not None and before.state == ON_OFFER:
        raise NotNow(N_("A time is kept for you already: take it, or leave it to the next in line."))
    if before is not None:
        session.delete(before)
        session.flush()
    session.add(
        AppointmentWait(
            counter_id=counter_id,
            person_id=person_id,
            topic=want.topic,
            mode=want.mode,
            first_day=want.first_day,
            last_day=want.last_day,
            state=IN_LINE,
            created_at=now,
            **asdict(want.said),
        )
    )
    session.flush()


def leave(session: Session, counter: str, person_id: int) -> None:
    """Take somebody out of a counter's line. Raises NotFound where they do not stand in it."""
    counter_id, _counter = store.counter_row(session, counter, is_locked=True)
    wait = lists.of_person_at(session, person_id, counter_id)
    if wait is None or wait.state != IN_LINE:
        raise NotFound()
    session.delete(wait)
    session.flush()


def offer_freed(session: Session, counter_id: int, counter: Counter, freed: Slot, now: datetime) -> None:
    """Offer a freed time, in the order of the line, to whom it suits; the caller holds the lock on the counter."""
    day = local_day(freed.starts_at, counter.clock)
    for wait in lists.in_line(session, counter_id, day):
        topic = counter.topic(wait.topic)
        if topic is None or wait.mode not in counter.modes or has_too_many(session, counter_id, wait.person_id, now):
            continue
        if slot := _free_there(session, counter_id, counter, topic, freed, now):
            _offer(session, wait, counter, topic, slot, now)


def accept(session: Session, number: str, person_id: int, now: datetime) -> None:
    """Book the time on offer; sent twice, it is booked once. Raises NotFound, and Gone when the offer is over."""
    key = store.own_one(session, number, person_id).counter.key
    store.counter_row(session, key, is_locked=True)
    mine = own(session, number, person_id)
    if mine is None:
        raise Gone(_OVER)
    if mine.state != Stage.OFFERED:
        return
    if mine.held_until is None or mine.held_until <= now:
        raise Gone(_OVER)
    mine.state, mine.held_until = Stage.BOOKED, None
    mine.reminded_at = needs_no_reminder(mine.starts_at, now)
    _end(session, mine.id)
    session.flush()
    tell(session, mine.id, BOOKED, now)


def decline(session: Session, number: str, person_id: int, now: datetime) -> None:
    """Leave the time on offer to the next in line. Raises NotFound where none is on offer."""
    key = store.own_one(session, number, person_id).counter.key
    counter_id, counter = store.counter_row(session, key, is_locked=True)
    mine = own(session, number, person_id)
    if mine is None or mine.state != Stage.OFFERED:
        raise NotFound()
    _pass_on(session, mine, counter_id, counter, now)


def pass_on_due(session: Session, now: datetime, limit: int) -> int:
    """Pass on up to `limit` offers that nobody took in time, forget whose days are over, and return how many."""
    passed = 0
    for appointment_id, key in lists.due_offers(session, now, limit):
        counter_id, counter = store.counter_row(session, key, is_locked=True)
        offered = session.get(Appointment, appointment_id, with_for_update=True, populate_existing=True)
        if offered is not None and offered.state == Stage.OFFERED:  # taken or left while this one waited for the lock
            _pass_on(session, offered, counter_id, counter, now)
        passed += 1
    # Last: whoever joins a line locks the counter first, then their own place in it.
    return passed + lists.forget_past(session, now.date() - timedelta(days=1))


def _pass_on(session: Session, offered: Appointment, counter_id: int, counter: Counter, now: datetime) -> None:
    freed = Slot(offered.starts_at, offered.ends_at)
    _end(session, offered.id)
    session.delete(offered)
    session.flush()
    offer_freed(session, counter_id, counter, freed, now)


def _end(session: Session, appointment_id: int) -> None:
    query = sa.delete(AppointmentWait).where(AppointmentWait.appointment_id == appointment_id)
    session.execute(query.execution_options(synchronize_session=False))


def _free_there(
    session: Session, counter_id: int, counter: Counter, topic: Topic, freed: Slot, now: datetime
) -> Slot | None:
    """Return the first free time for the topic that has a part of the freed one."""
    taken = store.taken(session, counter_id, freed.starts_at - _NEAR, freed.ends_at + _NEAR, now)
    day = local_day(freed.starts_at, counter.clock)
    found = rules.free_slots(counter, day, topic.minutes, taken, now)
    return next((slot for slot in found if slot.starts_at < freed.ends_at and slot.ends_at > freed.starts_at), None)


def _offer(session: Session, wait: AppointmentWait, counter: Counter, topic: Topic, slot: Slot, now: datetime) -> None:
    until = rules.offered_until(counter, slot.starts_at, now)
    made = Appointment(
        number=new_number(),
        counter_id=wait.counter_id,
        person_id=wait.person_id,
        topic=topic.key,
        topic_name=asdict(topic.name),
        mode=wait.mode,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        state=Stage.OFFERED,
        held_until=until,
        description=wait.description,
        phone=wait.phone,
        contact=wait.contact,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(made)
            session.flush()
            take(session, made, slot, counter, now)
    except Conflict:
        return
    wait.state, wait.appointment_id, wait.offered_until = ON_OFFER, made.id, until
    session.flush()
    tell(session, made.id, OFFERED, now)
