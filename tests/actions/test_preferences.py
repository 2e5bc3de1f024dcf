"""What people choose holds for mails and for the bell, event by event."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import bell, cleaning, preferences
from servicedesk.actions.details import Details
from servicedesk.actions.silence import warn_due
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action, State, WaitingFor
from servicedesk.rules.notices import Channel, Kind, offered
from servicedesk.rules.richtext import from_plain
from servicedesk.store import bell as rung
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.preferences import BellNotice, Preference
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.preferences import wishes_of
from tests import factories
from tests.factories import NOW, actor, later

WORDS = Details(note=from_plain("Words."))
ALL = offered(is_guest=False, is_staff=True)


@pytest.fixture(autouse=True)
def published(session: Session) -> None:
    factories.publish(session)


def worked(session: Session, **values: object) -> tuple[Ticket, Person]:
    """A ticket in its technician's hands, and the technician."""
    worker = factories.technician(session)
    return factories.ticket(session, state=State.IN_PROGRESS, technician=worker, **values), worker


def mailed(session: Session, ticket: Ticket, person_id: int) -> Sequence[str]:
    query = sa.select(Notice.template).where(Notice.ticket_id == ticket.id, Notice.recipient_id == person_id)
    return session.scalars(query.order_by(Notice.id)).all()


def at_the_bell(session: Session, person_id: int) -> Sequence[tuple[str, str]]:
    rows, _more = rung.page(session, person_id, None, 50)
    return [(row.template, row.number) for row in rows]


def only(session: Session, person_id: int, *wanted: tuple[Kind, Channel]) -> None:
    preferences.choose(session, person_id, wanted, ALL, None, NOW)


def test_without_a_choice_everything_is_mailed_and_rings_except_ones_own_deeds(session: Session) -> None:
    ticket, worker = worked(session)
    by = actor(session, worker)
    act(session, ticket, Action.COMMENT, by, NOW, WORDS)
    act(session, ticket, Action.PROPOSE, by, NOW, WORDS)
    requester = session.get_one(Person, ticket.requester_id)
    act(session, ticket, Action.ACCEPT, actor(session, requester), NOW)
    assert mailed(session, ticket, requester.id) == ["opened", "taken", "comment", "solution", "closed"]
    news = [(template, ticket.number) for template in ("solution", "comment", "taken")]
    assert at_the_bell(session, requester.id) == news
    assert at_the_bell(session, worker.id)[0] == ("accepted", ticket.number)


def test_what_a_person_turned_off_is_neither_mailed_nor_rung(session: Session) -> None:
    ticket, worker = worked(session)
    before = mailed(session, ticket, ticket.requester_id)
    only(session, ticket.requester_id, (Kind.COMMENT, Channel.DESK), (Kind.SOLUTION, Channel.MAIL))
    act(session, ticket, Action.COMMENT, actor(session, worker), NOW, WORDS)
    act(session, ticket, Action.PROPOSE, actor(session, worker), NOW, WORDS)
    assert mailed(session, ticket, ticket.requester_id) == [*before, "solution"]
    assert at_the_bell(session, ticket.requester_id)[0] == ("comment", ticket.number)


def test_the_warning_before_closing_is_mailed_to_whoever_wants_nothing(session: Session) -> None:
    ticket, worker = worked(session)
    only(session, ticket.requester_id)
    act(session, ticket, Action.PROPOSE, actor(session, worker), NOW, WORDS)
    assert warn_due(session, later(days=13, hours=1), 10) == 1
    assert mailed(session, ticket, ticket.requester_id)[-1] == "expiring"


def test_a_question_rings_as_a_question(session: Session) -> None:
    ticket, worker = worked(session)
    asked = Details(note=from_plain("Which year?"), waiting_for=WaitingFor.REQUESTER)
    act(session, ticket, Action.WAIT, actor(session, worker), NOW, asked)
    assert at_the_bell(session, ticket.requester_id)[0] == ("question", ticket.number)


def test_a_guest_is_mailed_the_number_whatever_was_chosen_and_has_no_bell(session: Session) -> None:
    guest = factories.guest(session)
    preferences.choose(session, guest.id, (), offered(is_guest=True, is_staff=False), None, NOW)
    preferences.stop_mails(session, guest.id, Kind.OPENED, NOW)
    ticket = factories.ticket(session, requester=guest, suffix="7KQF2M")
    worker = factories.technician(session)
    act(session, ticket, Action.COMMENT, actor(session, worker), NOW, WORDS)
    assert mailed(session, ticket, guest.id) == ["opened"]
    assert at_the_bell(session, guest.id) == []


def test_stopping_one_kind_of_mail_leaves_the_others_and_may_be_done_twice(session: Session) -> None:
    person = factories.student(session)
    only(session, person.id, *(set(ALL) - {(Kind.TAKEN, Channel.PUSH)}))
    for _time in range(2):
        preferences.stop_mails(session, person.id, Kind.COMMENT, NOW)
    refused = wishes_of(session, [person.id])[person.id].refused
    assert refused == {(Kind.COMMENT, Channel.MAIL), (Kind.TAKEN, Channel.PUSH)}


def test_a_choice_among_mails_keeps_what_was_chosen_for_the_other_channels(session: Session) -> None:
    person = factories.student(session)
    only(session, person.id, *((kind, Channel.MAIL) for kind in Kind))
    mails = offered(is_guest=False, is_staff=False, channels=(Channel.MAIL,))
    preferences.choose(session, person.id, mails, mails, "en", NOW)
    assert (Kind.COMMENT, Channel.DESK) in wishes_of(session, [person.id])[person.id].refused
    assert session.get_one(Preference, person.id).changed_at == NOW
    assert person.locale == "en"


def test_the_bell_counts_to_nine_and_no_further_and_reading_empties_it(session: Session) -> None:
    ticket, worker = worked(session)
    for _time in range(12):
        act(session, ticket, Action.COMMENT, actor(session, worker), NOW, WORDS)
    assert rung.count_unread(session, ticket.requester_id) == rung.COUNTED + 1
    assert bell.mark_read(session, ticket.requester_id, NOW, "2026999999") == 0
    assert bell.mark_read(session, ticket.requester_id, NOW, ticket.number) == 13
    assert rung.count_unread(session, ticket.requester_id) == 0


def test_the_list_goes_on_where_the_page_before_ended(session: Session) -> None:
    ticket, worker = worked(session)
    for _time in range(4):
        act(session, ticket, Action.COMMENT, actor(session, worker), NOW, WORDS)
    first, has_more = rung.page(session, ticket.requester_id, None, 3)
    rest, is_over = rung.page(session, ticket.requester_id, first[-1].id, 3)
    assert (len(first), has_more, len(rest), is_over) == (3, True, 2, False)
    assert rung.one(session, worker.id, first[0].id) is None


def test_notices_are_forgotten_after_ninety_days(session: Session) -> None:
    ticket, _worker = worked(session)
    cleaning.forget_overdue(session, NOW + timedelta(days=90))
    assert at_the_bell(session, ticket.requester_id) == [("taken", ticket.number)]
    cleaning.forget_overdue(session, NOW + timedelta(days=90, seconds=1))
    assert session.scalars(sa.select(BellNotice.id)).all() == []
