"""What ties tickets together, and what suggests a problem, is found through indexes on both databases."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.permissions import Actor, ActorKind
from servicedesk.store import problems, relations
from servicedesk.store.models.problems import Problem
from servicedesk.store.models.tickets import Ticket, TicketLink
from tests.store.many_tickets import NOW, add, person, row
from tests.store.plans import full_scans, plans

TICKETS = 3_000
WORKER = Actor(ActorKind.PERSON, person_id=1, groups=frozenset({"G1"}))


@pytest.fixture
def many(session: Session) -> Session:
    """Many tickets, every tenth tied to another in some way; a few problems."""
    others = [person(session) for _ in range(20)]
    add(session, (row(number, others[number % 20]) for number in range(TICKETS)))
    ids = session.scalars(sa.select(Ticket.id).order_by(Ticket.id)).all()
    kinds = ("child_of", "caused_by", "merged_into", "related")
    links = [
        {"ticket_id": below, "other_id": above, "kind": kinds[below % 4]}
        for below, above in zip(ids[::10], ids[5::10], strict=True)
    ]
    session.execute(sa.insert(TicketLink), links)
    values = {"category_key": "fees", "phase": "known_error", "root_cause": "", "workaround": {}}
    session.add_all(Problem(ticket_id=each, is_known_error=True, **values) for each in ids[:20])
    session.flush()
    session.execute(sa.text("ANALYZE"))
    return session


QUESTIONS: dict[str, Callable[[Session], object]] = {
    "links": lambda session: relations.links_of(session, 11, WORKER),
    "what can be answered together": lambda session: relations.led_rows(session, 16, WORKER),
    "what was merged": lambda session: relations.merged_into(session, 16),
    "into what": lambda session: relations.heir_of(session, 11),
    "the chain of parents": lambda session: relations.ancestors(session, 11, 10),
    "a file's tickets": lambda session: relations.ways_to_file(session, "0" * 32),
    "problems": lambda session: problems.page(session, WORKER, None, None),
    "known errors": lambda session: problems.known_errors(session, "fees"),
    "refusals": lambda session: problems.refused_incidents(session, 16),
    "arrivals": lambda session: problems.arrivals(session, NOW + timedelta(days=900), NOW + timedelta(days=901), None),
}


def test_no_question_about_what_is_tied_together_reads_every_row(many: Session) -> None:
    if many.connection().dialect.name != "sqlite":
        many.execute(sa.text("SET LOCAL enable_seqscan = off"))  # the smaller tables fit on a page here
    for name, question in QUESTIONS.items():
        plan = plans(many, lambda asked=question: asked(many))
        for table in ("ticket", "ticket_link", "ticket_event"):
            assert not list(full_scans(plan, table)), name
