"""What is about to be sent: no event until its time, once only, given back with the reason where it cannot be sent."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.cleaning import forget_overdue
from servicedesk.actions.details import Details
from servicedesk.actions.files import drafts_of, note_draft
from servicedesk.actions.held import hold, send_due, send_now, undo
from servicedesk.actions.tickets import act
from servicedesk.actions.work_drafts import Written, forget_written, keep_written
from servicedesk.rules.errors import Conflict, Invalid, NotNow
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_plain
from servicedesk.store.base import writing
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person, RoleGrant
from servicedesk.store.models.preferences import BellNotice
from servicedesk.store.models.tickets import Message, TicketEvent, Upload
from servicedesk.store.models.work import WorkDraft
from servicedesk.store.work import draft_of
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.both_databases
LIFE = timedelta(days=30)
SOON = timedelta(seconds=10)
LATER = NOW + timedelta(seconds=11)
KEY = "k" * 32


def person(session, person_id):
    return factories.actor(session, session.get(Person, person_id))


@pytest.fixture
def ticket(session):
    factories.publish(session)
    return factories.ticket(session, state=State.IN_PROGRESS)


@pytest.fixture
def who(session, ticket):
    return person(session, ticket.technician_id)


def held(session, ticket, who, action=Action.COMMENT, text="Come to room 3.", form="form 1", **more):
    details = Details(
        note=from_plain(text) if text else None,
        draft_key=KEY,
        seen_seq=more.pop("seen_seq", ticket.last_seq),
        form_key=form,
        **more,
    )
    hold(session, ticket, action, who, details, Written(KEY, text, "text"), NOW + SOON, LIFE, NOW)


def events(session, ticket, *actions):
    query = sa.select(TicketEvent).where(TicketEvent.ticket_id == ticket.id, TicketEvent.action.in_(actions))
    return session.scalars(query.order_by(TicketEvent.seq)).all()


def draft(session, ticket, who):
    return draft_of(session, who.person_id, ticket.id, NOW)


def due(session, now=LATER):
    failed = set()
    return send_due(session, now, 100, failed), failed


def test_what_is_held_leaves_no_trace_until_its_time_and_is_then_sent_once(session, ticket, who):
    before = ticket.last_seq
    held(session, ticket, who, Action.PROPOSE)
    assert (ticket.state, ticket.last_seq, events(session, ticket, "propose")) == (State.IN_PROGRESS, before, [])
    assert session.scalars(sa.select(Notice).where(Notice.template == "solution")).all() == []
    assert due(session, NOW + timedelta(seconds=9)) == (0, set())
    assert due(session) == (1, set())
    assert due(session) == (0, set())
    (event,) = events(session, ticket, "propose")
    assert (ticket.state, event.at, event.actor_id) == (State.RESOLVED, LATER, who.person_id)
    assert session.scalars(sa.select(Message.body_text).where(Message.event_id == event.id)).one() == "Come to room 3."
    assert len(session.scalars(sa.select(Notice).where(Notice.template == "solution")).all()) == 1
    assert draft(session, ticket, who) is None


def test_undo_gives_the_text_back_with_its_files_and_nothing_is_sent(session, ticket, who):
    note_draft(session, "a" * 32, KEY, "map.pdf", "application/pdf", 1, "0" * 64, NOW)
    held(session, ticket, who, files=("a" * 32,))
    undo(session, who.person_id, ticket.id)
    assert due(session) == (0, set())
    found = draft(session, ticket, who)
    assert (found.note, found.form_key, found.send_at) == ("Come to room 3.", KEY, None)
    assert [file.name for file in drafts_of(session, KEY)] == ["map.pdf"]
    assert events(session, ticket, "comment") == []


def test_files_go_out_with_what_was_held(session, ticket, who):
    note_draft(session, "a" * 32, KEY, "map.pdf", "application/pdf", 1, "0" * 64, NOW)
    held(session, ticket, who, files=("a" * 32,), text="")
    due(session)
    assert session.get(Upload, "a" * 32).ticket_id == ticket.id


def test_undo_after_the_sending_says_that_it_is_too_late(session, ticket, who):
    held(session, ticket, who)
    due(session)
    with pytest.raises(NotNow, match="Too late"):
        undo(session, who.person_id, ticket.id)


def test_send_now_does_not_wait_and_does_nothing_where_nothing_is_held(session, ticket, who):
    held(session, ticket, who)
    assert send_now(session, ticket, who, NOW) is None
    assert len(events(session, ticket, "comment")) == 1
    assert send_now(session, ticket, who, NOW) is None
    assert len(events(session, ticket, "comment")) == 1


def test_a_new_message_of_the_requester_gives_the_text_back_with_the_reason(session, ticket, who):
    held(session, ticket, who, Action.REPLY_CLOSE)
    requester = person(session, ticket.requester_id)
    act(session, ticket, Action.COMMENT, requester, NOW, Details(note=from_plain("Wait, one more thing.")))
    assert due(session) == (1, set())
    found = draft(session, ticket, who)
    assert (found.note, found.send_at) == ("Come to room 3.", None)
    assert "Somebody else was faster" in found.returned["msgid"]
    assert (ticket.state, events(session, ticket, "reply_close")) == (State.IN_PROGRESS, [])
    rung = sa.select(BellNotice.person_id).where(BellNotice.template == "watch_unsent")
    assert session.scalars(rung).all() == [who.person_id]


def test_what_would_be_refused_is_refused_at_once_and_nothing_is_held(session, ticket, who):
    with pytest.raises(Invalid, match="Write a text"):
        held(session, ticket, who, text="")
    requester = person(session, ticket.requester_id)
    seen = ticket.last_seq
    act(session, ticket, Action.COMMENT, requester, NOW, Details(note=from_plain("News")))
    with pytest.raises(Conflict):
        held(session, ticket, who, seen_seq=seen)
    act(session, ticket, Action.PROPOSE, who, NOW, Details(note=from_plain("Done")))
    with pytest.raises(NotNow):
        held(session, ticket, who, Action.PROPOSE)
    assert draft(session, ticket, who) is None


def test_the_same_form_sent_twice_is_held_once_and_another_one_sends_the_first(session, ticket, who):
    held(session, ticket, who)
    held(session, ticket, who)
    assert events(session, ticket, "comment") == []
    held(session, ticket, who, text="And bring a form.", form="form 2")
    assert len(events(session, ticket, "comment")) == 1
    due(session)
    assert len(events(session, ticket, "comment")) == 2


def test_what_was_held_by_somebody_who_works_here_no_longer_is_not_sent(session, ticket, who):
    held(session, ticket, who)
    session.execute(sa.delete(RoleGrant).where(RoleGrant.person_id == who.person_id))
    assert due(session) == (1, set())
    assert events(session, ticket, "comment") == []
    assert draft(session, ticket, who).returned is not None


def test_typing_on_overwrites_nothing_that_is_about_to_be_sent(session, ticket, who):
    held(session, ticket, who)
    assert not keep_written(session, who.person_id, ticket.id, Written("z" * 32, "Other", "text"), LIFE, NOW)
    assert not forget_written(session, who.person_id, ticket.id, None, NOW)
    due(session)
    assert len(events(session, ticket, "comment")) == 1


def test_a_draft_is_its_writers_alone_and_over_after_its_days(session, ticket, who):
    assert keep_written(session, who.person_id, ticket.id, Written(KEY, "First", "text"), LIFE, NOW)
    assert keep_written(session, who.person_id, ticket.id, Written(KEY, "<p>Second</p>", "html"), LIFE, NOW)
    other = factories.technician(session, ticket.group_code)
    assert (draft(session, ticket, who).note, draft(session, ticket, who).note_format) == ("<p>Second</p>", "html")
    assert draft_of(session, other.id, ticket.id, NOW) is None
    assert draft_of(session, who.person_id, ticket.id, NOW + LIFE) is None
    forget_overdue(session, NOW + LIFE + timedelta(seconds=1))
    assert session.scalars(sa.select(WorkDraft)).all() == []


def test_only_the_form_that_was_sent_forgets_the_draft(session, ticket, who):
    keep_written(session, who.person_id, ticket.id, Written(KEY, "Text", "text"), LIFE, NOW)
    assert not forget_written(session, who.person_id, ticket.id, "another form's key", NOW)
    assert forget_written(session, who.person_id, ticket.id, KEY, NOW)
    assert draft(session, ticket, who) is None


def test_more_than_any_form_holds_is_not_kept(session, ticket, who):
    with pytest.raises(Invalid, match="Shorten the text"):
        keep_written(session, who.person_id, ticket.id, Written(KEY, "x" * 200_001, "text"), LIFE, NOW)
    with pytest.raises(Invalid, match="not complete"):
        keep_written(session, who.person_id, ticket.id, Written("short", "x", "text"), LIFE, NOW)


@pytest.mark.concurrency
def test_two_processes_never_send_the_same_twice(fresh_database: sa.Engine) -> None:
    with Session(fresh_database) as session, writing(session):
        factories.publish(session)
        tickets = [factories.ticket(session, state=State.IN_PROGRESS) for _ in range(5)]
        for ticket in tickets:
            held(session, ticket, person(session, ticket.technician_id), form=f"form {ticket.id}")
    barrier, found = Barrier(2), []

    def run() -> None:
        barrier.wait()
        with Session(fresh_database) as session, writing(session):
            found.append(send_due(session, LATER, 100, set()))

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Session(fresh_database) as session:
        count = sa.select(sa.func.count()).where(TicketEvent.action == "comment")
        assert (sum(found), session.scalar(count)) == (5, 5)


def test_a_draft_keeps_the_standard_answer_and_what_is_sent_without_files_leaves_those_of_the_draft(
    session, ticket, who
):
    written = Written(KEY, "Text", "text", 7)
    assert keep_written(session, who.person_id, ticket.id, written, LIFE, NOW)
    note_draft(session, "a" * 32, KEY, "map.pdf", "application/pdf", 1, "0" * 64, NOW)
    details = Details(note=from_plain("Counter 3."), seen_seq=ticket.last_seq, form_key="form 9")
    hold(session, ticket, Action.REPLY_CLOSE, who, details, written, NOW + SOON, LIFE, NOW)
    assert draft(session, ticket, who).standard_answer == 7
    due(session)
    assert len(events(session, ticket, "reply_close")) == 1
    assert [file.message_id for file in session.scalars(sa.select(Upload))] == [None]
