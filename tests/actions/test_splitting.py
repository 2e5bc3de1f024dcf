"""Splitting a part of a request off, for the same requester, another one, and somebody without an account."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from servicedesk.actions.splitting import Cut, split
from servicedesk.actions.tickets import NewTicket
from servicedesk.rules.errors import AlreadyDone, Invalid
from servicedesk.rules.lifecycle import State
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import TicketEvent, TicketLink
from servicedesk.store.tickets import next_number
from tests import factories
from tests.factories import NOW, ROME

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def by(session):
    factories.publish(session)
    return factories.actor(session, factories.technician(session))


def cut(session, **more):
    number = next_number(session, LATER, ROME)
    return Cut(NewTicket(number, "fees", "The second", from_plain("Copied"), "", {}, form_key="k" * 30), **more)


def opened_mails(session, ticket) -> list[int]:
    query = sa.select(Notice.recipient_id).where(Notice.ticket_id == ticket.id, Notice.template == "opened")
    return list(session.scalars(query))


def test_the_part_is_its_requester_s_linked_and_told_once_and_the_form_makes_one(session, by):
    source = factories.ticket(session)
    made = split(session, source, cut(session), by, LATER)
    assert (made.requester_id, made.state, made.origin) == (source.requester_id, State.ASSIGNED_GROUP, source.origin)
    assert opened_mails(session, made) == [source.requester_id]
    link = session.scalars(sa.select(TicketLink)).one()
    assert (link.ticket_id, link.other_id, link.kind, link.linked_by) == (
        made.id,
        source.id,
        "split_from",
        by.person_id,
    )
    noted = session.scalars(sa.select(TicketEvent.changes).where(TicketEvent.action == "split")).one()
    assert noted == {"split": [None, made.number]}
    with pytest.raises(AlreadyDone) as again:
        split(session, source, cut(session), by, LATER)
    assert again.value.made == made.number


def test_the_part_of_somebody_without_an_account_is_a_guest_s_of_its_own(session, by):
    source = factories.ticket(session, requester=factories.guest(session), key="login", suffix="7KQF2M")
    made = split(session, source, cut(session), by, LATER)
    assert made.requester_id != source.requester_id
    assert made.access_suffix not in (None, source.access_suffix)
    addresses = {session.get_one(Person, each.requester_id).email for each in (made, source)}
    assert len(addresses) == 1


def test_the_part_goes_to_another_by_institutional_address_alone(session, by):
    source, other = factories.ticket(session), factories.student(session)
    with pytest.raises(Invalid, match="Nobody here"):
        split(session, source, cut(session, address=other.email), by, LATER)


def test_the_part_for_another_is_theirs(session, by):
    source, other = factories.ticket(session), factories.student(session)
    made = split(session, source, cut(session, address=factories.institutional_address(session, other)), by, LATER)
    assert made.requester_id == other.id
    assert opened_mails(session, made) == [other.id]
