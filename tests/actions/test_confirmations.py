"""Requests that wait for their address, and the mails that an address nobody has confirmed is sent."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from servicedesk.actions import confirmations, files
from servicedesk.actions.cleaning import forget_overdue
from servicedesk.actions.guests import Guest, new_guest, remind
from servicedesk.actions.tickets import NewTicket
from servicedesk.actions.unconfirmed import MAILS, WINDOW, confirm, count_mail, hold_back, may_mail
from servicedesk.rules.errors import Gone, TooMany
from servicedesk.rules.richtext import from_plain
from servicedesk.store.guests import unconfirmed
from servicedesk.store.models.guests import WaitingRequest
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.tickets import Message, Ticket, Upload
from tests import factories
from tests.factories import NOW

MARIO = Guest("Mario", "Rossi", " Mario@Example.org", "+39 1", "it")


@pytest.fixture
def waiting(session) -> NewTicket:
    """A parked request with a file."""
    factories.publish(session)
    files.note_draft(session, "u" * 32, "k" * 32, "a.txt", "text/plain", 3, "0" * 64, NOW)
    asked = NewTicket(
        "", "login", "Locked out", from_plain("No way in."), "public_form", {}, files=("u" * 32,), draft_key="k" * 32
    )
    asked = NewTicket(**{**{name: getattr(asked, name) for name in asked.__slots__}, "form_key": "form"})
    confirmations.park(session, MARIO, asked, factories.SERVICE, NOW)
    return asked


def token(session) -> str:
    context = session.scalars(select(Notice.context)).one()
    return context["path"].rpartition("/")[2]


def test_a_parked_request_is_no_ticket_and_its_mail_says_nothing_of_it(session, waiting):
    assert session.scalar(select(func.count()).select_from(Ticket)) == 0
    notice = session.scalars(select(Notice)).one()
    assert (notice.template, notice.address, notice.locale) == ("request_confirm", "mario@example.org", "it")
    assert set(notice.context) == {"path", "hours"}


def test_its_link_files_it_once_with_text_and_files(session, waiting):
    link = token(session)
    number = confirmations.file(session, link, "2026000001", "7KQF2M", NOW)
    assert confirmations.file(session, link, "2026000002", "ABCDEF", NOW) == number == "2026000001"
    ticket = session.scalars(select(Ticket)).one()
    assert (ticket.title, ticket.access_suffix) == ("Locked out", "7KQF2M")
    assert session.scalars(select(Message.body_text)).one() == "No way in."
    assert session.scalars(select(Upload.ticket_id)).one() == ticket.id
    assert not unconfirmed(session, [ticket.requester_id])
    assert session.scalars(select(WaitingRequest.content)).one() == {}


def test_sent_twice_it_waits_once(session, waiting):
    confirmations.park(session, MARIO, waiting, factories.SERVICE, NOW)
    assert session.scalar(select(func.count()).select_from(WaitingRequest)) == 1
    assert session.scalar(select(func.count()).select_from(Notice)) == 1


def test_after_two_days_it_is_gone_and_swept_with_its_files(session, waiting):
    link, late = token(session), NOW + confirmations.LIFE + timedelta(seconds=1)
    for look in (confirmations.look, lambda *args: confirmations.file(args[0], args[1], "1", "A", args[2])):
        with pytest.raises(Gone):
            look(session, link, late)
    assert files.sweep_drafts(session, late, 10) == []
    forget_overdue(session, late)
    assert session.scalar(select(func.count()).select_from(WaitingRequest)) == 0
    assert files.sweep_drafts(session, late + timedelta(hours=1), 10) == ["u" * 32]


def test_just_before_the_end_it_can_still_be_filed_with_its_files(session, waiting):
    number = confirmations.file(
        session, token(session), "2026000001", "7KQF2M", NOW + confirmations.LIFE - timedelta(seconds=1)
    )
    assert session.scalars(select(Upload.ticket_id)).one() is not None
    assert number == "2026000001"


def test_a_stranger_is_sent_three_mails_an_hour_whatever_the_form(session, waiting):
    assert [may_mail(session, "MARIO@example.org ", NOW) for _time in range(3)] == [True, True, False]
    with pytest.raises(TooMany) as refused:
        count_mail(session, "mario@example.org", NOW)
    assert refused.value.again_at == NOW + WINDOW
    another = NewTicket("", "login", "x", from_plain("x"), "public_form", {}, form_key="another")
    with pytest.raises(TooMany):
        confirmations.park(session, MARIO, another, factories.SERVICE, NOW)


def test_what_else_such_an_address_is_to_be_told_waits_for_its_turn(session):
    made = [
        Notice(address="m@example.org", template="x", first_try_at=NOW, next_try_at=NOW, message_id=str(number))
        for number in range(MAILS * 2 + 1)
    ]
    for notice in made:
        hold_back(session, notice, NOW)
        session.add(notice)
        session.flush()
    hours = [(notice.next_try_at - NOW) / WINDOW for notice in made]
    assert hours == [0, 0, 0, 1, 1, 1, 2]


def test_a_guest_counts_as_confirmed_from_then_on(session):
    factories.publish(session)
    guest = new_guest(session, MARIO, NOW)
    ticket = factories.ticket(session, requester=guest, key="login", suffix="7KQF2M")
    assert unconfirmed(session, [guest.id]) == {guest.id}
    for _time in range(2):
        confirm(session, guest.id, NOW)
    assert unconfirmed(session, [guest.id]) == set()
    remind(session, guest.email, ticket.number, NOW)
    assert session.scalars(select(Notice.next_try_at).where(Notice.template == "lost_number")).one() == NOW
