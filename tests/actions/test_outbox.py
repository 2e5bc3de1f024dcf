"""The outbox: claimed once, in order, tried again, given up, and shown to staff."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import outbox
from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.letters import LOST_NUMBER
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.outbox import claimed, failed_notices
from tests import factories
from tests.factories import NOW, actor, later


@pytest.fixture(autouse=True)
def published(session: Session) -> None:
    factories.publish(session)


def notices(session: Session, ticket: Ticket) -> list[Notice]:
    query = sa.select(Notice).where(Notice.ticket_id == ticket.id).order_by(Notice.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def only_notice(session: Session) -> Notice:
    return session.scalars(sa.select(Notice).execution_options(populate_existing=True)).one()


def taken_ticket(session: Session) -> tuple[Ticket, Person]:
    """A ticket with two mails to its requester: opened, taken."""
    worker = factories.technician(session)
    return factories.ticket(session, state=State.ASSIGNED_TECHNICIAN, technician=worker), worker


def test_a_claimed_mail_is_nobody_elses_until_the_claim_is_over(session: Session) -> None:
    factories.ticket(session)
    first = outbox.claim_due(session, NOW, 10)
    assert first == [only_notice(session).id]
    assert outbox.claim_due(session, NOW + outbox.CLAIM - timedelta(seconds=1), 10) == []
    assert outbox.claim_due(session, NOW + outbox.CLAIM, 10) == first


def test_a_mail_is_not_due_before_its_time(session: Session) -> None:
    factories.ticket(session, now=later(hours=1))
    assert outbox.claim_due(session, NOW, 10) == []


def test_a_later_mail_of_the_ticket_waits_for_the_earlier_one_to_the_same_address(session: Session) -> None:
    ticket, _ = taken_ticket(session)
    opened, taken = notices(session, ticket)
    assert outbox.claim_due(session, NOW, 10) == [opened.id]
    outbox.mark_failed(session, opened.id, NOW, "451 later", is_final=False)
    assert outbox.claim_due(session, NOW, 10) == []
    assert outbox.claim_due(session, later(minutes=1), 10) == [opened.id]
    outbox.mark_sent(session, opened.id, later(minutes=1))
    assert outbox.claim_due(session, later(minutes=1), 10) == [taken.id]


def test_a_mail_given_up_lets_the_next_one_go(session: Session) -> None:
    ticket, _ = taken_ticket(session)
    opened, taken = notices(session, ticket)
    outbox.mark_failed(session, opened.id, NOW, "550 no such user", is_final=True)
    assert outbox.claim_due(session, NOW, 10) == [taken.id]


def test_another_persons_mail_does_not_wait(session: Session) -> None:
    ticket, worker = taken_ticket(session)
    words = Details(note=from_plain("Words."))
    act(session, ticket, Action.COMMENT, actor(session, session.get_one(Person, ticket.requester_id)), NOW, words)
    to_worker = notices(session, ticket)[-1]
    assert to_worker.address == worker.email
    assert to_worker.id in outbox.claim_due(session, NOW, 10)


def test_a_claim_takes_no_more_than_its_limit_and_the_oldest_first(session: Session) -> None:
    tickets = [factories.ticket(session, now=later(minutes=minute)) for minute in (3, 1, 2)]
    ids = [notices(session, ticket)[0].id for ticket in tickets]
    assert outbox.claim_due(session, later(minutes=5), 2) == sorted([ids[1], ids[2]])


def test_failures_move_the_next_try_away_and_keep_the_reason(session: Session) -> None:
    factories.ticket(session)
    notice = only_notice(session)
    now = NOW
    for minutes in (1, 5, 15):
        outbox.mark_failed(session, notice.id, now, "451 come\r\nback", is_final=False)
        notice = only_notice(session)
        assert notice.next_try_at == now + timedelta(minutes=minutes)
        now = notice.next_try_at
    assert (notice.state, notice.attempts, notice.last_error) == ("waiting", 3, "451 come back")


def test_after_four_days_a_mail_is_given_up_and_staff_of_its_group_see_it(session: Session) -> None:
    ticket, worker = taken_ticket(session)
    opened = notices(session, ticket)[0]
    for days in (0, 4):
        outbox.mark_failed(session, opened.id, later(days=days), "451 come back", is_final=False)
    shown = failed_notices(session, actor(session, worker), 10)
    assert [(row.number, row.template, row.reason) for row in shown] == [(ticket.number, "opened", "451 come back")]
    stranger = factories.technician(session, "INFO")
    assert failed_notices(session, actor(session, stranger), 10) == []


def test_the_four_days_count_from_the_first_try_even_when_that_came_late(session: Session) -> None:
    factories.ticket(session)
    outbox.mark_failed(session, only_notice(session).id, later(days=9), "451 come back", is_final=False)
    assert only_notice(session).next_try_at == later(days=9, minutes=1)


def test_a_sent_mail_keeps_no_copy_and_is_never_sent_again(session: Session) -> None:
    factories.ticket(session)
    notice = only_notice(session)
    outbox.keep_rendered(session, notice.id, b"bytes")
    outbox.mark_sent(session, notice.id, NOW)
    outbox.mark_failed(session, notice.id, NOW, "too late", is_final=True)
    notice = only_notice(session)
    assert (notice.state, notice.sent_at, notice.rendered, notice.attempts) == ("sent", NOW, None, 1)
    assert outbox.claim_due(session, later(days=1), 10) == []


def test_a_released_mail_is_due_at_once_and_a_dropped_one_never(session: Session) -> None:
    first, second = factories.ticket(session), factories.ticket(session)
    one, two = notices(session, first)[0].id, notices(session, second)[0].id
    outbox.claim_due(session, NOW, 10)
    outbox.release(session, one)
    outbox.drop(session, two)
    assert outbox.claim_due(session, NOW, 10) == [one]


def test_a_lost_number_is_mailed_to_the_address_the_ticket_was_filed_with(session: Session) -> None:
    guest = factories.guest(session, email="ospite@example.org")
    ticket = factories.ticket(session, requester=guest, key="login", suffix="7KQF2M")
    first = outbox.mail_requester(session, ticket, LOST_NUMBER, NOW)
    second = outbox.mail_requester(session, ticket, LOST_NUMBER, NOW)
    letters = claimed(session, [first.id, second.id], "code")
    assert [mail.letter.shown_number for mail in letters] == [f"{ticket.number}-7KQF2M"] * 2
    assert letters[0].letter.address == "ospite@example.org"
    assert letters[0].letter.message_id != letters[1].letter.message_id


def test_a_letter_holds_the_answer_but_never_an_internal_note_for_the_requester(session: Session) -> None:
    ticket, worker = taken_ticket(session)
    other = factories.technician(session)
    note = Details(note=from_plain("Difficult person."), technician_id=other.id)
    act(session, ticket, Action.ASSIGN_TECHNICIAN, actor(session, worker), NOW, note)
    act(session, ticket, Action.PROPOSE, actor(session, other), NOW, Details(note=from_plain("Pay at the bank.")))
    letters = [mail.letter for mail in claimed(session, [n.id for n in notices(session, ticket)], "code")]
    to_requester = {given.template: given.body_text for given in letters if given.to_requester}
    to_staff = {given.template: given.body_text for given in letters if not given.to_requester}
    assert to_requester["taken"] == ""
    assert to_requester["solution"] == "Pay at the bank."
    assert to_staff == {"assigned": "Difficult person."}


@pytest.mark.parametrize(("setting", "expected"), [("code", "code"), ("display", "display_name")])
def test_the_technician_is_named_as_the_setting_says(session: Session, setting: str, expected: str) -> None:
    ticket, worker = taken_ticket(session)
    ids = [notice.id for notice in notices(session, ticket)]
    letters = claimed(session, ids, "code" if setting == "code" else "display")
    assert {mail.letter.technician for mail in letters} == {getattr(worker, expected)}


def test_dates_of_a_letter_are_those_that_hold_when_it_is_written(session: Session) -> None:
    ticket = factories.ticket(session, state=State.RESOLVED)
    solution = notices(session, ticket)[-1]
    (mail,) = claimed(session, [solution.id], "code")
    assert (mail.letter.dates["expires"], mail.letter.dates["reopen_until"]) == (later(days=20), None)
    owner = session.get_one(Person, ticket.requester_id)
    act(session, ticket, Action.ACCEPT, actor(session, owner), later(days=1))
    (mail,) = claimed(session, [solution.id], "code")
    assert (mail.letter.dates["expires"], mail.letter.dates["reopen_until"]) == (None, later(days=21))
    assert mail.letter.outcome == "accepted"
