"""Guests: a person row per ticket, and the mails that a status check brings."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from servicedesk.actions.guests import Guest, new_guest, remember_language, remind, remind_all
from servicedesk.actions.unconfirmed import WINDOW
from servicedesk.rules.lifecycle import State
from servicedesk.store.models.notices import Notice
from tests import factories
from tests.factories import NOW

MARIO = Guest("Mario", "Rossi", "Mario@Example.ORG ", "", "it")


@pytest.fixture
def ticket(session):
    factories.publish(session)
    return factories.ticket(session, requester=new_guest(session, MARIO, NOW), key="login", suffix="7KQF2M")


def mails(session) -> list[tuple[str, str]]:
    query = select(Notice.template, Notice.address).where(Notice.event_id.is_(None)).order_by(Notice.id)
    return [(row.template, row.address) for row in session.execute(query)]


def test_two_tickets_of_one_human_being_are_two_guests(session):
    first, second = new_guest(session, MARIO, NOW), new_guest(session, MARIO, NOW)
    assert first.id != second.id
    assert (first.email, first.is_guest, first.locale) == ("mario@example.org", True, "it")


def test_the_full_number_goes_only_to_the_address_of_the_ticket(session, ticket):
    remind(session, "mario@example.org", ticket.number, NOW)
    remind(session, "luigi@example.org", ticket.number, NOW)
    remind(session, "mario@example.org", "2020000001", NOW)
    assert mails(session) == [("lost_number", "mario@example.org")]


def test_an_account_holder_gets_a_link_for_signing_in_at_the_institutional_address(session):
    factories.publish(session)
    student = factories.student(session, email="Giulia@Example.org")
    ticket = factories.ticket(session, requester=student)
    remind(session, "giulia@example.org", ticket.number, NOW)
    assert mails(session) == [("sign_in_link", f"s{student.id}@studenti.example.org")]


def test_an_address_gets_three_reminders_in_an_hour_and_then_more(session, ticket):
    for _time in range(5):
        remind(session, "mario@example.org", ticket.number, NOW)
    assert len(mails(session)) == 3
    remind(session, "mario@example.org", ticket.number, NOW + WINDOW + timedelta(seconds=1))
    assert len(mails(session)) == 4


def test_without_a_number_the_open_tickets_of_guests_are_mailed(session, ticket):
    ended = new_guest(session, MARIO, NOW)
    factories.ticket(session, requester=ended, key="login", suffix="ABCDEF", state=State.CANCELLED)
    factories.ticket(session, requester=factories.student(session, email="mario@example.org"))
    remind_all(session, "mario@example.org", NOW)
    query = select(Notice.ticket_id).where(Notice.event_id.is_(None))
    assert session.scalars(query).all() == [ticket.id]


def test_the_language_last_used_is_remembered(session):
    person = factories.person(session, locale=None)
    remember_language(session, person.id, "it")
    assert person.locale == "it"
