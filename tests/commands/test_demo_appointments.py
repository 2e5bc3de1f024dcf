"""The demo's appointments: past and future ones at every counter, by students, at times that exist."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.commands import demo_appointments
from servicedesk.commands.demo_build import add_counters
from servicedesk.rules.appointments import Stage
from servicedesk.store import appointments as store
from servicedesk.store.models.appointments import Appointment
from tests import factories
from tests.factories import NOW
from tests.web.conftest import publish


def test_every_counter_of_the_demo_has_been_visited_and_will_be(session: Session) -> None:
    publish(session)
    for _student in range(12):
        factories.student(session)
    session.commit()
    add_counters(session, NOW)
    made = demo_appointments.add(session, NOW)
    rows = session.scalars(sa.select(Appointment)).all()
    booked = [row for row in rows if not row.is_walk_in]
    assert made == len(booked) >= 12
    assert {row.counter_id for row in booked} == {row.counter_id for row in rows if row.is_walk_in}
    assert len({row.counter_id for row in rows}) == len(store.counters(session))
    assert {row.state for row in booked if row.starts_at < NOW} == {Stage.PRESENT, Stage.ABSENT}
    assert {row.state for row in booked if row.starts_at > NOW} == {Stage.BOOKED}
