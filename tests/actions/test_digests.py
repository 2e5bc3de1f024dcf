"""One mail a day for those who want it, and devices that stay silent at night."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import devices, digests, outbox, preferences
from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.notices import Habits
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket
from tests import factories
from tests.factories import NOW, actor, later

WORDS = Details(note=from_plain("Words."))
SEVEN = datetime(2026, 3, 3, 6, 0, tzinfo=UTC)
"""The next seven in the morning in Rome."""


@pytest.fixture
def ticket(session: Session) -> Ticket:
    """A ticket in its technician's hands, of somebody who wants one mail a day."""
    factories.publish(session)
    worker = factories.technician(session)
    made = factories.ticket(session, state=State.IN_PROGRESS, technician=worker)
    preferences.keep_habits(session, made.requester_id, Habits(is_daily=True), NOW)
    session.execute(sa.update(Notice).values(state="sent"))
    return made


def worker_does(session: Session, ticket: Ticket, action: Action, now: datetime = NOW) -> None:
    act(session, ticket, action, actor(session, session.get_one(Person, ticket.technician_id)), now, WORDS)


def waiting(session: Session) -> Sequence[Notice]:
    query = sa.select(Notice).where(Notice.state == "waiting").order_by(Notice.id)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def test_messages_wait_for_seven_in_the_morning_and_come_in_one_mail(session: Session, ticket: Ticket) -> None:
    for hours in (0, 1, 2):
        worker_does(session, ticket, Action.COMMENT, later(hours=hours))
    assert outbox.claim_due(session, later(hours=3), 10) == []
    assert digests.write_due(session, SEVEN.replace(hour=5, minute=59), 10) == 0
    assert digests.write_due(session, SEVEN, 10) == 3
    [mail] = waiting(session)
    assert (mail.template, mail.recipient_id, mail.channel) == ("digest", ticket.requester_id, "mail")
    assert mail.context is not None
    assert mail.context["news"] == f"comment {ticket.number}"
    assert digests.write_due(session, SEVEN, 10) == 0
    assert outbox.claim_due(session, SEVEN, 10) == [mail.id]


def test_a_solution_is_mailed_at_once_and_waits_for_no_digest(session: Session, ticket: Ticket) -> None:
    worker_does(session, ticket, Action.COMMENT)
    worker_does(session, ticket, Action.PROPOSE)
    solution = waiting(session)[-1]
    assert solution.template == "solution"
    assert outbox.claim_due(session, NOW, 10) == [solution.id]


def test_each_person_gets_a_mail_of_their_own(session: Session, ticket: Ticket) -> None:
    other = factories.ticket(
        session, state=State.IN_PROGRESS, technician=session.get_one(Person, ticket.technician_id), now=NOW
    )
    session.execute(sa.update(Notice).values(state="sent"))
    preferences.keep_habits(session, other.requester_id, Habits(is_daily=True), NOW)
    worker_does(session, ticket, Action.COMMENT)
    worker_does(session, other, Action.COMMENT)
    assert digests.write_due(session, SEVEN, 10) == 2
    assert [mail.recipient_id for mail in waiting(session)] == [ticket.requester_id, other.requester_id]


def test_devices_are_told_after_the_quiet_hours(session: Session, ticket: Ticket) -> None:
    device = {"endpoint": "https://push.example/1", "p256dh": "", "auth": ""}
    devices.add(session, ticket.requester_id, device, "Firefox", NOW)
    preferences.keep_habits(session, ticket.requester_id, Habits(quiet=(22, 7)), NOW)
    for at in (NOW, NOW.replace(hour=22)):
        worker_does(session, ticket, Action.COMMENT, at)
    told = [notice.next_try_at for notice in waiting(session) if notice.channel == "push"]
    assert told == [NOW, SEVEN]
