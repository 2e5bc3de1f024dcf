"""No question about lines, loads or whoever is away reads the whole table of tickets, on either database."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.lines import Matter
from servicedesk.rules.permissions import Actor, ActorKind
from servicedesk.store import absences, lines
from tests.store.many_tickets import NOW, add, person, row
from tests.store.plans import full_scans, plans

TICKETS = 6_000
GROUPS = [f"G{number}" for number in range(12)]
Asked = Callable[[Session, Actor], Any]
QUESTIONS: dict[str, Asked] = {
    "the load of groups": lambda session, me: lines.group_loads(session, GROUPS),
    "the load of colleagues": lambda session, me: lines.loads_of(session, [me.person_id or 0], NOW),
    "where a category goes": lambda session, me: lines.usual_groups(session, "fees"),
    "what waits for me": lines.matter_counts,
    "what is to be decided": lambda session, me: lines.matter_rows(session, Matter.HAND_OVER, me),
    "what my advice is asked on": lambda session, me: lines.matter_rows(session, Matter.ADVICE, me),
    "for whom I stand in": lambda session, me: absences.stood_in_for(session, me.person_id or 0, NOW.date()),
    "what an absent technician has open": lambda session, me: absences.open_tickets(session, me.person_id or 0),
}


@pytest.fixture
def me(session: Session) -> Actor:
    """A technician and supervisor of a desk where most tickets have ended."""
    students, mine = [person(session) for _ in range(20)], person(session, "1")
    add(session, (_ticket(number, students[number % 20], mine) for number in range(TICKETS)))
    session.execute(sa.text("ANALYZE"))
    return Actor(ActorKind.PERSON, mine, groups=frozenset({"G1"}), supervises=frozenset({"G2"}))


def _ticket(number: int, student: int, mine: int) -> dict[str, Any]:
    is_open = number % 40 == 0
    return row(
        number,
        student,
        state="in_progress" if is_open else "closed",
        technician_id=mine if number % 80 == 0 else student,
        group_code=GROUPS[number % 12],
        changed_at=NOW + timedelta(minutes=number),
    )


def test_questions_about_lines_are_answered_from_indexes(session: Session, me: Actor) -> None:
    for name, ask in QUESTIONS.items():
        found = plans(session, lambda ask=ask: ask(session, me))
        assert list(full_scans(found)) == [], name
