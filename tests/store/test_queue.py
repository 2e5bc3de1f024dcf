"""The queue's pages: order, filters, neighbouring pages, counts."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from servicedesk.rules.lifecycle import State
from servicedesk.store import queue
from servicedesk.store.models.tickets import Participation
from servicedesk.store.queue import NOBODY, SORTS, Page, Wanted, counts, page, sorts_for
from servicedesk.store.visible import WATCHER
from tests.store.many_tickets import NOW, add, person, row, technician

A = Wanted(groups=("A",))


def numbers(found: Page) -> list[int]:
    return [int(each.number[4:]) for each in found.rows]


def test_the_queue_shows_the_most_urgent_first_and_among_equals_the_oldest(session: Session) -> None:
    me = person(session, "1")
    add(session, [row(1, me), row(2, me, priority=4), row(3, me, priority=4), row(4, me, priority=5)])
    assert numbers(page(session, A, technician(me, "A"))) == [4, 2, 3, 1]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [("opened", [1, 2, 3]), ("-opened", [3, 2, 1]), ("changed", [2, 3, 1]), ("-changed", [1, 3, 2])],
)
def test_the_queue_sorts_by_opening_and_by_change_both_ways(session: Session, sort: str, expected: list[int]) -> None:
    me = person(session, "1")
    add(session, [row(1, me, changed_at=NOW.replace(year=2027)), row(2, me), row(3, me)])
    assert numbers(page(session, replace(A, sort=sort), technician(me, "A"))) == expected


def test_a_group_that_is_not_mine_shows_nothing_even_when_asked_for(session: Session) -> None:
    me, student = person(session, "1"), person(session)
    add(session, [row(1, student, group_code="A"), row(2, student, group_code="B")])
    assert numbers(page(session, Wanted(groups=("A", "B")), technician(me, "A"))) == [1]


def test_all_filters_hold_at_once(session: Session) -> None:
    me = person(session, "1")
    wanted = replace(
        A, state="waiting", technician=me, priority=4, categories=("fees", "exams"), ids=(1, 2, 3, 4, 5, 6)
    )
    right = {"state": "waiting", "technician_id": me, "priority": 4, "category_key": "exams"}
    wrong = [{"state": "resolved"}, {"technician_id": None}, {"priority": 2}, {"category_key": "other"}]
    add(session, [row(1, me, id=1, **right), *(row(i, me, id=i, **(right | w)) for i, w in enumerate(wrong, 2))])
    add(session, [row(9, me, id=9, **right)])
    assert numbers(page(session, wanted, technician(me, "A"))) == [1]


def test_open_any_and_ended_states_are_told_apart(session: Session) -> None:
    me = person(session, "1")
    add(session, [row(n, me, state=state.value) for n, state in enumerate(State, 1)])
    actor = technician(me, "A")

    def shown(state: str) -> set[str]:
        return {r.state for r in page(session, replace(A, state=state, sort=sorts_for(state, False)[0]), actor).rows}

    assert shown("open") == {each.value for each in State} - {"closed", "cancelled"}
    assert shown("any") == {each.value for each in State}
    assert shown("closed") == {"closed"}
    assert shown("new") == {"new"}


def test_nobodys_tickets_are_those_without_a_technician(session: Session) -> None:
    me = person(session, "1")
    add(session, [row(1, me), row(2, me, technician_id=me)])
    assert numbers(page(session, replace(A, technician=NOBODY), technician(me, "A"))) == [1]


@pytest.mark.parametrize("sort", SORTS)
def test_pages_forth_and_back_show_every_ticket_once_and_the_same_pages(session: Session, sort: str) -> None:
    me = person(session, "1")
    add(session, [row(n, me, priority=1 + n % 3, group_code="AB"[n % 2], opened_at=NOW) for n in range(120)])
    wanted, actor = Wanted(groups=("A", "B"), sort=sort), technician(me, "A", "B")
    forth = [page(session, wanted, actor)]
    while forth[-1].next:
        forth.append(page(session, replace(wanted, place=forth[-1].next), actor))
    back = [forth[-1]]
    while back[-1].previous:
        back.append(page(session, replace(wanted, place=back[-1].previous), actor))
    assert [len(each.rows) for each in forth] == [50, 50, 20]
    assert sorted(number for each in forth for number in numbers(each)) == list(range(120))
    assert [numbers(each) for each in back] == [numbers(each) for each in reversed(forth)]


def test_a_ticket_that_arrives_meanwhile_shifts_no_later_page(session: Session) -> None:
    me = person(session, "1")
    add(session, [row(n, me) for n in range(1, 61)])
    actor = technician(me, "A")
    first = page(session, A, actor)
    add(session, [row(900, me, priority=5)])
    second = page(session, replace(A, place=first.next), actor)
    assert numbers(second) == list(range(51, 61))
    assert numbers(page(session, replace(A, place=second.previous), actor)) == list(range(1, 51))


def test_counts_name_what_each_quick_view_holds(session: Session) -> None:
    me, other = person(session, "1"), person(session, "2")
    add(
        session,
        [
            row(1, other),
            row(2, other, technician_id=me, state="in_progress"),
            row(3, other, technician_id=other, state="waiting"),
            row(4, other, technician_id=me, state="resolved"),
            row(5, other, technician_id=me, state="closed"),
            row(6, other, id=6, group_code="Z", technician_id=me, state="waiting"),
        ],
    )
    session.add(Participation(ticket_id=6, person_id=me, role=WATCHER))
    session.flush()
    found = counts(session, ["A"], technician(me, "A"))
    assert found == queue.Counts(open=4, mine=2, unassigned=1, waiting=1, resolved=1, watched=1)


def test_counts_stop_at_one_beyond_a_thousand(session: Session) -> None:
    me = person(session, "1")
    add(session, [row(n, me) for n in range(1100)])
    assert counts(session, ["A"], technician(me, "A")).open == 1001


def test_what_i_forwarded_and_keep_watching_is_listed_in_its_new_group(session: Session) -> None:
    me, other = person(session, "1"), person(session, "2")
    add(session, [row(1, other, id=1, group_code="Z"), row(2, other, id=2, group_code="Z"), row(3, other)])
    session.add(Participation(ticket_id=2, person_id=me, role=WATCHER))
    session.flush()
    assert numbers(page(session, replace(A, is_watched=True), technician(me, "A"))) == [2]
