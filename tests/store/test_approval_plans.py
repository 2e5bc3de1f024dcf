"""What waits for an approval, and what the desk has to look after, is found through indexes on both databases."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.store import approval_lists, approvals
from servicedesk.store.models.approvals import Approval, ApprovalRound
from servicedesk.store.models.tickets import Ticket
from tests.store.many_tickets import NOW, add, person, row
from tests.store.plans import full_scans, plans

TICKETS = 3_000
PENDING = 20


@pytest.fixture
def many(session: Session) -> Session:
    """Many tickets that were approved, and some that wait."""
    people = [person(session) for _ in range(20)]
    add(session, (row(number, people[number % 20]) for number in range(TICKETS)))
    ids = session.scalars(sa.select(Ticket.id).order_by(Ticket.id)).all()
    shared = {"steps": [], "step": 0, "asked_at": NOW, "reminders": 0}
    rounds = [
        {**shared, "ticket_id": each, "state": "pending" if place < PENDING else "approved", "look_at": look}
        for place, each in enumerate(ids)
        for look in [NOW + timedelta(days=place) if place < PENDING else None]
    ]
    session.execute(sa.insert(ApprovalRound), rounds)
    made = session.execute(sa.select(ApprovalRound.id, ApprovalRound.ticket_id).order_by(ApprovalRound.ticket_id)).all()
    answers = [
        {
            **{"round_id": round_id, "ticket_id": each, "step": 0, "source": 0, "asked_at": NOW},
            "person_id": people[place % 20],
            "stand_in_id": people[(place + 1) % 20],
            "state": "pending" if place < PENDING else "approved",
            "decided_by": None if place < PENDING else people[place % 20],
            "decided_at": None if place < PENDING else NOW,
        }
        for place, (round_id, each) in enumerate(made)
    ]
    session.execute(sa.insert(Approval), answers)
    session.flush()
    session.execute(sa.text("ANALYZE"))
    return session


QUESTIONS: dict[str, Callable[[Session], object]] = {
    "count": lambda session: approval_lists.count_for(session, 5),
    "waiting": lambda session: approval_lists.waiting(session, 5),
    "decided": lambda session: approval_lists.decided(session, 5),
    "asked": lambda session: approval_lists.was_asked(session, "2026000017", 5),
    "rounds": lambda session: approval_lists.rounds_of(session, 17),
    "remarks": lambda session: approval_lists.remarks_of(session, 17, 5),
    "awaited": lambda session: approvals.awaited(session, 17),
    "due": lambda session: approvals.due(session, NOW + timedelta(days=2), 10, ()),
    "readers": lambda session: approvals.end_reading(session, 17, ()),
}


def test_no_question_about_approvals_reads_every_row(many: Session) -> None:
    if many.connection().dialect.name != "sqlite":
        many.execute(sa.text("SET LOCAL enable_seqscan = off"))  # the smaller tables fit on a page here
    for name, question in QUESTIONS.items():
        plan = plans(many, lambda asked=question: asked(many))
        for table in ("ticket", "approval", "approval_round", "ticket_event"):
            assert not list(full_scans(plan, table)), (name, plan)
