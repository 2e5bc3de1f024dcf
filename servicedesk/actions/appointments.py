"""Appointments as verbs: book a held time, cancel, move, note who came, remind."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.appointment_files import attach, keep_longer
from servicedesk.actions.appointment_mails import BOOKED, CANCELLED, MOVED, REMINDER, tell
from servicedesk.actions.appointment_slots import (
    REMINDED_BEFORE,
    Said,
    changeable,
    free,
    needs_no_reminder,
    open_slot,
    own,
    take,
)
from servicedesk.actions.waiting_lists import offer_freed
from servicedesk.rules.appointments import Slot, Stage
from servicedesk.rules.calendar import local_day
from servicedesk.rules.errors import Gone, Invalid, NotNow
from servicedesk.rules.permissions import Actor
from servicedesk.rules.sentences import N_
from servicedesk.store import appointments as store
from servicedesk.store.models.appointments import Appointment


def book(
    session: Session,
    number: str,
    said: Said,
    person_id: int,
    now: datetime,
    files: Sequence[str] = (),
    draft_key: str = "",
) -> None:
    """Book a held time; sent twice, it is booked once. A hold that is over still counts while nobody wants its time.

    `files` are drafts stored under `draft_key`. Raises Gone when somebody took the time, Invalid when the form
    says too little or a file is not there any more.
    """
    held = own(session, number, person_id)
    if held is None:
        raise Gone(N_("The five minutes were over and somebody else took this time. Choose another one."))
    if held.state != Stage.HELD:
        return
    if not (said.description.strip() and said.phone.strip()):
        raise Invalid(N_("Say what it is about, and a telephone number."))
    held.state, held.held_until = Stage.BOOKED, None
    held.reminded_at = needs_no_reminder(held.starts_at, now)
    held.description, held.phone, held.contact = said.description, said.phone, said.contact
    session.flush()
    attach(session, held, files, draft_key)
    tell(session, held.id, BOOKED, now)


def cancel(session: Session, number: str, person_id: int, now: datetime) -> None:
    """Cancel one's own appointment: its time goes to the first in line. Raises NotFound, NotNow after the deadline."""
    key = store.own_one(session, number, person_id).counter.key
    counter_id, counter = store.counter_row(session, key, is_locked=True)
    mine = changeable(session, number, person_id, now)
    free(session, mine)
    mine.state = Stage.CANCELLED
    mine.sequence += 1
    session.flush()
    tell(session, mine.id, CANCELLED, now)
    offer_freed(session, counter_id, counter, Slot(mine.starts_at, mine.ends_at), now)


def move(session: Session, number: str, starts_at: datetime, person_id: int, now: datetime) -> None:
    """Give one's own appointment another time; number, topic and mode stay.

    Raises NotFound, NotNow after the deadline, Conflict when the new time is taken.
    """
    key = store.own_one(session, number, person_id).counter.key
    counter_id, counter = store.counter_row(session, key, is_locked=True)
    mine = changeable(session, number, person_id, now)
    if mine.starts_at == starts_at:
        return
    slot = open_slot(counter, (mine.ends_at - mine.starts_at) // timedelta(minutes=1), starts_at, now)
    freed = Slot(mine.starts_at, mine.ends_at)
    free(session, mine)
    take(session, mine, slot, counter, now)
    mine.starts_at, mine.ends_at = slot.starts_at, slot.ends_at
    mine.sequence += 1
    mine.reminded_at = needs_no_reminder(slot.starts_at, now)
    session.flush()
    keep_longer(session, mine)
    tell(session, mine.id, MOVED, now)
    offer_freed(session, counter_id, counter, freed, now)


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
