"""Links between tickets, and answers to many at once, as each side sees them; on both databases."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from servicedesk.actions import joint_answers
from servicedesk.actions.details import Details
from servicedesk.actions.joint_answers import Wanted, answer_next, prepare
from servicedesk.actions.tickets import act
from servicedesk.rules.errors import AlreadyDone, Invalid, NotFound
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_plain
from servicedesk.store import relations as store
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import RoleGrant
from servicedesk.store.models.relations import DONE, FAILED, JointAnswerPart
from servicedesk.store.models.tickets import Message, TicketEvent, TicketLink
from tests import factories
from tests.factories import NOW

LATER = NOW + timedelta(hours=1)
NO = Details(note=from_plain("No."))


@pytest.fixture
def worker(session):
    factories.publish(session)
    return factories.technician(session)


@pytest.fixture
def ticket(session, worker):
    return factories.ticket(session, technician=worker)


def link(session, ticket, worker, kind, other):
    details = Details(link_kind=kind, other=other.number)
    return act(session, ticket, Action.LINK, factories.actor(session, worker), LATER, details)


def texts(it="Fatto.", en="Done."):
    return {"it": from_plain(it), "en": from_plain(en)}


def answer_all(session, leading, worker, numbers, action=Action.SOLVE_TOGETHER, **words):
    joint = prepare(session, leading.id, Wanted(action, texts(**words), numbers), worker.id, LATER)
    while answer_next(session, LATER, joint.id):
        pass
    return joint


def test_a_link_is_told_in_both_directions_with_its_maker_and_can_be_taken_away(session, ticket, worker):
    other = factories.ticket(session, technician=worker)
    event = link(session, ticket, worker, "child_of", other)
    assert event.changes == {"link": [None, ["child_of", other.number]]}
    reader = factories.actor(session, worker)
    below, above = (store.links_of(session, each.id, reader)[0] for each in (ticket, other))
    assert (below.kind, below.is_outward, below.number) == ("child_of", True, other.number)
    assert (above.kind, above.is_outward, above.number) == ("child_of", False, ticket.number)
    assert (above.linked_at, above.code) == (LATER, worker.code)
    event = act(session, other, Action.UNLINK, reader, LATER, Details(link_id=above.id))
    assert event.changes == {"link": [["parent_of", ticket.number], None]}
    assert not store.links_of(session, ticket.id, reader)


def test_no_chain_of_parents_leads_back_to_its_beginning(session, ticket, worker):
    middle, top = (factories.ticket(session, technician=worker) for _ in range(2))
    link(session, ticket, worker, "child_of", middle)
    link(session, middle, worker, "child_of", top)
    for kind, first, second in (("child_of", top, ticket), ("parent_of", ticket, top)):
        with pytest.raises(Invalid, match="under itself"):
            link(session, first, worker, kind, second)
    with pytest.raises(Invalid, match="one other at most"):
        link(session, ticket, worker, "child_of", top)


@pytest.mark.parametrize("kind", ["related", "caused_by"])
def test_two_tickets_are_linked_once_in_a_way(session, ticket, worker, kind):
    other = factories.ticket(session, technician=worker)
    link(session, ticket, worker, kind, other)
    with pytest.raises(Invalid, match="linked in this way already"):
        link(session, ticket, worker, kind, other)


def test_only_a_ticket_one_can_read_is_linked_and_only_one_s_own_is_put_under_another(session, ticket, worker):
    factories.technician(session, "FEW")
    strange = factories.ticket(session, key="exams")
    for details in (Details(link_kind="related", other=strange.number), Details(link_kind="related", other="1")):
        with pytest.raises(Invalid, match="that you can read"):
            act(session, ticket, Action.LINK, factories.actor(session, worker), LATER, details)
    asked = factories.ticket(session, key="exams", requester=worker)
    with pytest.raises(Invalid, match="with another group"):
        link(session, ticket, worker, "parent_of", asked)
    link(session, ticket, worker, "child_of", asked)


def test_what_tells_a_story_cannot_be_removed(session, ticket, worker):
    other = factories.ticket(session, technician=worker)
    reader = factories.actor(session, worker)
    act(session, ticket, Action.DUPLICATE, reader, LATER, Details(duplicate_of=other.number))
    made = session.scalars(sa.select(TicketLink.id)).one()
    with pytest.raises(Invalid, match="no longer there"):
        act(session, ticket, Action.UNLINK, reader, LATER, Details(link_id=made))


def test_a_request_becomes_an_incident_and_back(session, ticket, worker):
    reader = factories.actor(session, worker)
    assert act(session, ticket, Action.CONVERT, reader, LATER).changes == {"kind": ["request", "incident"]}
    assert act(session, ticket, Action.CONVERT, reader, LATER).changes == {"kind": ["incident", "request"]}


def test_all_parts_are_solved_together_each_in_its_requester_s_language(session, ticket, worker):
    people = [factories.student(session, locale=locale) for locale in ("it", "fr", None)]
    parts = [factories.ticket(session, requester=each) for each in people]
    for part in parts:
        link(session, part, worker, "child_of", ticket)
    joint = answer_all(session, ticket, worker, [part.number for part in parts])
    assert [part.state for part in parts] == [State.RESOLVED] * 3
    said = [
        session.scalars(
            sa.select(Message.body_text)
            .join(TicketEvent)
            .where(TicketEvent.ticket_id == part.id, TicketEvent.action == Action.SOLVE_TOGETHER)
        ).one()
        for part in parts
    ]
    assert said == ["Fatto.", "Done.", "Fatto.\n\nDone."]
    told = session.scalars(sa.select(Notice.recipient_id).where(Notice.template == "solution")).all()
    assert sorted(told) == sorted(each.id for each in people)
    assert {row.state for row in store.outcomes(session, joint.id, ticket.id)} == {DONE}
    refused = act(
        session, parts[0], Action.REFUSE, factories.actor(session, people[0]), LATER, Details(note=from_plain("No."))
    )
    assert refused.after == State.ASSIGNED_GROUP
    assert [part.state for part in parts[1:]] == [State.RESOLVED] * 2


def test_what_moved_on_meanwhile_is_left_out_and_says_why(session, ticket, worker):
    gone, stays = factories.ticket(session), factories.ticket(session)
    for part in (gone, stays):
        link(session, part, worker, "child_of", ticket)
    joint = prepare(session, ticket.id, Wanted(Action.COMMENT, texts(), [gone.number, stays.number]), worker.id, LATER)
    asker = factories.actor(session, session.get_one(type(worker), gone.requester_id))
    act(session, gone, Action.WITHDRAW, asker, LATER)
    while answer_next(session, LATER, joint.id):
        pass
    found = dict(session.execute(sa.select(JointAnswerPart.ticket_id, JointAnswerPart.state)).all())
    assert found == {gone.id: FAILED, stays.id: DONE}
    why = session.scalars(sa.select(JointAnswerPart.why).where(JointAnswerPart.ticket_id == gone.id)).one()
    assert "has moved on" in why["msgid"]
    assert stays.state == State.ASSIGNED_GROUP


def test_what_nobody_foresaw_holds_up_no_other_answer(session, ticket, worker):
    part = factories.ticket(session)
    link(session, part, worker, "child_of", ticket)
    broken = prepare(session, ticket.id, Wanted(Action.COMMENT, texts(), [part.number]), worker.id, LATER)
    sound = prepare(session, ticket.id, Wanted(Action.COMMENT, texts(), [part.number]), worker.id, LATER)
    broken.texts = {"it": {"no such": "text"}}
    while joint_answers.answer_next(session, LATER):
        pass
    [failed], [done] = (store.outcomes(session, each.id, ticket.id) for each in (broken, sound))
    assert (failed.state, done.state) == (FAILED, DONE)
    assert "went wrong" in failed.why["msgid"]


def test_a_part_with_another_group_is_answered_by_those_it_was_put_under(session, ticket, worker):
    theirs = factories.technician(session, "FEW")
    session.add(RoleGrant(person_id=theirs.id, role="technician", group_code="DESK", areas=[], granted_at=NOW))
    part = factories.ticket(session, key="exams")
    link(session, part, theirs, "child_of", ticket)
    with pytest.raises(NotFound):
        act(session, part, Action.SOLVE_TOGETHER, factories.actor(session, worker), LATER)
    answer_all(session, ticket, worker, [part.number])
    assert part.state == State.RESOLVED


def test_an_answer_to_many_needs_words_and_tickets_and_is_written_once(session, ticket, worker):
    part = factories.ticket(session)
    link(session, part, worker, "child_of", ticket)
    with pytest.raises(Invalid, match="Write a text"):
        prepare(session, ticket.id, Wanted(Action.COMMENT, texts("", ""), [part.number]), worker.id, LATER)
    with pytest.raises(Invalid, match="at least one"):
        prepare(session, ticket.id, Wanted(Action.COMMENT, texts(), [ticket.number]), worker.id, LATER)
    with pytest.raises(Invalid, match="Choose whether"):
        prepare(session, ticket.id, Wanted(Action.NOTE, texts(), [part.number]), worker.id, LATER)
    joint = prepare(session, ticket.id, Wanted(Action.COMMENT, texts(), [part.number], "k" * 30), worker.id, LATER)
    with pytest.raises(AlreadyDone) as again, session.begin_nested():
        prepare(session, ticket.id, Wanted(Action.COMMENT, texts(), [part.number], "k" * 30), worker.id, LATER)
    assert again.value.made == str(joint.id)
    assert joint_answers.answer_next(session, LATER)
    assert not joint_answers.answer_next(session, LATER)
