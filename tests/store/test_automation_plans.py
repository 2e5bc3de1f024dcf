"""What rules that time sets off look for, and recurring requests that are due, is found by an index."""

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.automation import Deeds, Rule, Trigger
from servicedesk.store import recurring
from servicedesk.store.automation_timed import KINDS
from servicedesk.store.models.automation import AutomationRule
from servicedesk.store.models.tickets import Ticket
from tests.store.many_tickets import NOW, add, person, row
from tests.store.plans import full_scans, plans

TICKETS = 4_000
STATES = ["closed"] * 15 + ["resolved", "waiting", "assigned_group"]


@pytest.mark.parametrize("trigger", sorted(KINDS))
def test_what_time_has_come_for_is_found_by_an_index(session: Session, trigger: Trigger) -> None:
    student = person(session)
    due = [NOW + timedelta(hours=number) for number in range(TICKETS)]
    states = [STATES[number % len(STATES)] for number in range(TICKETS)]
    open_until = [None if state == "closed" else at for state, at in zip(states, due, strict=True)]
    add(
        session,
        (
            row(number, student, state=states[number], due_at=open_until[number], expires_at=open_until[number])
            for number in range(TICKETS)
        ),
    )
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("ANALYZE"))
    service = session.scalars(sa.select(Ticket.service_id).limit(1)).one()
    rule = Rule("Time", trigger, deeds=Deeds(note="."), idle_hours=4, idle_state="assigned_group")
    kind, _edge = KINDS[trigger]
    query = kind(AutomationRule(id=1, service_id=service), rule, NOW + timedelta(hours=2)).limit(200)
    plan = plans(session, partial(session.execute, query))
    assert plan
    assert not list(full_scans(plan)), plan


def test_what_is_due_to_open_is_found_by_an_index(session: Session) -> None:
    plan = plans(session, partial(recurring.next_due, session, NOW, {1}))
    assert "ix_recurring_ticket_next_at" in plan or session.get_bind().dialect.name == "postgresql", plan
