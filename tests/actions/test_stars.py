"""Stars: put on once, taken away, only where one may read, gone from the list with the right to read."""

import pytest

from servicedesk.actions.stars import star, unstar
from servicedesk.rules.errors import NotAllowed
from servicedesk.store import catalogue, portal
from servicedesk.store.portal import Shelf
from servicedesk.store.stars import starred_among
from servicedesk.store.tickets import facts_of
from tests import factories
from tests.factories import NOW


@pytest.fixture
def asker(session):
    factories.publish(session)
    return factories.student(session)


def facts(session, ticket):
    return facts_of(session, ticket, catalogue.current(session).services[ticket.service_id])


def starred(session, actor) -> list[str]:
    return [row.number for row in portal.tickets_on(session, actor, Shelf.STARRED, None, None, 20).rows]


def test_a_star_is_put_on_once_and_taken_away(session, asker):
    ticket, actor = factories.ticket(session, requester=asker), factories.actor(session, asker)
    for _twice in range(2):
        star(session, facts(session, ticket), actor, NOW)
    assert starred(session, actor) == [ticket.number]
    for _twice in range(2):
        unstar(session, facts(session, ticket), actor)
    assert starred(session, actor) == []


def test_a_star_is_its_owners_alone(session, asker):
    ticket, worker = factories.ticket(session, requester=asker), factories.technician(session)
    actor, colleague = factories.actor(session, asker), factories.actor(session, worker)
    star(session, facts(session, ticket), colleague, NOW)
    assert starred_among(session, colleague, [ticket.id]) == {ticket.id}
    assert starred_among(session, actor, [ticket.id]) == frozenset()


def test_nobody_stars_what_they_may_not_read(session, asker):
    ticket, stranger = factories.ticket(session, requester=asker), factories.student(session)
    with pytest.raises(NotAllowed):
        star(session, facts(session, ticket), factories.actor(session, stranger), NOW)


def test_a_guest_has_no_favourites(session):
    factories.publish(session)
    guest = factories.guest(session)
    ticket = factories.ticket(session, requester=guest, key="login", suffix="7KQF2M")
    with pytest.raises(NotAllowed):
        star(session, facts(session, ticket), factories.actor(session, guest, ticket), NOW)


def test_a_starred_ticket_that_one_may_read_no_longer_leaves_the_list(session, asker):
    ticket, worker = factories.ticket(session, requester=asker), factories.technician(session)
    actor = factories.actor(session, worker)
    star(session, facts(session, ticket), actor, NOW)
    assert (starred(session, actor), portal.count_on(session, actor, Shelf.STARRED, None)) == ([ticket.number], 1)
    ticket.group_code = "FEW"
    session.flush()
    assert (starred(session, actor), portal.count_on(session, actor, Shelf.STARRED, None)) == ([], 0)
