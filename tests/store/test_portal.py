"""Requesters' lists on both databases: order, pages, bounds, and the indexes behind them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from servicedesk.rules.lifecycle import State
from servicedesk.store import portal
from servicedesk.store.portal import Place, Shelf
from tests import factories
from tests.factories import NOW


@pytest.fixture
def student(session):
    factories.publish(session)
    return factories.student(session)


def make(session, student, count, **values):
    return [
        factories.ticket(session, requester=student, now=NOW + timedelta(minutes=number), title=str(number), **values)
        for number in range(count)
    ]


def numbers(page) -> list[str]:
    return [row.title for row in page.rows]


def test_a_page_begins_after_its_place_and_goes_back_the_same_way(session, student):
    made = make(session, student, 5)
    actor = factories.actor(session, student)
    first = portal.tickets_on(session, actor, Shelf.OPEN, None, None, 2)
    assert (numbers(first), first.has_newer, first.has_older) == (["4", "3"], False, True)
    last = first.rows[-1]
    second = portal.tickets_on(session, actor, Shelf.OPEN, None, Place(last.changed_at, last.id), 2)
    assert (numbers(second), second.has_newer, second.has_older) == (["2", "1"], True, True)
    top = second.rows[0]
    back = portal.tickets_on(session, actor, Shelf.OPEN, None, Place(top.changed_at, top.id, is_upward=True), 2)
    assert (numbers(back), back.has_newer, back.has_older) == (["4", "3"], False, True)
    assert made[0].title == "0"


def test_a_count_stops_at_its_bound(session, student, monkeypatch):
    monkeypatch.setattr(portal, "COUNTED", 2)
    make(session, student, 4)
    actor = factories.actor(session, student)
    assert portal.count_on(session, actor, Shelf.OPEN, None) == 3
    assert portal.count_on(session, actor, Shelf.CLOSED, None) == 0


def test_what_waits_for_the_requester_comes_first(session, student):
    make(session, student, 1, state=State.RESOLVED)
    make(session, student, 2)
    rows = portal.asked_first(session, factories.actor(session, student), 2)
    assert [row.state for row in rows] == [State.RESOLVED, State.ASSIGNED_GROUP]


def test_only_an_ended_ticket_of_ones_own_can_be_carried_on(session, student):
    ended, still_open = (make(session, student, 1, state=state)[0] for state in (State.CANCELLED, State.ASSIGNED_GROUP))
    actor, other = factories.actor(session, student), factories.actor(session, factories.student(session))
    found = portal.predecessor(session, ended.number, actor)
    assert found is not None
    assert found.id == ended.id
    assert portal.predecessor(session, still_open.number, actor) is None
    assert portal.predecessor(session, ended.number, other) is None


def test_the_list_of_a_requester_is_read_through_an_index(session, student):
    actor = factories.actor(session, student)
    if session.get_bind().dialect.name != "sqlite":
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
    seen: list[str] = []
    bind = session.connection()

    def note(_connection, _cursor, statement, parameters, _context, _many):
        if "FROM ticket" in statement and not statement.startswith("EXPLAIN"):
            seen.append((statement, parameters))

    sa.event.listen(bind, "before_cursor_execute", note)
    portal.tickets_on(session, actor, Shelf.OPEN, None, Place(NOW, 5), 20)
    portal.count_on(session, actor, Shelf.OPEN, None)
    sa.event.remove(bind, "before_cursor_execute", note)
    assert len(seen) == 2
    for statement, parameters in seen:
        plan = "EXPLAIN QUERY PLAN " if bind.dialect.name == "sqlite" else "EXPLAIN "
        lines = " ".join(str(row) for row in bind.exec_driver_sql(plan + statement, parameters))
        assert "ix_ticket_requester" in lines, lines
