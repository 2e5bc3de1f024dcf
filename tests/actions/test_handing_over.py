"""Handing over, reclassifying and repeating: who has the ticket afterwards, why, and who is told once."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.errors import AlreadyDone, Invalid, NotFound
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person, RoleGrant
from servicedesk.store.models.tickets import Message, Ticket
from servicedesk.store.tickets import locked
from tests import factories
from tests.factories import actor, later

WORDS = Details(note=from_plain("Words."))


@pytest.fixture(autouse=True)
def published(session: Session) -> None:
    factories.publish(session)


def asker(session: Session, ticket: Ticket) -> Person:
    return session.get_one(Person, ticket.requester_id)


def told(session: Session, ticket: Ticket) -> list[tuple[str, int]]:
    query = sa.select(Notice.template, Notice.recipient_id).where(Notice.ticket_id == ticket.id)
    return [(template, person_id) for template, person_id in session.execute(query.order_by(Notice.id))]


def test_reclassifying_within_a_group_leaves_the_ticket_with_its_technician(session: Session) -> None:
    factories.publish(session, factories.catalogue([factories.category("fees"), factories.category("refunds")]))
    worker = factories.technician(session)
    ticket = factories.ticket(session, state=State.ASSIGNED_TECHNICIAN, technician=worker)
    event = act(session, ticket, Action.RECLASSIFY, actor(session, worker), later(), Details(category="refunds"))
    assert (ticket.technician_id, ticket.state) == (worker.id, State.ASSIGNED_TECHNICIAN)
    assert event.changes == {"category": ["fees", "refunds"]}


def test_in_another_service_the_priority_follows_that_services_matrix(session: Session) -> None:
    strict = tuple((5,) * 5 for _ in range(5))
    other = factories.service(id="9a1b7d1e-0000-4000-8000-000000000000", key="other", priority_matrix=strict)
    tree = factories.catalogue([factories.category("fees"), factories.category("network", service_id=other.id)])
    factories.publish(session, replace(tree, services={**tree.services, other.id: other}))
    worker = factories.technician(session)
    ticket = factories.ticket(session, state=State.ASSIGNED_TECHNICIAN, technician=worker)
    act(session, ticket, Action.RECLASSIFY, actor(session, worker), later(), Details(category="network"))
    assert (ticket.urgency, ticket.impact, ticket.priority) == (2, 2, 5)


def test_the_reason_for_the_first_group_does_not_follow_to_another(session: Session) -> None:
    worker = factories.technician(session)
    factories.technician(session, "FEW")
    ticket = factories.ticket(session)
    assert ticket.route_reason
    act(session, ticket, Action.FORWARD, actor(session, worker), later(), replace(WORDS, group="FEW"))
    assert ticket.route_reason == {}


def test_instead_of_a_technician_who_left_the_group_is_told(session: Session) -> None:
    gone, there = factories.technician(session), factories.technician(session)
    ticket = factories.ticket(session, state=State.IN_PROGRESS, technician=gone)
    gone.is_active = False
    session.flush()
    act(session, ticket, Action.COMMENT, actor(session, asker(session, ticket)), later(), WORDS)
    assert told(session, ticket)[-1] == ("requester_comment", there.id)
    assert ("requester_comment", gone.id) not in told(session, ticket)


def test_one_person_gets_one_mail_of_an_event(session: Session) -> None:
    member, leader = factories.technician(session), factories.supervisor(session)
    ticket = factories.ticket(session, requester=member)
    before = len(told(session, ticket))
    act(session, ticket, Action.ASSIGN_TECHNICIAN, actor(session, leader), later(), Details(technician_id=member.id))
    assert told(session, ticket)[before:] == [("assigned", member.id)]


def test_a_move_sent_twice_is_recognised_although_it_could_not_be_done_again(session: Session) -> None:
    worker = factories.technician(session)
    ticket = factories.ticket(session)
    details = Details(form_key="the same form")
    event = act(session, ticket, Action.TAKE, actor(session, worker), later(), details)
    with pytest.raises(AlreadyDone) as repeated:
        act(session, ticket, Action.TAKE, actor(session, worker), later(), details)
    assert repeated.value.made == f"{ticket.number}#{event.seq}"


@pytest.mark.parametrize("end", [Action.WITHDRAW, Action.DUPLICATE])
def test_a_ticket_that_will_not_be_answered_has_no_duplicates(session: Session, end: Action) -> None:
    worker = factories.technician(session)
    answered, other, ticket = (factories.ticket(session) for _ in range(3))
    by = asker(session, other) if end is Action.WITHDRAW else worker
    act(session, other, end, actor(session, by), later(), Details(duplicate_of=answered.number))
    with pytest.raises(Invalid, match="Give the number of the other request"):
        act(session, ticket, Action.DUPLICATE, actor(session, worker), later(), Details(duplicate_of=other.number))


def test_whoever_watches_reads_no_more_when_they_are_no_longer_staff(session: Session) -> None:
    worker = factories.technician(session)
    factories.technician(session, "FEW")
    ticket = factories.ticket(session)
    details = replace(WORDS, group="FEW", keep_watching=True)
    act(session, ticket, Action.FORWARD, actor(session, worker), later(), details)
    session.execute(sa.delete(RoleGrant).where(RoleGrant.person_id == worker.id))
    with pytest.raises(NotFound):
        locked(session, ticket.number, actor(session, worker))


def test_turns_go_round_for_tickets_forwarded_in_any_order(session: Session) -> None:
    worker = factories.technician(session)
    turns = [factories.technician(session, "TURNS").id for _ in range(3)]
    tickets = [factories.ticket(session) for _ in range(6)]
    for day, ticket in enumerate(reversed(tickets)):
        act(session, ticket, Action.FORWARD, actor(session, worker), later(days=day), replace(WORDS, group="TURNS"))
    assert [ticket.technician_id for ticket in reversed(tickets)] == turns * 2


def test_a_ticket_somebody_else_took_does_not_count_as_a_turn(session: Session) -> None:
    first, second = factories.technician(session, "TURNS"), factories.technician(session, "TURNS")
    ticket = factories.ticket(session, key="plans")
    assert ticket.technician_id == first.id
    act(session, ticket, Action.TAKE, actor(session, second), later())
    assert factories.ticket(session, key="plans").technician_id == first.id


def test_an_action_without_a_text_keeps_none(session: Session) -> None:
    worker = factories.technician(session)
    ticket = factories.ticket(session)
    event = act(session, ticket, Action.TAKE, actor(session, worker), later(), WORDS)
    assert session.scalars(sa.select(Message).where(Message.event_id == event.id)).all() == []
