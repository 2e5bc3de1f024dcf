"""An answer that hands the request on: held, taken back, sent or given back as one."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from servicedesk.actions.details import Details
from servicedesk.actions.held import act_after, hold, send_due, send_now, undo
from servicedesk.actions.standard_sequels import onward
from servicedesk.actions.tickets import act
from servicedesk.actions.work_drafts import Written
from servicedesk.rules.errors import Conflict, Invalid, NotNow
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_plain
from servicedesk.store import catalogue, standard_answers
from servicedesk.store.models.people import Person, RoleGrant
from servicedesk.store.models.standard_answers import StandardAnswerUse
from servicedesk.store.models.tickets import TicketEvent
from servicedesk.store.work import draft_of, drafts_of
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.both_databases
HOME, BESIDE, ELSEWHERE = "DESK", "INFO", "FEW"
KEY = "k" * 32
SAID = "Colleagues will answer."


@pytest.fixture
def ticket(session):
    factories.publish(session)
    for group in (BESIDE, ELSEWHERE):
        factories.technician(session, group)
    forwards = {"sequel": "forward", "forward_group": ELSEWHERE, "forward_reason": "It is about exams."}
    factories.standard_answer(session, "exams", "Ciao", "Hello", **forwards)
    return factories.ticket(session, state=State.IN_PROGRESS)


@pytest.fixture
def who(session, ticket):
    return factories.actor(session, session.get(Person, ticket.technician_id))


def held(session, ticket, who):
    answer = standard_answers.published(session, standard_answers.answer_of(session, "exams").id)
    given = {"note": from_plain(SAID), "draft_key": KEY, "form_key": "form 1", "standard_answer": answer.id}
    details = Details(seen_seq=ticket.last_seq, **given)
    soon, life = NOW + timedelta(seconds=10), timedelta(days=30)
    written = Written(KEY, SAID, "text", answer.id)
    hold(session, ticket, Action.COMMENT, who, details, written, soon, life, NOW, onward(ticket, answer))
    return answer


def due(session):
    return send_due(session, NOW + timedelta(seconds=11), 100, set())


def done(session, ticket):
    query = sa.select(TicketEvent).where(TicketEvent.ticket_id == ticket.id)
    query = query.where(TicketEvent.action.in_([Action.COMMENT, Action.FORWARD]))
    return session.scalars(query.order_by(TicketEvent.seq)).all()


def uses(session):
    return session.scalar(sa.select(sa.func.count()).select_from(StandardAnswerUse))


def draft(session, ticket, who):
    return draft_of(session, who.person_id, ticket.id, NOW)


def test_answer_and_hand_over_wait_together_and_are_done_together(session, ticket, who):
    held(session, ticket, who)
    assert (ticket.group_code, done(session, ticket), uses(session)) == (HOME, [], 0)
    assert due(session) == 1
    said, handed = done(session, ticket)
    assert (ticket.group_code, handed.cause_event, handed.changes["group"]) == (ELSEWHERE, said.id, [HOME, ELSEWHERE])
    assert (uses(session), draft(session, ticket, who)) == (1, None)


def test_taken_back_the_text_is_a_draft_again_and_still_names_the_group(session, ticket, who):
    answer = held(session, ticket, who)
    undo(session, who.person_id, ticket.id)
    assert due(session) == 0
    found = draft(session, ticket, who)
    assert (found.note, found.standard_answer, found.returned) == (SAID, answer.id, None)
    assert (ticket.group_code, done(session, ticket), uses(session)) == (HOME, [], 0)


def test_sent_now_it_is_answered_and_forwarded_at_once(session, ticket, who):
    held(session, ticket, who)
    assert send_now(session, ticket, who, NOW) is None
    assert (ticket.group_code, len(done(session, ticket))) == (ELSEWHERE, 2)


def moved(session, ticket):
    boss = factories.actor(session, factories.supervisor(session, HOME))
    act(session, ticket, Action.ASSIGN_GROUP, boss, NOW, Details(group=BESIDE))


def reclassified(session, ticket):
    ticket.category_key = "login"


def without_group(session, ticket):
    tree = catalogue.current(session)
    groups = {code: each for code, each in tree.groups.items() if code != ELSEWHERE}
    kept = {key: each for key, each in tree.categories.items() if each.group != ELSEWHERE}
    factories.publish(session, replace(tree, groups=groups, categories=kept))
    catalogue.forget_seen(session)


def without_staff(session, ticket):
    session.execute(sa.delete(RoleGrant).where(RoleGrant.group_code == ELSEWHERE))


def asked_again(session, ticket):
    asker = factories.actor(session, session.get(Person, ticket.requester_id))
    act(session, ticket, Action.COMMENT, asker, NOW, Details(note=from_plain("One more thing.")))


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (moved, "another group or category"),
        (reclassified, "another group or category"),
        (without_group, "is gone"),
        (without_staff, "Nobody works in that group"),
        (asked_again, "Somebody else was faster"),
    ],
)
def test_where_it_cannot_be_forwarded_any_more_nothing_is_said_and_the_text_comes_back(
    session, ticket, who, happens, why
):
    answer = held(session, ticket, who)
    happens(session, ticket)
    before = done(session, ticket)
    assert due(session) == 1
    found = draft(session, ticket, who)
    assert (found.note, found.standard_answer, found.send_at) == (SAID, answer.id, None)
    assert why in found.returned["msgid"]
    assert (done(session, ticket), uses(session)) == (before, 0)


def test_words_that_came_back_are_listed_even_where_the_ticket_may_be_read_no_longer(session, ticket, who):
    held(session, ticket, who)
    moved(session, ticket)
    due(session)
    (left,) = drafts_of(session, who, NOW, 5)
    assert (left.number, left.is_readable, left.note) == (ticket.number, False, SAID)


def test_what_could_not_be_forwarded_now_is_refused_before_anything_is_held(session, ticket, who):
    without_staff(session, ticket)
    with pytest.raises(Invalid, match="Nobody works"):
        held(session, ticket, who)
    assert (draft(session, ticket, who), done(session, ticket)) == (None, [])


def test_a_note_written_elsewhere_meanwhile_is_kept_at_once_and_the_hand_over_goes_on(session, ticket, who):
    held(session, ticket, who)
    note = Details(note=from_plain("Odd case."), draft_key="n" * 32, form_key="form 2", seen_seq=ticket.last_seq)
    assert act_after(session, ticket, Action.NOTE, who, NOW, note).action == Action.NOTE
    assert (ticket.group_code, done(session, ticket)) == (HOME, [])
    assert due(session) == 1
    assert (ticket.group_code, len(done(session, ticket))) == (ELSEWHERE, 2)


def other_answer(session, ticket, who):
    details = Details(note=from_plain("One more."), draft_key="o" * 32, form_key="form 2")
    written, soon = Written("o" * 32, "One more.", "text"), NOW + timedelta(seconds=10)
    with session.begin_nested():
        hold(session, ticket, Action.COMMENT, who, details, written, soon, timedelta(days=30), NOW)


def test_an_answer_after_one_that_hands_the_ticket_away_is_refused_while_that_waits(session, ticket, who):
    held(session, ticket, who)
    with pytest.raises(NotNow, match="about to be sent"):
        other_answer(session, ticket, who)
    session.refresh(ticket)
    assert (ticket.group_code, draft(session, ticket, who).note) == (HOME, SAID)


def test_what_can_be_sent_no_longer_is_not_replaced_by_another_answer(session, ticket, who):
    held(session, ticket, who)
    reclassified(session, ticket)
    with pytest.raises(Conflict, match="another group or category"):
        other_answer(session, ticket, who)
    assert draft(session, ticket, who).note == SAID
