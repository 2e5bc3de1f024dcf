"""What runs short, and what a change of targets touches, is found by an index on either database."""

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.clocks import due
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.service_levels import not_settled
from tests.store.many_tickets import NOW, add, person, row
from tests.store.plans import full_scans, plans

TICKETS = 4_000
STATES = ["closed"] * 15 + ["resolved", "waiting", "in_progress"]


@pytest.mark.parametrize("has_statistics", [False, True])
def test_promised_times_are_found_by_an_index(session: Session, has_statistics: bool) -> None:
    student = person(session)
    made = (
        row(
            number,
            student,
            state=(state := STATES[number % len(STATES)]),
            warn_level_at=NOW + timedelta(minutes=number) if state == "in_progress" else None,
            level_version=number % 50,
        )
        for number in range(TICKETS)
    )
    add(session, made)
    if has_statistics or session.get_bind().dialect.name == "postgresql":  # whose own daemon keeps them at all times
        session.execute(sa.text("ANALYZE"))
    for ask in (
        partial(due, session, Ticket.warn_level_at, NOW + timedelta(minutes=100), 200, Ticket.id.not_in([1, 2])),
        partial(not_settled, session, 3, 200, {1}),
    ):
        plan = plans(session, ask)
        assert plan
        assert not list(full_scans(plan)), f"{ask}\n{plan}"
