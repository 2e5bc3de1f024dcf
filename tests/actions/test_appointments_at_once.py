"""Fifty people want one time, with real threads and real commits on every engine: exactly one gets it."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.appointment_slots import hold
from servicedesk.actions.appointments import book, move
from servicedesk.rules.errors import Conflict
from servicedesk.store.base import writing
from servicedesk.store.models.appointments import Appointment, TakenUnit
from tests import factories
from tests.actions.test_appointments import FIVE, NINE
from tests.actions.test_concurrency import together
from tests.counters import SAID, booked, open_counter, wish
from tests.factories import NOW

pytestmark = [pytest.mark.both_databases, pytest.mark.concurrency]
CROWD = 50


def crowd(engine: sa.Engine, count: int, capacity: int = 1) -> list[int]:
    with Session(engine) as session, writing(session):
        factories.publish(session)
        open_counter(session, NOW, capacity=capacity)
        return [factories.student(session).id for _ in range(count)]


@pytest.mark.parametrize("capacity", [1, 3])
def test_of_fifty_attempts_on_one_time_as_many_succeed_as_there_are_seats(
    fresh_database: sa.Engine, capacity: int
) -> None:
    people = crowd(fresh_database, CROWD, capacity)

    def attempt(index: int) -> str:
        with Session(fresh_database) as session, writing(session):
            number = hold(session, wish(NINE), people[index], NOW)
        with Session(fresh_database) as session, writing(session):
            book(session, number, SAID, people[index], NOW)
        return number

    results = together(CROWD, attempt)
    assert sum(isinstance(result, str) for result in results) == capacity
    assert sum(isinstance(result, Conflict) for result in results) == CROWD - capacity
    with Session(fresh_database) as session:
        assert session.scalar(sa.select(sa.func.count(Appointment.id))) == capacity
        assert session.scalar(sa.select(sa.func.count()).select_from(TakenUnit)) == 2 * capacity


def test_people_who_change_places_at_once_never_end_on_the_same_time(fresh_database: sa.Engine) -> None:
    people = crowd(fresh_database, 8)
    starts = [NINE + 2 * index * FIVE for index in range(6)]
    with Session(fresh_database) as session, writing(session):
        numbers = [booked(session, start, person, NOW) for start, person in zip(starts, people, strict=False)]

    def attempt(index: int) -> None:
        with Session(fresh_database) as session, writing(session):
            move(session, numbers[index], starts[(index + 1) % 6] + FIVE, people[index], NOW)

    results = together(6, attempt)
    assert all(result is None or isinstance(result, Conflict) for result in results)
    with Session(fresh_database) as session:
        held = session.scalar(sa.select(sa.func.count()).select_from(TakenUnit))
        assert held == 2 * len(numbers)
