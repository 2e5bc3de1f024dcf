"""The question after closing: who is asked when, what the mail carries, and what becomes of the answers."""

import pytest
import sqlalchemy as sa

from servicedesk.actions.details import Details
from servicedesk.actions.feedback import give_feedback
from servicedesk.actions.tickets import act
from servicedesk.rules.errors import Invalid, NotNow
from servicedesk.rules.letters import Letter
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.permissions import SYSTEM
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.following import Feedback
from servicedesk.store.models.notices import Notice
from servicedesk.store.outbox import claimed
from tests import factories
from tests.factories import NOW, later


@pytest.fixture
def asker(session):
    factories.publish(session)
    return factories.student(session)


def closed(session, asker, now=NOW):
    return factories.ticket(session, requester=asker, state=State.CLOSED, now=now)


def asked_at(session, ticket):
    return session.scalars(sa.select(Feedback.asked_at).where(Feedback.ticket_id == ticket.id)).first()


def letters_that_ask(session) -> list[tuple[str, bool]]:
    ids = list(session.scalars(sa.select(Notice.id).order_by(Notice.id)))
    letters = [mail.letter for mail in claimed(session, ids, "code") if isinstance(mail.letter, Letter)]
    return [(letter.template, letter.to_requester) for letter in letters if letter.asks_feedback]


def test_the_mail_about_an_accepted_solution_asks_its_requester_alone(session, asker):
    ticket = closed(session, asker)
    assert asked_at(session, ticket) == NOW
    assert letters_that_ask(session) == [("closed", True)]


def test_reply_and_close_asks_with_the_answer(session, asker):
    worker = factories.technician(session)
    ticket = factories.ticket(session, requester=asker, state=State.IN_PROGRESS, technician=worker)
    act(session, ticket, Action.REPLY_CLOSE, factories.actor(session, worker), NOW, Details(note=from_plain("So.")))
    assert letters_that_ask(session) == [("answered", True)]


def test_a_closure_for_want_of_an_answer_asks_too(session, asker):
    ticket = factories.ticket(session, requester=asker, state=State.RESOLVED)
    act(session, ticket, Action.EXPIRE, SYSTEM, later(days=21))
    assert letters_that_ask(session) == [("closed", True)]


def test_nobody_is_asked_about_a_withdrawn_request_or_a_duplicate(session, asker):
    worker = factories.technician(session)
    first, second = (factories.ticket(session, requester=asker) for _twice in range(2))
    act(session, first, Action.DUPLICATE, factories.actor(session, worker), NOW, Details(duplicate_of=second.number))
    factories.ticket(session, requester=asker, state=State.CANCELLED)
    assert session.scalars(sa.select(Feedback.ticket_id)).all() == []


def test_nobody_is_asked_twice_within_a_week(session, asker):
    first, second = closed(session, asker), closed(session, asker, later(days=6))
    third = closed(session, asker, later(days=8))
    assert [asked_at(session, each) for each in (first, second, third)] == [NOW, None, later(days=8)]


def test_guests_at_one_address_are_one_person_to_ask(session):
    factories.publish(session)
    for day in (0, 1):
        guest = factories.guest(session, email="rita@example.org")
        factories.ticket(
            session, requester=guest, key="login", suffix="7KQF2M", state=State.CLOSED, now=later(days=day)
        )
    assert len(session.scalars(sa.select(Feedback.ticket_id)).all()) == 1


def test_a_service_can_do_without_the_question(session):
    factories.publish(session, factories.catalogue(asks_feedback=False))
    assert asked_at(session, closed(session, factories.student(session))) is None


def test_an_answer_is_kept_and_the_ticket_stays_as_it_is(session, asker):
    ticket = closed(session, asker)
    before = (ticket.state, ticket.last_seq, ticket.changed_at)
    said = give_feedback(session, ticket, 4, " Quick. ", later(days=1))
    assert (said.grade, said.comment, said.answered_at, said.changed_at) == (4, "Quick.", later(days=1), None)
    assert (ticket.state, ticket.last_seq, ticket.changed_at) == before
    assert letters_that_ask(session) == []


def test_an_answer_is_changed_once(session, asker):
    ticket = closed(session, asker)
    give_feedback(session, ticket, 4, "", NOW)
    assert give_feedback(session, ticket, 4, "", later(hours=1)).changed_at is None
    assert give_feedback(session, ticket, 2, "On second thought", later(hours=2)).grade == 2
    with pytest.raises(NotNow):
        give_feedback(session, ticket, 5, "", later(hours=3))


def test_who_was_not_asked_by_mail_may_answer_on_the_ticket(session, asker):
    _first, second = closed(session, asker), closed(session, asker, later(days=1))
    assert give_feedback(session, second, 5, "", later(days=2)).asked_at is None


@pytest.mark.parametrize("grade", [None, 0, 6])
def test_there_are_five_grades(session, asker, grade):
    with pytest.raises(Invalid):
        give_feedback(session, closed(session, asker), grade, "", NOW)


def test_an_open_request_is_not_judged(session, asker):
    with pytest.raises(NotNow):
        give_feedback(session, factories.ticket(session, requester=asker), 5, "", NOW)


def test_a_request_closed_a_second_time_asks_again(session, asker):
    worker = factories.technician(session)
    ticket = factories.ticket(session, requester=asker, state=State.CLOSED, technician=worker)
    act(session, ticket, Action.REOPEN, factories.actor(session, asker), later(days=8), Details(note=from_plain("No.")))
    by = factories.actor(session, worker)
    act(session, ticket, Action.REPLY_CLOSE, by, later(days=9), Details(note=from_plain("Now.")))
    assert asked_at(session, ticket) == later(days=9)


def test_what_a_guest_said_goes_with_the_ticket_to_the_account(session):
    factories.publish(session)
    guest, account = factories.guest(session), factories.student(session)
    ticket = factories.ticket(session, requester=guest, key="login", suffix="7KQF2M", state=State.CLOSED)
    said = give_feedback(session, ticket, 5, "", NOW)
    act(session, ticket, Action.LINK_ACCOUNT, SYSTEM, NOW, Details(account_id=account.id))
    session.refresh(said)
    assert (said.grade, said.person_id) == (5, account.id)
