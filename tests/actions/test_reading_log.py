"""The record of who opened which request: once an hour, looked up with a reason, forgotten; on both databases."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from servicedesk.actions import anonymising, reading_log
from servicedesk.actions.anonymising_rows import Left
from servicedesk.actions.reading_log import Way
from servicedesk.rules.errors import Invalid, NotAllowed
from servicedesk.store import reading_log as store
from servicedesk.store.models.people import Person
from servicedesk.store.models.reading import Reading
from servicedesk.store.models.system import AuditEvent
from tests import factories
from tests.factories import NOW

REASON = "The student asked who had read it."
OTHER_SERVICE = "5b1f6a0e-7d0c-4c39-9a5e-2f4f7a1d8c63"


@pytest.fixture
def worker(session):
    factories.publish(session)
    return factories.technician(session)


@pytest.fixture
def ticket(session, worker):
    return factories.ticket(session)


def read(session, worker, ticket, way=Way.PAGE, at=NOW):
    reading_log.note_opened(session, worker.id, [ticket.number], way, at)


def looked_up(session, boss, about, typed, at=NOW):
    by = factories.actor(session, boss)
    asked = reading_log.question(session, by, reading_log.ask(session, by, about, typed, REASON, at), at)
    assert asked is not None
    return store.answer(session, by, asked, None, 50)[0]


def test_each_way_of_reading_is_kept_once_an_hour(session, worker, ticket):
    for minutes in (0, 10, 59, 60):
        read(session, worker, ticket, at=NOW + timedelta(minutes=minutes))
    read(session, worker, ticket, Way.PDF)
    rows, has_more = store.of_ticket(session, ticket.id, None, 50)
    assert [(row.way, row.at) for row in rows] == [
        ("pdf", NOW),
        ("page", NOW + timedelta(hours=1)),
        ("page", NOW),
    ]
    assert not has_more


def test_a_number_that_nobody_has_leaves_nothing(session, worker):
    reading_log.note_opened(session, worker.id, ["2026999999"], Way.PAGE, NOW)
    assert session.scalars(sa.select(Reading.id)).all() == []


def test_the_list_goes_on_where_it_ended(session, worker, ticket):
    for hours in range(5):
        read(session, worker, ticket, at=NOW + timedelta(hours=hours))
    first, has_more = store.of_ticket(session, ticket.id, None, 3)
    rest, ends = store.of_ticket(session, ticket.id, first[-1].id, 3)
    assert (len(first), has_more, len(rest), ends) == (3, True, 2, False)


def test_it_is_looked_up_by_request_by_reader_and_by_requester_and_that_is_kept(session, worker, ticket):
    boss, other = factories.administrator(session), factories.technician(session)
    requester = ticket.requester_id
    read(session, worker, ticket)
    read(session, other, factories.ticket(session))
    reading_log.note_list(session, worker.id, NOW)
    session.flush()
    email = session.get_one(Person, requester).email
    assert [row.code for row in looked_up(session, boss, "ticket", ticket.number)] == [worker.code]
    assert [row.way for row in looked_up(session, boss, "reader", worker.code)] == ["list", "page"]
    assert [row.number for row in looked_up(session, boss, "requester", email)] == [ticket.number]
    asked = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == reading_log.ASKED)).all()
    assert [event.subject for event in asked] == [
        f"ticket:{ticket.number}",
        f"person:{worker.id}",
        f"person:{requester}",
    ]
    assert {(event.actor, event.after["reason"]) for event in asked} == {(f"person:{boss.id}", REASON)}


def test_only_administrators_look_it_up_and_say_why(session, worker, ticket):
    boss = factories.actor(session, factories.administrator(session))
    with pytest.raises(NotAllowed):
        reading_log.ask(session, factories.actor(session, worker), "ticket", ticket.number, REASON, NOW)
    with pytest.raises(Invalid) as refused:
        reading_log.ask(session, boss, "ticket", "2026999999", "why", NOW)
    assert set(refused.value.fields) == {"subject", "reason"}
    with pytest.raises(Invalid):
        reading_log.ask(session, boss, "everything", ticket.number, REASON, NOW)


def test_an_answer_is_for_whoever_asked_and_for_an_hour(session, worker, ticket):
    boss, other = (factories.actor(session, factories.administrator(session)) for _ in range(2))
    asked = reading_log.ask(session, boss, "ticket", ticket.number, REASON, NOW)
    assert reading_log.question(session, boss, asked, NOW + timedelta(minutes=59)) is not None
    assert reading_log.question(session, boss, asked, NOW + timedelta(minutes=60)) is None
    assert reading_log.question(session, other, asked, NOW) is None
    assert reading_log.question(session, boss, asked + 1, NOW) is None


def test_an_administrator_of_another_service_learns_nothing_of_this_one(session, worker, ticket):
    boss = factories.administrator(session, OTHER_SERVICE)
    read(session, worker, ticket)
    reading_log.note_list(session, worker.id, NOW)
    session.flush()
    assert looked_up(session, boss, "reader", worker.code) == []
    with pytest.raises(Invalid):
        looked_up(session, boss, "ticket", ticket.number)


def test_what_is_past_its_time_is_forgotten_in_batches(session, worker, ticket):
    for hours in range(4):
        read(session, worker, ticket, at=NOW + timedelta(hours=hours))
    limit = NOW + timedelta(hours=3)
    assert [reading_log.forget_old(session, limit, 2) for _ in range(3)] == [2, 1, 0]
    assert session.scalars(sa.select(sa.func.count(Reading.id))).one() == 1


@pytest.mark.parametrize("about", ["ticket", "requester"])
def test_an_answer_about_somebody_removed_since_is_not_there_any_more(session, worker, ticket, about):
    boss = factories.actor(session, factories.administrator(session))
    person = session.get_one(Person, ticket.requester_id)
    typed = ticket.number if about == "ticket" else person.email
    asked = reading_log.ask(session, boss, about, typed, REASON, NOW)
    anonymising.anonymise(session, [person.id], Left(keeps_texts=False, keeps_codes=True), NOW)
    assert reading_log.question(session, boss, asked, NOW) is None
