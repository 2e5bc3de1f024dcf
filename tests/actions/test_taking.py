"""The next ticket: the most urgent one that nobody has, once."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.taking import take_next
from servicedesk.actions.tickets import act
from servicedesk.rules.errors import AlreadyDone, NotNow
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.permissions import Actor
from servicedesk.store.base import writing
from servicedesk.store.models.tickets import Ticket
from tests import factories
from tests.actions.test_concurrency import together
from tests.factories import NOW


@pytest.fixture
def me(session: Session) -> Actor:
    factories.publish(session)
    return factories.actor(session, factories.technician(session))


def taken(session: Session, me: Actor, **more: str) -> str:
    found = take_next(session, me.groups, me, NOW, **more)
    return found.title if found else ""


def filed(session: Session, title: str, **columns: object) -> Ticket:
    made = factories.ticket(session, title=title)
    for name, value in columns.items():
        setattr(made, name, value)
    session.flush()
    return made


def test_the_next_ticket_is_the_most_urgent_then_what_is_due_first_then_the_oldest(session: Session, me: Actor) -> None:
    filed(session, "fifth", priority=2)
    filed(session, "fourth", priority=4)
    filed(session, "third", priority=4, opened_at=NOW - timedelta(days=9))
    filed(session, "second", priority=4, due_at=NOW + timedelta(days=2))
    filed(session, "first", priority=4, due_at=NOW + timedelta(days=1))
    assert [taken(session, me) for _ in range(6)] == ["first", "second", "third", "fourth", "fifth", ""]
    assert set(session.scalars(sa.select(Ticket.technician_id))) == {me.person_id}
    assert set(session.scalars(sa.select(Ticket.state))) == {State.ASSIGNED_TECHNICIAN}


def test_only_what_nobody_has_and_what_is_with_my_groups_is_taken(session: Session, me: Actor) -> None:
    colleague = factories.technician(session)
    factories.ticket(session, state=State.ASSIGNED_TECHNICIAN, technician=colleague)
    factories.ticket(session, state=State.RESOLVED, technician=colleague)
    factories.technician(session, "FEW")
    assert factories.ticket(session, key="exams").group_code == "FEW"
    assert take_next(session, {"DESK", "FEW"}, me, NOW) is None


def test_what_i_gave_back_today_is_left_to_others_until_tomorrow(session: Session, me: Actor) -> None:
    made = filed(session, "not mine")
    act(session, made, Action.TAKE, me, NOW)
    act(session, made, Action.RELEASE, me, NOW)
    assert taken(session, me) == ""
    other = factories.actor(session, factories.technician(session))
    assert take_next(session, me.groups, me, NOW + timedelta(days=1)) is made
    act(session, made, Action.RELEASE, me, NOW + timedelta(days=1))
    assert take_next(session, other.groups, other, NOW + timedelta(days=1)) is made


def test_whoever_is_absent_is_told_so_and_given_nothing(session: Session, me: Actor) -> None:
    made = filed(session, "waits")
    who = session.get_one(factories.Person, me.person_id)
    factories.absence(session, who, date(2026, 3, 1), date(2026, 3, 2))
    with pytest.raises(NotNow, match="absent"):
        take_next(session, me.groups, me, NOW)
    assert take_next(session, me.groups, me, NOW + timedelta(days=1)) is made


def test_one_press_sent_twice_takes_one_ticket(session: Session, me: Actor) -> None:
    first = filed(session, "first")
    filed(session, "second")
    assert taken(session, me, form_key="pressed") == "first"
    with pytest.raises(AlreadyDone) as caught, session.begin_nested():
        take_next(session, me.groups, me, NOW, "pressed")
    assert caught.value.made.startswith(first.number)


@pytest.mark.both_databases
@pytest.mark.concurrency
def test_technicians_who_ask_at_the_same_moment_never_get_the_same(fresh_database: sa.Engine) -> None:
    with Session(fresh_database, expire_on_commit=False) as session, writing(session):
        factories.publish(session)
        workers = [factories.actor(session, factories.technician(session)) for _ in range(6)]
        for number in range(5):
            factories.ticket(session, title=f"Ticket {number}")

    def ask(index: int) -> str:
        with Session(fresh_database) as session, writing(session):
            found = take_next(session, workers[index].groups, workers[index], NOW)
            return found.title if found else ""

    assert sorted(together(6, ask)) == ["", *(f"Ticket {number}" for number in range(5))]
