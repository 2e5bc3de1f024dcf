"""Who opened what is found by an index, however much was read; and what is sent to a person is, for their copy."""

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.reading_log import forget_old
from servicedesk.rules.permissions import EVERY_SERVICE, Actor, ActorKind
from servicedesk.store import own_data, reading_log
from servicedesk.store.models.reading import Reading
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.reading_log import About, Question
from tests.store import many_tickets
from tests.store.many_tickets import NOW, person
from tests.store.plans import full_scans, plans

READ, PEOPLE, TICKETS = 6_000, 40, 600
BOSS = Actor(ActorKind.PERSON, person_id=1, administers=frozenset({EVERY_SERVICE}))


@pytest.fixture
def requester(session: Session) -> int:
    """Many tickets of many people, opened by many of the staff."""
    people = [person(session) for _number in range(PEOPLE)]
    many_tickets.add(session, (many_tickets.row(number, people[number % PEOPLE]) for number in range(TICKETS)))
    ids = session.scalars(sa.select(Ticket.id)).all()
    rows = [
        {
            "person_id": people[number % PEOPLE],
            "ticket_id": ids[number % TICKETS],
            "way": "page",
            "hour": NOW + timedelta(hours=number),
            "at": NOW + timedelta(hours=number),
        }
        for number in range(READ)
    ]
    session.execute(sa.insert(Reading), rows)
    session.execute(sa.text("ANALYZE"))
    if session.get_bind().dialect.name == "postgresql":  # it reads what is small as a whole, unless it must not
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
    return people[0]


def test_the_record_is_read_and_cleared_by_an_index(session: Session, requester: int) -> None:
    ticket = session.scalars(sa.select(Ticket).limit(1)).one()
    asked = {
        About.TICKET: ticket.number,
        About.READER: str(requester),
        About.REQUESTER: str(requester),
    }
    for ask in (
        partial(reading_log.of_ticket, session, ticket.id, None, 50),
        partial(reading_log.of_ticket, session, ticket.id, 3000, 50),
        *(
            partial(reading_log.answer, session, BOSS, Question(about, which, "", NOW), 5000, 50)
            for about, which in asked.items()
        ),
        partial(forget_old, session, NOW + timedelta(hours=20), 50),
    ):
        plan = plans(session, ask)
        assert plan
        assert not [*full_scans(plan, "reading_log"), *full_scans(plan, "ticket")], f"{ask}\n{plan}"


@pytest.mark.parametrize("name", ["ticket", "notice", "reading_log", "feedback", "appointment", "login_session"])
def test_a_persons_data_are_found_by_an_index(session: Session, requester: int, name: str) -> None:
    plan = plans(session, lambda: list(own_data.rows(session, name, [requester], {}, False)))
    assert plan
    assert not list(full_scans(plan, name)), plan
