"""Editing one's own request: what it says now, what it said before, who is told, and when it is too late."""

import pytest
import sqlalchemy as sa

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.errors import Conflict, Invalid, NotNow
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_plain
from servicedesk.store import search
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.tickets import Message
from servicedesk.store.revisions import description, revisions
from tests import factories
from tests.factories import NOW, later

PHONE = {"phone": {"kind": "phone", "value": "+39 030 1", "label": {"it": "Telefono", "en": "Phone"}, "shown": None}}


@pytest.fixture
def asker(session):
    factories.publish(session)
    return factories.student(session)


def edit(session, ticket, asker, now=NOW, **details):
    return act(session, ticket, Action.EDIT, factories.actor(session, asker, ticket), now, Details(**details))


def test_an_edited_request_says_the_new_and_keeps_the_old(session, asker):
    ticket = factories.ticket(session, requester=asker, title="Renewing late", body="How do I renew?")
    event = edit(
        session, ticket, asker, later(hours=1), title="Renewing very late", note=from_plain("May I?"), answers=PHONE
    )
    assert (event.before, event.after) == (State.ASSIGNED_GROUP, State.ASSIGNED_GROUP)
    assert event.changes == {"edited": [None, ["title", "description", "answers"]]}
    assert (ticket.title, ticket.answers, ticket.changed_at) == ("Renewing very late", PHONE, later(hours=1))
    assert description(session, ticket.id).text == "May I?"
    before = revisions(session, ticket.id)[event.seq]
    assert (before.title, before.answers) == ("Renewing late", {})
    texts = session.scalars(sa.select(Message.body_text).where(Message.ticket_id == ticket.id).order_by(Message.id))
    assert list(texts) == ["How do I renew?", "May I?"]


def test_a_description_that_stays_is_not_kept_twice(session, asker):
    ticket = factories.ticket(session, requester=asker, body="How do I renew?")
    event = edit(session, ticket, asker, title="Another title", note=from_plain("How do I renew?"))
    assert event.changes == {"edited": [None, ["title"]]}
    assert session.scalars(sa.select(sa.func.count(Message.id)).where(Message.ticket_id == ticket.id)).one() == 1


def test_an_edit_that_changes_nothing_is_refused(session, asker):
    ticket = factories.ticket(session, requester=asker, title="Same", body="Same text")
    with pytest.raises(Invalid, match="Nothing was changed"):
        edit(session, ticket, asker, title="Same", note=from_plain("Same text"))


def test_an_edited_request_is_found_by_its_new_words_alone(session, asker):
    ticket, actor = (
        factories.ticket(session, requester=asker, title="Library", body="Card"),
        factories.actor(session, asker),
    )
    edit(session, ticket, asker, title="Canteen", note=from_plain("Voucher"))
    assert search.matching(session, "canteen voucher", actor) == [ticket.id]
    assert search.matching(session, ticket.number, actor) == [ticket.id]
    assert search.matching(session, "library", actor) == []


def test_the_technician_of_an_edited_request_is_told(session, asker):
    worker = factories.technician(session)
    ticket = factories.ticket(session, requester=asker, state=State.ASSIGNED_TECHNICIAN, technician=worker)
    edit(session, ticket, asker, title="Another title")
    told = session.execute(sa.select(Notice.template, Notice.recipient_id).order_by(Notice.id.desc()).limit(1)).one()
    assert tuple(told) == ("edited", worker.id)


def test_a_request_somebody_works_on_is_not_edited(session, asker):
    ticket = factories.ticket(session, requester=asker, state=State.IN_PROGRESS, title="Before")
    with pytest.raises(NotNow):
        edit(session, ticket, asker, title="After")
    assert ticket.title == "Before"


def test_who_edits_sees_first_that_somebody_took_the_request_meanwhile(session, asker):
    ticket = factories.ticket(session, requester=asker)
    seen, worker = ticket.last_seq, factories.technician(session)
    act(session, ticket, Action.TAKE, factories.actor(session, worker), NOW)
    with pytest.raises(Conflict) as conflict:
        edit(session, ticket, asker, title="After", seen_seq=seen)
    assert conflict.value.since == (seen + 1,)
    edit(session, ticket, asker, title="After", seen_seq=ticket.last_seq)
    assert ticket.title == "After"


def test_a_technician_sees_an_edit_before_answering(session, asker):
    worker = factories.technician(session)
    ticket = factories.ticket(session, requester=asker, state=State.ASSIGNED_TECHNICIAN, technician=worker)
    seen = ticket.last_seq
    edit(session, ticket, asker, title="After")
    with pytest.raises(Conflict):
        details = Details(note=from_plain("Do this."), seen_seq=seen)
        act(session, ticket, Action.PROPOSE, factories.actor(session, worker), NOW, details)


def test_a_guest_edits_the_own_request(session):
    factories.publish(session)
    guest = factories.guest(session)
    ticket = factories.ticket(session, requester=guest, key="login", suffix="7KQF2M")
    edit(session, ticket, guest, title="After")
    assert ticket.title == "After"
