"""The one SQL predicate for reading against the one table of permissions: they agree on every ticket and person."""

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from servicedesk.rules.lines import Matter
from servicedesk.rules.permissions import SYSTEM, Actor, ActorKind, Permission, Scope, may
from servicedesk.store import sharing
from servicedesk.store.models.lines import TicketMatter
from servicedesk.store.models.tickets import Participation, PublicTicket, Ticket
from servicedesk.store.tickets import facts_of
from servicedesk.store.visible import APPROVER, FOLLOWER, WATCHER, public_to, visible_to
from tests import factories

CODES = ["DESK", "INFO", "FEW"]
code_sets = st.frozensets(st.sampled_from(CODES), max_size=2)


def world(session: Session) -> list[Ticket]:
    """Tickets of three groups and three requesters, one of them a guest; some are watched, shared or made public."""
    if found := list(session.scalars(sa.select(Ticket).order_by(Ticket.id))):
        return found
    factories.publish(session)
    for code in CODES:
        factories.technician(session, code)
    asker, guest = factories.student(session), factories.guest(session)
    watcher = factories.technician(session, "TURNS")
    tickets = [
        factories.ticket(session, requester=asker, key="fees"),
        factories.ticket(session, requester=asker, key="exams"),
        factories.ticket(session, requester=guest, key="login", suffix="7KQF2M"),
        factories.ticket(session, key="exams"),
    ]
    for ticket in tickets[::2]:
        session.add(Participation(ticket_id=ticket.id, person_id=watcher.id, role=WATCHER))
    fellow = factories.student(session)
    for ticket in tickets[1:3]:
        session.add(Participation(ticket_id=ticket.id, person_id=fellow.id, role=FOLLOWER))
    session.add(Participation(ticket_id=tickets[3].id, person_id=factories.person(session).id, role=APPROVER))
    publications = [(Scope.COURSE, "BANCA"), (Scope.SERVICE, factories.SERVICE), (Scope.SERVICE, "another service")]
    for ticket, (scope, key) in zip(tickets, publications, strict=False):
        session.add(PublicTicket(ticket_id=ticket.id, scope=scope, scope_key=key, published_at=factories.NOW))
    advised = {"group_code": "INFO"}, {"person_id": watcher.id}
    for ticket, asked in zip(tickets[1:], advised, strict=False):
        session.add(TicketMatter(ticket_id=ticket.id, kind=Matter.ADVICE, asked_at=factories.NOW, **asked))
    session.add(TicketMatter(ticket_id=tickets[0].id, kind=Matter.HAND_OVER, group_code="FEW", asked_at=factories.NOW))
    session.add(TicketMatter(ticket_id=tickets[3].id, kind=Matter.ESCALATION, asked_at=factories.NOW))
    session.flush()
    return tickets


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), groups=code_sets, supervises=code_sets)
def test_what_the_predicate_shows_is_what_the_table_grants(
    session: Session, data: st.DataObject, groups: frozenset[str], supervises: frozenset[str]
) -> None:
    tickets = world(session)
    people = sorted(
        {ticket.requester_id for ticket in tickets} | set(session.scalars(sa.select(Participation.person_id)))
    )
    ids = [ticket.id for ticket in tickets]
    actor = Actor(
        kind=data.draw(st.sampled_from([ActorKind.PERSON, ActorKind.GUEST])),
        person_id=data.draw(st.sampled_from([*people, 10_000])),
        groups=groups,
        supervises=supervises,
        administers=data.draw(
            st.sampled_from([frozenset(), frozenset({"*"}), frozenset({factories.SERVICE}), frozenset({"x"})])
        ),
        reasoned=data.draw(st.frozensets(st.sampled_from(ids), max_size=2)),
        ticket_id=data.draw(st.sampled_from([None, *ids])),
    )
    shown = set(session.scalars(sa.select(Ticket.id).where(visible_to(actor))))
    service = factories.service()
    granted = {t.id for t in tickets if may(actor, Permission.TICKET_READ, facts_of(session, t, service))}
    assert shown == granted


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(ActorKind),
    audiences=st.frozensets(st.sampled_from(["student", "external", "staff"])),
    course=st.sampled_from(["", "BANCA", "MODA"]),
)
def test_what_is_public_to_a_person_is_what_the_table_grants(
    session: Session, kind: ActorKind, audiences: frozenset[str], course: str
) -> None:
    tickets = world(session)
    actor = Actor(kind, person_id=10_000, audiences=audiences, degree_course=course)
    service = factories.service()
    services = sharing.services_of(factories.catalogue(), actor)
    shown = set(session.scalars(sa.select(Ticket.id).where(public_to(actor, services))))
    assert shown == {t.id for t in tickets if may(actor, Permission.TICKET_READ_PUBLIC, facts_of(session, t, service))}


def test_fellow_students_read_what_was_made_public_to_their_course_alone(session: Session) -> None:
    tickets = world(session)
    fellow = Actor(ActorKind.PERSON, person_id=10_000, degree_course="BANCA")
    assert set(session.scalars(sa.select(Ticket.id).where(public_to(fellow, ())))) == {tickets[0].id}


def test_what_moves_to_another_service_is_no_longer_public_in_the_first(session: Session) -> None:
    moved = world(session)[1]
    moved.service_id = "another service"
    session.flush()
    person = Actor(ActorKind.PERSON, person_id=10_000, audiences=frozenset({"student"}))
    assert not session.scalars(sa.select(Ticket.id).where(public_to(person, [factories.SERVICE]))).all()


def test_the_system_sees_every_ticket(session: Session) -> None:
    tickets = world(session)
    assert set(session.scalars(sa.select(Ticket.id).where(visible_to(SYSTEM)))) == {ticket.id for ticket in tickets}
