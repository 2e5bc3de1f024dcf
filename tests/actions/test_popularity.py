"""What is popular is counted from real requests of different people, never from so few that it tells of one."""

import pytest
import sqlalchemy as sa

from servicedesk.actions.popularity import FEWEST, count_demand
from servicedesk.store import popular
from tests import factories
from tests.factories import NOW, later
from tests.store.plans import full_scans, plans


@pytest.fixture(autouse=True)
def running(session):
    factories.publish(session)


def ask(session, key, people, now=NOW):
    for _ in range(people):
        factories.ticket(session, key=key, now=now)


def test_b4_what_most_people_asked_about_comes_first(session):
    ask(session, "exams", FEWEST)
    ask(session, "fees", FEWEST + 1)
    assert count_demand(session, NOW) == 2
    assert popular.popular(session, 5) == ["fees", "exams"]
    assert popular.popular(session, 1) == ["fees"]


def test_b4_a_subject_of_too_few_people_is_not_counted_however_often_they_ask(session):
    insistent = factories.student(session)
    for _ in range(FEWEST + 1):
        factories.ticket(session, key="fees", requester=insistent)
    ask(session, "fees", FEWEST - 2)
    assert count_demand(session, NOW) == 0
    ask(session, "fees", 1)
    assert count_demand(session, NOW) == 1


def test_guests_do_not_count_because_they_may_all_be_one_person(session):
    for _ in range(FEWEST):
        factories.ticket(session, key="login", requester=factories.guest(session), suffix="7KQF2M")
    assert count_demand(session, NOW) == 0


def test_what_was_popular_long_ago_is_forgotten(session):
    ask(session, "fees", FEWEST)
    assert count_demand(session, later(days=89)) == 1
    assert count_demand(session, later(days=91)) == 0
    assert popular.popular(session, 5) == []


def test_b4_recent_subjects_are_ones_own_each_once_the_latest_first(session):
    student = factories.student(session)
    for day, key in enumerate(("fees", "exams", "fees")):
        factories.ticket(session, key=key, requester=student, now=later(days=day))
    ask(session, "login", 1)
    actor = factories.actor(session, student)
    assert popular.recent(session, actor) == [("fees", later(days=2)), ("exams", later(days=1))]


def test_recent_and_popular_are_read_through_indexes(session):
    actor = factories.actor(session, factories.student(session))
    if session.get_bind().dialect.name != "sqlite":
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
    for ask_for in (lambda: popular.recent(session, actor), lambda: popular.requesters_since(session, NOW, FEWEST)):
        plan = plans(session, ask_for)
        assert "ix_ticket_requester" in plan or "ix_ticket_opened" in plan
        assert not list(full_scans(plan)), plan
