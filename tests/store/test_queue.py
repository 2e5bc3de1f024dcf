"""The queue's pages: order, filters, neighbouring pages, counts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.seen import note_seen
from servicedesk.rules.lifecycle import State
from servicedesk.store import untaken
from servicedesk.store.models.approvals import ApprovalRound
from servicedesk.store.models.changes import Change
from servicedesk.store.models.tickets import Participation, Ticket, TicketEvent
from servicedesk.store.models.work import TicketSeen
from servicedesk.store.queue import NOBODY, SORTS, Page, Wanted, counts, neighbours, page, sorts_for
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
        A,
        states=("waiting",),
        technicians=(me,),
        priorities=(4,),
        categories=("fees", "exams"),
        kinds=("request",),
        origins=("person",),
        services=("s",),
        waiting_for=("requester",),
        opened_from=NOW,
        opened_before=NOW + timedelta(days=1),
        is_unanswered=True,
        ids=tuple(range(1, 15)),
    )
    right = {"state": "waiting", "technician_id": me, "priority": 4, "category_key": "exams"}
    right |= {"waiting_for": "requester", "unanswered_since": NOW}
    wrong = [{"state": "resolved"}, {"technician_id": None}, {"priority": 2}, {"category_key": "other"}]
    wrong += [{"kind": "incident"}, {"origin": "phone"}, {"service_id": "t"}, {"waiting_for": "date"}]
    wrong += [{"opened_at": NOW - timedelta(days=1)}, {"opened_at": NOW + timedelta(days=1)}]
    wrong += [{"unanswered_since": None}]
    add(session, [row(1, me, id=1, **right), *(row(i, me, id=i, **(right | w)) for i, w in enumerate(wrong, 2))])
    add(session, [row(99, me, id=99, **right)])
    assert numbers(page(session, wanted, technician(me, "A"))) == [1]


def test_news_are_what_others_did_on_what_concerns_the_reader_since_they_last_saw_it(session: Session) -> None:
    me, other = person(session, "1"), person(session, "2")
    whose = (me, me, None, other, other, me)
    rows = [row(n, other, id=n, technician_id=who) for n, who in enumerate(whose, 1)]
    rows[5] |= {"state": "closed", "closed_at": NOW}
    add(session, [*rows, row(7, other, id=7, group_code="B")])
    session.add(Participation(ticket_id=5, person_id=me, role=WATCHER))
    session.execute(sa.insert(TicketEvent), [_event(n, 1, other) for n in range(1, 8)])
    session.execute(sa.insert(TicketEvent), [_event(n, 2, me) for n in range(1, 8)])
    actor = replace(technician(me, "A"), supervises=frozenset({"B"}))
    wanted = Wanted(groups=("A", "B"), is_unread=True)
    assert numbers(page(session, wanted, actor)) == [1, 2, 3, 5]
    assert counts(session, [wanted], actor) == [4]
    for number, seq in ((1, 1), (2, 1), (3, 9)):
        note_seen(session, me, f"2026{number:06d}", seq, NOW)
    assert numbers(page(session, wanted, actor)) == [5]
    session.execute(sa.insert(TicketEvent), [_event(2, 3, other)])
    session.execute(sa.update(Ticket).where(Ticket.id == 2).values(last_seq=3))
    assert numbers(page(session, wanted, actor)) == [2, 5]
    note_seen(session, me, "2026000002", 3, NOW)
    note_seen(session, me, "2026000002", 1, NOW)
    assert [each.id for each in page(session, replace(wanted, is_unread=False), actor).rows if each.is_unread] == [5]
    assert session.scalars(sa.select(TicketSeen.seq).where(TicketSeen.ticket_id == 3)).one() == 2


def _event(ticket_id: int, seq: int, actor_id: int) -> dict[str, Any]:
    who = {"actor_kind": "person", "actor_id": actor_id}
    return {
        "ticket_id": ticket_id,
        "seq": seq,
        "at": NOW,
        "action": "note",
        "after": "in_progress",
        "changes": {},
    } | who


def test_what_is_to_do_waits_for_nobody_and_for_no_approval_unless_it_is_an_emergency(session: Session) -> None:
    me = person(session, "1")
    worked_on = ("assigned_group", "assigned_technician", "in_progress")
    add(session, [row(n, me, id=n, state=state.value) for n, state in enumerate(State, 1)])
    to_approve = ({"state": "new"}, {"kind": "change"}, {"kind": "change"})
    add(session, [row(n, me, id=n, **more) for n, more in enumerate(to_approve, 20)])
    asked = {"steps": [], "step": 0, "state": "pending", "asked_at": NOW, "reminders": 0}
    session.execute(sa.insert(ApprovalRound), [{"ticket_id": n, **asked} for n in (20, 21, 22)])
    planned = {"phase": "awaiting", "reason": "", "plan": "", "back_out": "", "verification": "", "services": []}
    planned |= {"categories": [], "consent": "", "result": ""}
    session.execute(
        sa.insert(Change),
        [
            {"ticket_id": 21, "change_type": "normal", **planned},
            {"ticket_id": 22, "change_type": "emergency", **planned},
        ],
    )
    actor = technician(me, "A")

    def found(**filters: Any) -> Page:
        return page(session, replace(A, **filters), actor)

    to_do = found(states=("todo",)).rows
    assert {each.state for each in to_do} == {*worked_on}
    assert [each.id for each in to_do if each.awaits_approval] == [22]
    assert 21 not in {each.id for each in to_do}
    assert numbers(found(awaits_approval=True)) == [20, 21, 22]
    assert {each.state for each in found(states=("todo", "waiting")).rows} == {*worked_on, "waiting"}
    assert len(found(states=("todo", "open")).rows) == len(found().rows)
    assert {each.state for each in found(states=("todo", "closed"), sort="-changed").rows} == {*worked_on, "closed"}
    wish = untaken.Wish(me, ["A"], (), NOW)
    assert 21 not in untaken.most_urgent(session, wish)
    assert 22 in untaken.most_urgent(session, wish)
    assert (untaken.held(session, 21), untaken.held(session, 22) is not None) == (None, True)


def test_open_any_and_ended_states_are_told_apart(session: Session) -> None:
    me = person(session, "1")
    add(session, [row(n, me, state=state.value) for n, state in enumerate(State, 1)])
    actor = technician(me, "A")

    def shown(*states: str) -> set[str]:
        wanted = replace(A, states=states, sort=sorts_for(states, False)[0])
        return {r.state for r in page(session, wanted, actor).rows}

    assert shown("open") == {each.value for each in State} - {"closed", "cancelled"}
    assert shown("any") == {each.value for each in State}
    assert shown("closed") == {"closed"}
    assert shown("new") == {"new"}
    assert shown("new", "waiting") == {"new", "waiting"}
    assert shown("waiting", "closed") == {"waiting", "closed"}
    assert shown("open", "closed") == {each.value for each in State} - {"cancelled"}


def test_nobodys_tickets_are_those_without_a_technician(session: Session) -> None:
    me = person(session, "1")
    add(session, [row(1, me), row(2, me, technician_id=me)])
    assert numbers(page(session, replace(A, technicians=(NOBODY,)), technician(me, "A"))) == [1]


@pytest.mark.parametrize("sort", SORTS)
def test_pages_forth_and_back_show_every_ticket_once_and_the_same_pages(session: Session, sort: str) -> None:
    me = person(session, "1")
    more = {"opened_at": NOW, "due_at": NOW, "unanswered_since": NOW}
    add(session, [row(n, me, priority=1 + n % 3, group_code="AB"[n % 2], **more) for n in range(120)])
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


def test_each_view_is_counted_in_one_statement_and_none_beyond_a_thousand(session: Session) -> None:
    me, other = person(session, "1"), person(session, "2")
    add(session, [row(n, me) for n in range(1100)])
    add(
        session,
        [
            row(2001, other, technician_id=me, state="in_progress"),
            row(2002, other, technician_id=other, state="waiting"),
            row(2003, other, technician_id=me, state="closed"),
            row(2004, other, id=9004, group_code="Z", technician_id=me, state="waiting"),
        ],
    )
    session.add(Participation(ticket_id=9004, person_id=me, role=WATCHER))
    session.flush()
    views = [
        A,
        replace(A, technicians=(me,)),
        replace(A, technicians=(NOBODY, other)),
        replace(A, states=("waiting",)),
        replace(A, is_watched=True),
    ]
    assert counts(session, views, technician(me, "A")) == [1001, 1, 1001, 1, 1]
    assert counts(session, [], technician(me, "A")) == []


def test_neighbours_in_a_list_are_found_from_any_ticket_even_one_that_left_it(session: Session) -> None:
    me = person(session, "1")
    add(session, [row(n, me, id=n, state="closed" if n == 3 else "assigned_group") for n in range(1, 6)])
    actor = technician(me, "A")

    def beside(number: int, wanted: Wanted = A) -> tuple[str | None, ...]:
        return tuple(found and found[-1] for found in neighbours(session, wanted, number, actor))

    assert [beside(n) for n in (1, 2, 3, 5)] == [(None, "2"), ("1", "4"), ("2", "4"), ("4", None)]
    assert beside(1, replace(A, sort="due")) == (None, None)


def test_what_i_forwarded_and_keep_watching_is_listed_in_its_new_group(session: Session) -> None:
    me, other = person(session, "1"), person(session, "2")
    add(session, [row(1, other, id=1, group_code="Z"), row(2, other, id=2, group_code="Z"), row(3, other)])
    session.add(Participation(ticket_id=2, person_id=me, role=WATCHER))
    session.flush()
    assert numbers(page(session, replace(A, is_watched=True), technician(me, "A"))) == [2]
