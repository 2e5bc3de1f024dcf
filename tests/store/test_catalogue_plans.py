"""What administration asks of the record of changes and of requests is found by indexes."""

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from servicedesk.rules.permissions import EVERY_SERVICE, Actor, ActorKind
from servicedesk.store import audit, catalogue_drafts
from servicedesk.store.audit import Wanted
from servicedesk.store.models.system import AuditEvent
from tests.factories import NOW
from tests.store.many_tickets import add, person, row
from tests.store.plans import full_scans, plans

CHIEF = Actor(ActorKind.PERSON, 1, administers=frozenset({EVERY_SERVICE}))
EVENTS = 3000


@pytest.fixture
def crowded(session):
    """A long record of many subjects and people, and many tickets."""
    session.execute(
        sa.insert(AuditEvent),
        [
            {
                **{"at": NOW - timedelta(hours=number), "actor": f"person:{number % 50}", "action": "x"},
                **{"subject": f"answer:{number % 500}", "before": {}, "after": {}},
            }
            for number in range(EVENTS)
        ],
    )
    asker = person(session)
    states = ("assigned_group" if number % 20 == 0 else "closed" for number in range(EVENTS))
    add(session, (row(number, asker, state=state) for number, state in enumerate(states)))
    session.execute(sa.text("ANALYZE"))


@pytest.mark.parametrize("wanted", [Wanted(subject="answer:7"), Wanted(by="person:7")])
def test_the_record_of_one_subject_or_person_is_found_by_its_index(session, crowded, wanted):
    plan = plans(session, partial(audit.events, session, CHIEF, wanted, 0, 50))
    assert plan
    assert not list(full_scans(plan, "audit_event")), plan


def test_open_requests_and_those_of_the_last_days_are_found_by_indexes(session, crowded):
    since = NOW + timedelta(days=3650)
    plan = plans(session, lambda: list(catalogue_drafts.asked_since(session, CHIEF, since)))
    assert "ix_ticket_opened" in plan
    assert "ix_ticket_category_open" in plans(session, partial(catalogue_drafts.open_counts, session))
