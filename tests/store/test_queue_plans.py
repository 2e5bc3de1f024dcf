"""No question of the queue or of a requester's lists reads the whole table of tickets, on either database."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.permissions import Actor
from servicedesk.store import portal, queue, untaken
from servicedesk.store.models.approvals import ApprovalRound
from servicedesk.store.models.tickets import Ticket, TicketEvent
from servicedesk.store.models.work import TicketSeen
from servicedesk.store.queue import NOBODY, Place, Wanted
from tests.store.many_tickets import NOW, add, person, row, technician
from tests.store.plans import full_scans, plans

TICKETS = 12_000
GROUPS = [f"G{number}" for number in range(12)]
STATES = ["closed"] * 8 + ["cancelled", "assigned_group", "in_progress", "waiting", "resolved"]
TABLES = ("ticket", "ticket_event", "ticket_seen", "approval_round")
MINE = Wanted(groups=("G1", "G2", "G3"))


@pytest.fixture
def desk(session: Session) -> Actor:
    """A desk with more ended tickets than open ones; the reader works in three of twelve groups."""
    students = [person(session) for _ in range(20)]
    me = person(session, "1")
    add(session, (_ticket(number, students[number % 20], me) for number in range(TICKETS)))
    ids = session.scalars(sa.select(Ticket.id)).all()
    session.execute(sa.insert(TicketEvent), [_event(each) for each in ids])
    session.execute(sa.insert(TicketSeen), [_seen(each, me) for each in ids if each % 2])
    session.execute(sa.insert(ApprovalRound), [_round(each) for each in ids if each % 4 == 0])
    return technician(me, *MINE.groups)


def _event(ticket_id: int) -> dict[str, Any]:
    what = {"actor_kind": "system", "action": "route", "after": "assigned_group", "changes": {}}
    return {"ticket_id": ticket_id, "seq": 1, "at": NOW, **what}


def _seen(ticket_id: int, person_id: int) -> dict[str, Any]:
    return {"ticket_id": ticket_id, "person_id": person_id, "seq": 1, "at": NOW}


def _round(ticket_id: int) -> dict[str, Any]:
    state = "pending" if ticket_id % 400 == 0 else "approved"
    return {"ticket_id": ticket_id, "steps": [], "step": 0, "state": state, "asked_at": NOW, "reminders": 0}


def _ticket(number: int, student: int, me: int) -> dict[str, Any]:
    state = STATES[number // 12 % len(STATES)]
    owner = None if state == "assigned_group" else me if number % 5 == 0 else student
    changed = NOW + timedelta(minutes=number * 2)
    group, priority = GROUPS[number % 12], 1 + number % 5
    return row(
        number, student, state=state, technician_id=owner, group_code=group, priority=priority, changed_at=changed
    )


EVERY_PAGE = (
    MINE,
    replace(MINE, sort="opened"),
    replace(MINE, sort="-changed"),
    replace(MINE, technicians=(NOBODY,)),
    replace(MINE, technicians=(1,)),
    replace(MINE, states=("waiting",), priorities=(3,)),
    replace(MINE, categories=("fees", "exams")),
    replace(MINE, states=("closed",), sort="-changed"),
    replace(MINE, states=("cancelled",), sort="changed"),
    replace(MINE, states=("any",), sort="-changed"),
    replace(MINE, states=("waiting", "resolved"), sort="opened"),
    replace(MINE, states=("waiting", "closed"), sort="-changed"),
    replace(MINE, sort="due"),
    replace(MINE, sort="unanswered"),
    replace(MINE, is_unanswered=True),
    replace(MINE, states=("todo",)),
    replace(MINE, states=("todo",), technicians=(NOBODY,), sort="due"),
    replace(MINE, states=("todo", "waiting"), sort="opened"),
    replace(MINE, awaits_approval=True),
    replace(MINE, is_unread=True),
    replace(MINE, kinds=("incident",), opened_from=NOW),
    replace(MINE, ids=(3, 5, 8)),
    replace(MINE, is_watched=True),
    replace(MINE, place=Place((3, NOW + timedelta(days=1), 4000))),
    replace(MINE, place=Place((NOW + timedelta(days=1), 4000), backwards=True), sort="opened"),
    replace(MINE, groups=("G1",), states=("closed",), sort="-changed", place=Place((NOW + timedelta(days=9), 6000))),
)


@pytest.mark.parametrize("has_statistics", [False, True])
def test_no_list_and_no_count_reads_the_whole_table(session: Session, desk: Actor, has_statistics: bool) -> None:
    if has_statistics or session.get_bind().dialect.name == "postgresql":  # whose own daemon keeps them at all times
        session.execute(sa.text("ANALYZE"))
    for wanted in EVERY_PAGE:
        plan = plans(session, partial(queue.page, session, wanted, desk))
        assert plan
        for table in TABLES:
            assert not list(full_scans(plan, table)), f"{wanted}\n{plan}"
    for ask in (
        *(
            partial(queue.counts, session, [wanted], desk)
            for wanted in EVERY_PAGE
            if not wanted.ids and queue.are_open(wanted.states)
        ),
        partial(queue.neighbours, session, MINE, session.scalar(sa.select(sa.func.min(Ticket.id))), desk),
    ):
        plan = plans(session, ask)
        assert plan
        for table in TABLES:
            assert not list(full_scans(plan, table)), f"{ask}\n{plan}"
    for ask in (
        partial(untaken.most_urgent, session, untaken.Wish(1, MINE.groups, ("other",), NOW)),
        partial(portal.tickets_on, session, desk, portal.Shelf.OPEN, None, None, 20),
        partial(
            portal.tickets_on, session, desk, portal.Shelf.CLOSED, None, portal.Place(NOW + timedelta(days=2), 50), 20
        ),
        partial(portal.count_on, session, desk, portal.Shelf.CLOSED, None),
        partial(portal.asked_first, session, desk, 5),
    ):
        plan = plans(session, ask)
        assert plan
        assert not list(full_scans(plan)), f"{ask}\n{plan}"
