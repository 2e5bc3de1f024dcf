"""No question that jobs and routing ask again and again reads a whole table, on either database."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.clocks import due
from servicedesk.store import outbox, people
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.tickets import Ticket
from tests.store.many_tickets import NOW, add, person, row
from tests.store.plans import full_scans, plans

TICKETS = 8_000
STATES = ["closed"] * 15 + ["resolved", "waiting", "in_progress"]


@pytest.fixture
def staff(session: Session) -> list[int]:
    """Technicians of a desk with many tickets, most of them ended, and many mails, most of them sent."""
    found, student = [person(session, str(number)) for number in range(6)], person(session)
    add(session, (_ticket(number, student, found[number % 6]) for number in range(TICKETS)))
    ids = session.scalars(sa.select(Ticket.id)).all()
    session.execute(sa.insert(Notice), [_notice(number, ids[number], student) for number in range(TICKETS)])
    return found


def _ticket(number: int, student: int, technician: int) -> dict[str, Any]:
    state, changed = STATES[number % len(STATES)], NOW + timedelta(minutes=number)
    clock = changed + timedelta(days=20) if state in ("resolved", "waiting") else None
    more = {"warn_at": clock, "expires_at": clock, "resume_at": clock, "assigned_at": changed}
    group = f"G{number % 7}"
    return row(number, student, state=state, technician_id=technician, group_code=group, changed_at=changed, **more)


def _notice(number: int, ticket_id: int, recipient: int) -> dict[str, Any]:
    at = NOW + timedelta(seconds=number)
    return {
        "ticket_id": ticket_id,
        "recipient_id": recipient,
        "address": "ada@example.org",
        "template": "comment",
        "state": "waiting" if number > TICKETS - 100 else "sent",
        "first_try_at": at,
        "next_try_at": at,
        "attempts": 0,
        "message_id": str(number),
        "last_error": "",
    }


@pytest.mark.parametrize("has_statistics", [False, True])
def test_what_is_due_and_who_is_next_is_found_by_an_index(
    session: Session, staff: list[int], has_statistics: bool
) -> None:
    if has_statistics or session.get_bind().dialect.name == "postgresql":  # whose own daemon keeps them at all times
        session.execute(sa.text("ANALYZE"))
    soon = NOW + timedelta(days=20, minutes=100)
    for ask in (
        partial(due, session, Ticket.expires_at, soon, 200, Ticket.id.not_in([1, 2])),
        partial(due, session, Ticket.warn_at, soon, 200, Ticket.expires_at > soon),
        partial(due, session, Ticket.resume_at, soon, 200),
        partial(outbox.due_notices, session, soon, 20, ("push", "webhook")),
        partial(people.open_loads, session, staff),
        partial(people.last_assigned, session, "G3"),
    ):
        plan = plans(session, ask)
        assert plan
        assert not [*full_scans(plan), *full_scans(plan, "notice")], f"{ask}\n{plan}"
