"""Mails that belong to no ticket: written, sent once, forgotten; and nobody without an address is mailed."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import letters, outbox
from servicedesk.rules.letters import DeskLetter
from servicedesk.rules.permissions import EVERY_SERVICE
from servicedesk.store.administration import failed_mails
from servicedesk.store.models.notices import Notice
from servicedesk.store.outbox import claimed, failed_notices
from tests import factories
from tests.factories import NOW, SERVICE, actor, later


@pytest.fixture(autouse=True)
def published(session: Session) -> None:
    factories.publish(session)


def write(session: Session, address: str = "rita@example.org", **more: str) -> Notice:
    context = {"recipient": "Rita", "path": "/account/x", "hours": "24"}
    made = letters.write_letter(
        session, address=address, locale="it", template="address_confirm", context={**context, **more}, now=NOW
    )
    assert made is not None
    return made


def reread(session: Session, notice: Notice) -> Notice:
    return session.scalars(sa.select(Notice).execution_options(populate_existing=True)).one()


def test_a_letter_is_due_at_once_with_everything_it_says(session: Session) -> None:
    notice = write(session)
    assert outbox.claim_due(session, NOW, 10) == [notice.id]
    (mail,) = claimed(session, [notice.id], "code")
    letter = mail.letter
    assert isinstance(letter, DeskLetter)
    assert (letter.address, letter.recipient, letter.locale) == ("rita@example.org", "Rita", "it")
    assert letter.context["path"] == "/account/x"
    assert "/account/x" not in repr(letter)


def test_letters_and_mails_about_tickets_are_claimed_in_one_order(session: Session) -> None:
    before, ticket, after = write(session), factories.ticket(session), write(session)
    ids = outbox.claim_due(session, NOW, 10)
    mails = claimed(session, reversed(ids), "code")
    assert [mail.id for mail in mails] == ids and before.id == ids[0] and after.id == ids[-1]
    assert any(getattr(mail.letter, "number", "") == ticket.number for mail in mails)


def test_no_letter_waits_for_another_to_the_same_address(session: Session) -> None:
    first, second = write(session), write(session)
    outbox.claim_due(session, NOW, 1)
    assert outbox.claim_due(session, NOW, 10) == [second.id]
    assert first.message_id != second.message_id


def test_what_a_letter_said_is_forgotten_once_it_is_sent_or_given_up(session: Session) -> None:
    notice = write(session)
    outbox.keep_rendered(session, notice.id, b"with the link")
    outbox.mark_sent(session, notice.id, NOW)
    assert (reread(session, notice).context, reread(session, notice).rendered) == (None, None)
    session.delete(reread(session, notice))
    notice = write(session)
    outbox.keep_rendered(session, notice.id, b"with the link")
    outbox.mark_failed(session, notice.id, NOW, "550 no such user", is_final=True)
    kept = reread(session, notice)
    assert (kept.state, kept.context, kept.rendered) == ("failed", None, None)


def test_a_letter_that_has_to_be_tried_again_keeps_what_it_says(session: Session) -> None:
    notice = write(session)
    outbox.mark_failed(session, notice.id, NOW, "451 later", is_final=False)
    assert reread(session, notice).context


def test_nothing_is_written_to_nobody(session: Session) -> None:
    made = letters.write_letter(
        session, address="", locale=None, template="address_confirm", context={"hours": "1"}, now=NOW
    )
    assert made is None
    assert session.scalars(sa.select(Notice)).all() == []


def test_a_requester_without_an_address_files_and_is_mailed_nothing_while_staff_are(session: Session) -> None:
    worker = factories.technician(session, "TURNS")
    nobody = factories.person(session, email="")
    factories.ticket(session, requester=nobody, key="plans")
    told = session.scalars(sa.select(Notice.address)).all()
    assert told == [worker.email]


def test_a_letter_given_up_is_shown_to_administrators_of_everything_only(session: Session) -> None:
    notice = write(session)
    outbox.mark_failed(session, notice.id, NOW, "550 no such user", is_final=True)
    whole = factories.administrator(session, EVERY_SERVICE)
    part = factories.administrator(session, SERVICE)
    shown = failed_mails(session, actor(session, whole))
    assert [(row.number, row.template) for row in shown] == [(None, "address_confirm")]
    assert failed_mails(session, actor(session, part)) == []
    assert failed_notices(session, actor(session, factories.technician(session)), 10) == []


def test_old_letters_are_forgotten_and_waiting_or_ticket_mails_are_not(session: Session) -> None:
    sent, waiting = write(session), write(session)
    outbox.mark_sent(session, sent.id, NOW)
    factories.ticket(session)
    about_ticket = session.scalars(sa.select(Notice.id).where(Notice.ticket_id.is_not(None))).all()
    for notice_id in about_ticket:
        outbox.mark_sent(session, notice_id, NOW)
    assert letters.forget_old(session, later(days=29)) == 0
    assert letters.forget_old(session, later(days=31)) == 1
    assert set(session.scalars(sa.select(Notice.id))) == {waiting.id, *about_ticket}
