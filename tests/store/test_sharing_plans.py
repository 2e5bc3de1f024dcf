"""Sharing and public requests are found through an index on both databases, however many tickets there are."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.permissions import Actor, ActorKind, Scope
from servicedesk.store import people, sharing
from servicedesk.store.models.tickets import PublicTicket, Ticket
from servicedesk.store.visible import public_to
from tests import factories
from tests.store.many_tickets import NOW, add, person, row
from tests.store.plans import full_scans, plans

TICKETS = 5_000


@pytest.fixture
def reader(session: Session) -> Actor:
    """A student; of many tickets one is public to their course and one to their service."""
    me, others = person(session), [person(session) for _ in range(20)]
    add(session, (row(number, others[number % 20]) for number in range(TICKETS)))
    first, second = session.scalars(sa.select(Ticket.id).order_by(Ticket.id).limit(2)).all()
    session.add(PublicTicket(ticket_id=first, scope=Scope.COURSE, scope_key="BANCA", published_at=NOW))
    session.add(PublicTicket(ticket_id=second, scope=Scope.SERVICE, scope_key="s", published_at=NOW))
    session.flush()
    session.execute(sa.text("ANALYZE"))
    return Actor(ActorKind.PERSON, person_id=me, degree_course="BANCA", audiences=frozenset({"student"}))


def test_what_is_public_to_a_person_is_found_without_reading_every_ticket(session: Session, reader: Actor) -> None:
    query = sa.select(Ticket.id).where(public_to(reader, ["s"]))
    assert len(session.scalars(query).all()) == 2
    assert not list(full_scans(plans(session, lambda: session.scalars(query).all())))


def without_scans(session: Session, call: Callable[[], object]) -> str:
    """Return the plans of a call for tables too small to need an index, as if they were large."""
    if session.connection().dialect.name != "sqlite":
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
    return plans(session, call)


def test_what_others_read_of_a_ticket_is_found_by_its_id(session: Session) -> None:
    factories.publish(session)
    ticket = factories.ticket(session)
    plan = without_scans(session, lambda: sharing.public_texts(session, ticket.id))
    for table in ("ticket", "ticket_event", "message", "person"):
        assert not list(full_scans(plan, table))


def test_an_address_is_looked_up_through_an_index(session: Session) -> None:
    plan = without_scans(session, lambda: people.holder_of(session, "m.rossi@studenti.example.org"))
    for table in ("person", "student_record", "identity"):
        assert not list(full_scans(plan, table))


def test_the_people_a_ticket_is_shared_with_are_found_by_its_id(session: Session) -> None:
    plan = without_scans(session, lambda: sharing.invitations(session, 1))
    assert not list(full_scans(plan, "ticket_invitation"))
