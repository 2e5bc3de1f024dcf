"""The demo's appointments: past ones with who came and who did not, and some of the days to come."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.appointment_slots import Said, Wish, hold
from servicedesk.actions.appointments import book, note_visit
from servicedesk.actions.walk_ins import Visit, note_walk_in
from servicedesk.rules.appointments import Slot, slots
from servicedesk.rules.calendar import local_day
from servicedesk.rules.counters import Counter
from servicedesk.rules.permissions import Actor, ActorKind
from servicedesk.store import appointments as store
from servicedesk.store.base import writing
from servicedesk.store.models.people import Identity, Person, StudentRecord

MATTERS = (
    "Vorrei capire quali esami mi mancano per la laurea.",
    "Devo consegnare il modulo firmato per il tirocinio.",
    "I would like to change my study plan: which courses fit?",
    "Non riesco a presentare la domanda di laurea.",
    "Ritiro del certificato richiesto la settimana scorsa.",
    "Posso passare a un altro corso senza perdere gli esami?",
)
DAYS = (-9, -7, -4, 1, 2, 5, 8)
"""Days from today about which there is an appointment at each counter."""
BOOKED_BEFORE = timedelta(days=2)
MISSED = 3
"""One in so many past appointments was missed."""
PHONE = "+39 035 555 0100"


def add(session: Session, now: datetime) -> int:
    """Book, by the real actions, and return how many appointments there are."""
    people = _students(session)
    count = 0
    for counter in store.counters(session):
        staff = Actor(ActorKind.PERSON, groups=frozenset({counter.group}))
        for slot in _times(counter, now):
            number = _book(session, counter, slot, people[count % len(people)], count, now)
            if slot.starts_at < now:
                with writing(session):
                    note_visit(session, number, count % MISSED != 0, staff, slot.ends_at)
            count += 1
        with writing(session):
            note_walk_in(session, Visit(counter.key, counter.topics[-1].key), staff, now - timedelta(hours=1))
    return count


def _students(session: Session) -> list[int]:
    """Return the students who have an account, in the register's order."""
    query = (
        sa.select(Person.id)
        .join(Identity, Identity.person_id == Person.id)
        .join(StudentRecord, StudentRecord.fiscal_hash == Identity.subject)
        .order_by(StudentRecord.id)
        .limit(12)
    )
    return list(session.scalars(query))


def _times(counter: Counter, now: datetime) -> Iterator[Slot]:
    """Yield for each of `DAYS` a time on the first day after it on which the counter opens."""
    taken = set()
    for place, offset in enumerate(DAYS):
        for later in range(7):
            day = local_day(now, counter.clock) + timedelta(days=offset + later)
            found = slots(counter, day, counter.topics[place % len(counter.topics)].minutes)
            fit = [slot for slot in found if (slot.ends_at < now) == (offset < 0) and slot.starts_at not in taken]
            if fit and (offset < 0 or fit[0].starts_at > now + timedelta(hours=2)):
                slot = fit[min(place * 6, len(fit) - 1)]
                taken.add(slot.starts_at)
                yield slot
                break


def _book(session: Session, counter: Counter, slot: Slot, person_id: int, count: int, now: datetime) -> str:
    before = min(slot.starts_at, now) - BOOKED_BEFORE
    minutes = (slot.ends_at - slot.starts_at) // timedelta(minutes=1)
    topic = next(each for each in counter.topics if each.minutes == minutes)
    mode = counter.modes[count % len(counter.modes)]
    with writing(session):
        number = hold(session, Wish(counter.key, topic.key, mode, slot.starts_at), person_id, before)
        book(session, number, Said(MATTERS[count % len(MATTERS)], PHONE), person_id, before)
    return number
