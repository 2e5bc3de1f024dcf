"""Waiting lists by the real actions: a freed time goes to the first whom it suits, then to the next."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.appointment_slots import hold
from servicedesk.actions.appointments import cancel, move
from servicedesk.actions.waiting_lists import Want, accept, decline, join, leave, pass_on_due
from servicedesk.rules.appointments import Stage
from servicedesk.rules.errors import Conflict, Gone, Invalid, NotFound, NotNow
from servicedesk.store import appointments as store
from servicedesk.store import waiting_lists as lists
from servicedesk.store.base import writing
from servicedesk.store.models.appointments import Appointment, AppointmentWait, TakenUnit
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from tests import factories
from tests.actions.test_appointments import FIVE, NINE
from tests.actions.test_concurrency import together
from tests.counters import SAID, booked, open_counter, wish
from tests.factories import NOW

MONDAY = date(2026, 3, 9)
WANT = Want("office", "exams", "in_person", MONDAY, MONDAY, SAID)
HOURS = timedelta(hours=12)


@pytest.fixture
def people(session: Session) -> list[Person]:
    factories.publish(session)
    open_counter(session, NOW)
    return [factories.student(session) for _ in range(4)]


def offered(session: Session) -> list[tuple[int, datetime, datetime | None]]:
    query = sa.select(Appointment.person_id, Appointment.starts_at, Appointment.held_until)
    return [tuple(row) for row in session.execute(query.where(Appointment.state == Stage.OFFERED))]


def number_of(session: Session, person: Person) -> str:
    query = sa.select(Appointment.number).where(Appointment.person_id == person.id, Appointment.state == Stage.OFFERED)
    return session.scalars(query).one()


def last_mail(session: Session) -> tuple[str, int | None]:
    row = session.scalars(sa.select(Notice).order_by(Notice.id.desc())).first()
    assert row is not None
    return row.template, row.recipient_id


def test_a_cancelled_time_is_kept_for_the_first_in_line_who_gets_a_mail(session: Session, people: list[Person]) -> None:
    number = booked(session, NINE, people[0].id, NOW)
    for person in people[1:3]:
        join(session, WANT, person.id, NOW)
    cancel(session, number, people[0].id, NOW)
    assert offered(session) == [(people[1].id, NINE, NOW + HOURS)]
    assert last_mail(session) == ("appointment_offered", people[1].id)
    with pytest.raises(Conflict):
        hold(session, wish(NINE), people[3].id, NOW)
    accept(session, number_of(session, people[1]), people[1].id, NOW + HOURS - FIVE)
    [mine] = store.own(session, people[1].id, NOW)
    assert (mine.state, mine.starts_at, mine.description) == (Stage.BOOKED, NINE, SAID.description)
    assert last_mail(session) == ("appointment_booked", people[1].id)
    assert [wait.counter.key for wait in lists.of_person(session, people[2].id)] == ["office"]
    assert lists.of_person(session, people[1].id) == []


def test_an_offer_that_nobody_takes_goes_to_the_next_and_then_becomes_free(
    session: Session, people: list[Person]
) -> None:
    number = booked(session, NINE, people[0].id, NOW)
    for person in people[1:3]:
        join(session, WANT, person.id, NOW)
    cancel(session, number, people[0].id, NOW)
    first, over = number_of(session, people[1]), NOW + HOURS
    assert pass_on_due(session, over - FIVE, 10) == 0
    with pytest.raises(Gone):
        accept(session, first, people[1].id, over)
    assert pass_on_due(session, over, 10) == 1
    assert offered(session) == [(people[2].id, NINE, over + HOURS)]
    with pytest.raises(NotFound):
        accept(session, first, people[1].id, over)
    decline(session, number_of(session, people[2]), people[2].id, over)
    assert offered(session) == []
    hold(session, wish(NINE), people[3].id, over)


def test_a_moved_appointment_frees_its_time_for_the_line(session: Session, people: list[Person]) -> None:
    number = booked(session, NINE, people[0].id, NOW)
    join(session, WANT, people[1].id, NOW)
    move(session, number, NINE + 4 * FIVE, people[0].id, NOW)
    assert [(person, starts) for person, starts, _until in offered(session)] == [(people[1].id, NINE)]


@pytest.mark.parametrize(
    "change",
    [{"first_day": MONDAY + timedelta(days=1), "last_day": MONDAY + timedelta(days=9)}, {"topic": "long"}],
)
def test_a_time_that_does_not_suit_the_first_goes_to_the_next(
    session: Session, people: list[Person], change: dict[str, object]
) -> None:
    topics = (*store.counters(session)[0].topics,)
    open_counter(session, NOW, topics=(*topics, replace(topics[0], key="long", minutes=60)))
    numbers = [booked(session, NINE + 2 * index * FIVE, people[0].id, NOW) for index in range(2)]
    join(session, replace(WANT, **change), people[1].id, NOW)  # type: ignore[arg-type]
    join(session, WANT, people[2].id, NOW)
    cancel(session, numbers[0], people[0].id, NOW)
    assert [person for person, _starts, _until in offered(session)] == [people[2].id]


def test_an_offer_never_outlives_the_last_moment_to_book(session: Session, people: list[Person]) -> None:
    number = booked(session, NINE, people[0].id, NOW)
    join(session, WANT, people[1].id, NOW)
    cancel(session, number, people[0].id, NINE - timedelta(hours=3))
    assert [until for _person, _starts, until in offered(session)] == [NINE - timedelta(hours=1)]


def test_one_stands_once_in_a_line_and_leaves_it(session: Session, people: list[Person]) -> None:
    join(session, WANT, people[1].id, NOW)
    join(session, replace(WANT, last_day=MONDAY + timedelta(days=3)), people[1].id, NOW)
    [wait] = lists.of_person(session, people[1].id)
    assert wait.last_day == MONDAY + timedelta(days=3)
    leave(session, "office", people[1].id)
    assert lists.of_person(session, people[1].id) == []
    with pytest.raises(NotFound):
        leave(session, "office", people[1].id)


def test_who_has_a_time_on_offer_answers_it_first(session: Session, people: list[Person]) -> None:
    number = booked(session, NINE, people[0].id, NOW)
    join(session, WANT, people[1].id, NOW)
    cancel(session, number, people[0].id, NOW)
    with pytest.raises(NotNow):
        join(session, WANT, people[1].id, NOW)
    with pytest.raises(NotFound):
        accept(session, number_of(session, people[1]), people[2].id, NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"first_day": MONDAY + timedelta(days=1)},
        {"first_day": MONDAY - timedelta(days=30), "last_day": MONDAY - timedelta(days=20)},
        {"last_day": MONDAY + timedelta(days=300)},
        {"topic": "other"},
        {"mode": "by_post"},
    ],
)
def test_days_and_matters_that_cannot_be_are_refused(
    session: Session, people: list[Person], change: dict[str, object]
) -> None:
    with pytest.raises(Invalid):
        join(session, replace(WANT, **change), people[1].id, NOW)  # type: ignore[arg-type]


def test_who_waited_for_days_that_are_over_is_forgotten(session: Session, people: list[Person]) -> None:
    join(session, WANT, people[1].id, NOW)
    assert pass_on_due(session, NINE + timedelta(days=1), 10) == 0
    assert pass_on_due(session, NINE + timedelta(days=2), 10) == 1
    assert lists.of_person(session, people[1].id) == []


@pytest.mark.both_databases
@pytest.mark.concurrency
def test_times_freed_and_offers_passed_on_at_once_are_each_offered_once(fresh_database: sa.Engine) -> None:
    with Session(fresh_database) as session, writing(session):
        factories.publish(session)
        open_counter(session, NOW)
        owners = [factories.student(session).id for _ in range(4)]
        numbers = [booked(session, NINE + 2 * index * FIVE, person, NOW) for index, person in enumerate(owners)]
        for _ in range(8):
            join(session, WANT, factories.student(session).id, NOW)
        cancel(session, numbers[0], owners[0], NOW)
    over = NOW + HOURS

    def work(index: int) -> None:
        with Session(fresh_database) as session, writing(session):
            if index < 3:
                cancel(session, numbers[index + 1], owners[index + 1], over)
            else:
                pass_on_due(session, over, 10)

    assert together(6, work) == [None] * 6
    with Session(fresh_database) as session:
        starts = [at for _person, at, _until in offered(session)]
        assert sorted(starts) == [NINE + 2 * index * FIVE for index in range(4)]
        assert session.scalar(sa.select(sa.func.count()).select_from(TakenUnit)) == 8
        waits = session.scalars(sa.select(AppointmentWait.state)).all()
        assert sorted(waits) == ["offered"] * 4 + ["waiting"] * 3


@pytest.mark.both_databases
@pytest.mark.concurrency
def test_an_offer_taken_while_it_is_passed_on_belongs_to_one_person(fresh_database: sa.Engine) -> None:
    with Session(fresh_database) as session, writing(session):
        factories.publish(session)
        open_counter(session, NOW)
        people = [factories.student(session).id for _ in range(3)]
        number = booked(session, NINE, people[0], NOW)
        for person in people[1:]:
            join(session, WANT, person, NOW)
        cancel(session, number, people[0], NOW)
        mine = session.scalars(sa.select(Appointment.number).where(Appointment.state == Stage.OFFERED)).one()

    def work(index: int) -> None:
        with Session(fresh_database) as session, writing(session):
            if index:
                decline(session, mine, people[1], NOW)
            else:
                accept(session, mine, people[1], NOW)

    together(2, work)
    with Session(fresh_database) as session:
        held = session.scalars(
            sa.select(Appointment.id).where(Appointment.state.in_((Stage.BOOKED, Stage.OFFERED)))
        ).all()
        assert len(held) == 1
