"""The one SQL predicate for reading against the one table of permissions: they agree on every ticket and person."""

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from servicedesk.rules.permissions import SYSTEM, Actor, ActorKind, Permission, may
from servicedesk.store.models.tickets import Participation, Ticket
from servicedesk.store.tickets import facts_of
from servicedesk.store.visible import WATCHER, visible_to
from tests import factories

CODES = ["DESK", "INFO", "FEW"]
code_sets = st.frozensets(st.sampled_from(CODES), max_size=2)


def world(session: Session) -> list[Ticket]:
    """Tickets of three groups and three requesters, one of them a guest, some of them watched."""
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


def test_the_system_sees_every_ticket(session: Session) -> None:
    tickets = world(session)
    assert set(session.scalars(sa.select(Ticket.id).where(visible_to(SYSTEM)))) == {ticket.id for ticket in tickets}
