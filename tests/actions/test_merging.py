"""Merging one request into another, as both requesters and the staff see it; on both databases."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from servicedesk.actions.details import Details
from servicedesk.actions.merging import merge
from servicedesk.actions.tickets import act
from servicedesk.rules.errors import Conflict, Invalid, NotNow
from servicedesk.rules.lifecycle import Action, Outcome, State
from servicedesk.rules.richtext import from_plain
from servicedesk.store import relations as store
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.outbox import claimed
from tests import factories
from tests.factories import NOW

LATER = NOW + timedelta(hours=1)
WORDS = Details(note=from_plain("Dear Lucia Studente, sign at room 12."))


@pytest.fixture
def worker(session):
    factories.publish(session)
    return factories.technician(session)


@pytest.fixture
def going(session, worker):
    return factories.ticket(session, technician=worker, state=State.IN_PROGRESS)


@pytest.fixture
def staying(session, worker):
    return factories.ticket(session, technician=worker, state=State.IN_PROGRESS)


def by(session, person):
    return factories.actor(session, person)


def asker(session, ticket):
    return by(session, session.get_one(Person, ticket.requester_id))


def merged(session, going, staying, worker, note="Both ask the same."):
    return merge(session, going.number, staying.number, by(session, worker), LATER, Details(note=from_plain(note)))


def told(session, template) -> list[tuple[int, int]]:
    rows = session.execute(sa.select(Notice.ticket_id, Notice.recipient_id).where(Notice.template == template))
    return [tuple(row) for row in rows]


def test_a_merged_request_ends_and_both_requesters_are_told(session, going, staying, worker):
    event = merged(session, going, staying, worker)
    assert (going.state, going.outcome, staying.state) == (State.CLOSED, Outcome.MERGED, State.IN_PROGRESS)
    assert event.changes["merged"] == [None, staying.number]
    assert store.heir_of(session, going.id).number == staying.number
    assert [each.id for each in store.merged_into(session, staying.id)] == [going.id]
    assert told(session, "merged") == [(going.id, going.requester_id)]
    assert told(session, "absorbed") == [(staying.id, staying.requester_id)]


def test_both_requesters_get_the_answer_and_neither_learns_who_the_other_is(session, going, staying, worker):
    other = session.get_one(Person, staying.requester_id)
    merged(session, going, staying, worker)
    answer = Details(note=from_plain(f"Dear {other.given_name} {other.family_name}, sign at room 12."))
    act(session, staying, Action.PROPOSE, by(session, worker), LATER, answer)
    assert sorted(told(session, "solution")) == sorted(
        [(staying.id, staying.requester_id), (going.id, going.requester_id)]
    )
    ids = session.scalars(sa.select(Notice.id).where(Notice.template == "solution", Notice.ticket_id == going.id)).all()
    letter = claimed(session, ids, "code")[0].letter
    assert (letter.number, letter.recipient) == (going.number, letter.requester)
    assert "room 12" in letter.body_text
    assert other.family_name not in letter.body_text + letter.body_html


def test_what_the_requester_of_the_merged_one_writes_reaches_those_who_work_on_the_other(
    session, going, staying, worker
):
    merged(session, going, staying, worker)
    act(session, going, Action.COMMENT, asker(session, going), LATER, Details(note=from_plain("It is urgent.")))
    assert (going.state, going.outcome) == (State.CLOSED, Outcome.MERGED)
    assert told(session, "merged_comment") == [(staying.id, worker.id)]
    ids = session.scalars(sa.select(Notice.id).where(Notice.template == "merged_comment")).all()
    assert claimed(session, ids, "code")[0].letter.body_text == "It is urgent."
    act(session, staying, Action.REPLY_CLOSE, by(session, worker), LATER, WORDS)
    with pytest.raises(NotNow):
        act(session, going, Action.COMMENT, asker(session, going), LATER, WORDS)


def test_each_requester_judges_the_solution_on_their_own_request(session, going, staying, worker):
    merged(session, going, staying, worker)
    with pytest.raises(NotNow):
        act(session, going, Action.ACCEPT, asker(session, going), LATER)
    act(session, staying, Action.PROPOSE, by(session, worker), LATER, WORDS)
    act(session, staying, Action.ACCEPT, asker(session, staying), LATER)
    refusal = Details(note=from_plain("Not my case."))
    event = act(session, going, Action.REFUSE, asker(session, going), LATER, refusal)
    assert (event.after, going.outcome, going.technician_id) == (State.ASSIGNED_TECHNICIAN, None, worker.id)
    assert (staying.state, staying.outcome) == (State.CLOSED, Outcome.ACCEPTED)
    assert store.heir_of(session, going.id) is None
    assert store.is_linked(session, going.id, staying.id, "related")


def test_a_merged_request_is_accepted_for_itself_and_never_reopened_while_merged(session, going, staying, worker):
    merged(session, going, staying, worker)
    with pytest.raises(NotNow):
        act(session, going, Action.REOPEN, asker(session, going), LATER, WORDS)
    act(session, staying, Action.PROPOSE, by(session, worker), LATER, WORDS)
    act(session, going, Action.ACCEPT, asker(session, going), LATER)
    assert (going.state, going.outcome, staying.state) == (State.CLOSED, Outcome.ACCEPTED, State.RESOLVED)


def test_a_merge_is_undone_within_a_week_while_the_other_is_not_answered(session, going, staying, worker):
    merged(session, going, staying, worker)
    with pytest.raises(NotNow, match="for a week"):
        act(session, going, Action.UNMERGE, by(session, worker), LATER + timedelta(days=8))
    event = act(session, going, Action.UNMERGE, by(session, worker), LATER)
    assert (event.after, going.outcome, going.closed_at) == (State.ASSIGNED_TECHNICIAN, None, None)
    assert told(session, "unmerged") == [(going.id, going.requester_id)]
    merged(session, going, staying, worker)
    act(session, staying, Action.PROPOSE, by(session, worker), LATER, WORDS)
    with pytest.raises(NotNow, match="answered already"):
        act(session, going, Action.UNMERGE, by(session, worker), LATER)


def test_what_cannot_be_merged_says_why_and_changes_nothing(session, going, staying, worker):
    with pytest.raises(Invalid, match="another request"):
        merged(session, going, going, worker)
    factories.technician(session, "FEW")
    strange = factories.ticket(session, key="exams")
    with pytest.raises(Invalid, match="that you can read"):
        merged(session, going, strange, worker)
    asked = factories.ticket(session, key="exams", requester=worker)
    with pytest.raises(Invalid, match="may not work"), session.begin_nested():
        merged(session, going, asked, worker)
    ended = factories.ticket(session, state=State.CLOSED, technician=worker)
    with pytest.raises(Invalid, match="still open"), session.begin_nested():
        merged(session, going, ended, worker)
    third = factories.ticket(session)
    merged(session, going, staying, worker)
    with pytest.raises(Invalid, match="Others were merged"), session.begin_nested():
        merged(session, staying, third, worker)


def test_an_answer_that_came_meanwhile_is_read_before_merging(session, going, staying, worker):
    seen = going.last_seq
    act(session, going, Action.COMMENT, asker(session, going), LATER, WORDS)
    details = Details(seen_seq=seen)
    with pytest.raises(Conflict):
        merge(session, going.number, staying.number, by(session, worker), LATER, details)
