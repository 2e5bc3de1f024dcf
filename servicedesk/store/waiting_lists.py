"""Questions about waiting lists: who stands in a counter's line, which offers are over, what a person waits for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.counters import Counter, Topic, read_counter
from servicedesk.store.models.appointments import AppointmentWait, CounterRow

IN_LINE, ON_OFFER = "waiting", "offered"
LOOKED_AT = 200
"""People in line to whom one freed time is offered at most."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A person's place in a counter's line, as pages show it."""

    counter: Counter
    topic: Topic | None
    first_day: date
    last_day: date


def of_person_at(session: Session, person_id: int, counter_id: int) -> AppointmentWait | None:
    """Return the person's place at a counter, locked; None where they do not wait."""
    query = sa.select(AppointmentWait).where(
        AppointmentWait.person_id == person_id, AppointmentWait.counter_id == counter_id
    )
    return session.scalars(query.with_for_update()).first()


def of_person(session: Session, person_id: int) -> list[Waiting]:
    """Return the lines in which a person stands."""
    query = (
        sa.select(AppointmentWait, CounterRow.content)
        .join(CounterRow, CounterRow.id == AppointmentWait.counter_id)
        .where(AppointmentWait.person_id == person_id, AppointmentWait.state == IN_LINE)
        .order_by(AppointmentWait.id)
    )
    found = [(wait, read_counter(content)) for wait, content in session.execute(query)]
    return [Waiting(counter, counter.topic(wait.topic), wait.first_day, wait.last_day) for wait, counter in found]


def in_line(session: Session, counter_id: int, day: date) -> Sequence[AppointmentWait]:
    """Return who waits for a time on this day at a counter, the first in line first."""
    query = (
        sa.select(AppointmentWait)
        .where(AppointmentWait.counter_id == counter_id, sa.text("appointment_wait.state = 'waiting'"))
        .where(AppointmentWait.first_day <= day, AppointmentWait.last_day >= day)
        .order_by(AppointmentWait.id)
        .limit(LOOKED_AT)
    )
    return session.scalars(query).all()


def due_offers(session: Session, now: datetime, limit: int) -> Sequence[tuple[int, str]]:
    """Return appointment and counter's key of the offers that are over, by counter, so that locks come in order."""
    query = (
        sa.select(AppointmentWait.appointment_id, CounterRow.key)
        .join(CounterRow, CounterRow.id == AppointmentWait.counter_id)
        .where(sa.text("appointment_wait.state = 'offered'"), AppointmentWait.offered_until <= now)
        .order_by(AppointmentWait.offered_until)
        .limit(limit)
    )
    rows = session.execute(query).all()
    return sorted(((row.appointment_id, row.key) for row in rows), key=lambda due: (due[1], due[0]))


def forget_past(session: Session, day: date) -> int:
    """Remove who waited for days before this one, and return how many there were."""
    query = sa.delete(AppointmentWait).where(
        sa.text("appointment_wait.state = 'waiting'"), AppointmentWait.last_day < day
    )
    return len(session.scalars(query.returning(AppointmentWait.id).execution_options(synchronize_session=False)).all())
