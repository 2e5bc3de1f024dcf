"""Requests that wait for an approval: asked, decided, handed on, reminded of and ended."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.service_levels import reading
from servicedesk.actions.tickets import act
from servicedesk.rules.approval_steps import Decision, Need, Step
from servicedesk.rules.errors import Conflict, Invalid, NotAllowed, NotFound, NotNow
from servicedesk.rules.lifecycle import Action, Outcome, State
from servicedesk.rules.permissions import SYSTEM, Permission, Role, may
from servicedesk.rules.service_levels import ClockName, Phase
from servicedesk.store import approval_lists
from servicedesk.store.base import writing
from servicedesk.store.models.approvals import Approval, ApprovalRound
from servicedesk.store.models.automation import Pending
from servicedesk.store.models.people import Absence, Person, RoleGrant
from servicedesk.store.models.preferences import BellNotice
from servicedesk.store.models.tickets import Message, Ticket, TicketEvent
from servicedesk.store.tickets import facts_of, locked
from tests import factories, levels
from tests.actions.test_concurrency import together
from tests.approvals import LEADERS, MEMBERS, OWN_LEADERS, WORDS, Scene, person
from tests.factories import NOW, actor, later


def test_a_request_stays_new_until_it_is_approved_and_is_then_routed(session: Session) -> None:
    scene = Scene(session)
    ticket = scene.opens()
    assert (ticket.state, scene.events) == (State.NEW, ["submit", "ask_approval"])
    assert scene.told("approval_asked") == [scene.first.id, scene.second.id]
    assert scene.told("assigned") == scene.told("taken") == []
    scene.do(scene.first, Action.APPROVE, minutes=5)
    assert (ticket.state, ticket.group_code) == (State.ASSIGNED_GROUP, "DESK")
    assert scene.events[2:] == ["approve", "route"]
    assert scene.told("approved") == [scene.student.id]
    assert scene.waiting == [] and scene.readers == {scene.first.id}


def test_nobody_works_on_a_request_before_it_is_approved(session: Session) -> None:
    scene = Scene(session)
    ticket = scene.opens()
    for action, who in (
        (Action.TAKE, scene.desk),
        (Action.ASSIGN_TECHNICIAN, scene.leader),
        (Action.FORWARD, scene.leader),
        (Action.PROPOSE, scene.desk),
        (Action.REPLY_CLOSE, scene.desk),
        (Action.MERGE, scene.desk),
    ):
        with pytest.raises(NotNow):
            scene.do(who, action, replace(WORDS, technician_id=scene.desk.id, group="FEW"))
    with pytest.raises(NotNow, match="waits for its approval"):
        act(session, ticket, Action.ROUTE, SYSTEM, NOW)
    assert scene.events == ["submit", "ask_approval"]


def test_where_all_have_to_approve_the_last_one_decides_and_steps_come_one_after_the_other(session: Session) -> None:
    last = factories.technician(session, "FEW")
    scene = Scene(session, Step((LEADERS,), Need.ALL), Step((person(str(last.code)),)))
    ticket = scene.opens()
    scene.do(scene.first, Action.APPROVE, replace(WORDS, note=None))
    assert ticket.state == State.NEW and scene.waiting == [scene.second.id]
    assert last.id not in scene.readers
    scene.do(scene.second, Action.APPROVE, replace(WORDS, note=None))
    assert ticket.state == State.NEW and scene.waiting == [last.id]
    assert scene.told("approval_asked") == sorted([scene.first.id, scene.second.id, last.id])
    scene.do(last, Action.APPROVE)
    assert ticket.state == State.ASSIGNED_GROUP
    assert session.scalars(sa.select(ApprovalRound.state)).all() == [Decision.APPROVED]


def test_a_refusal_needs_a_reason_ends_the_request_and_is_told_with_it(session: Session) -> None:
    scene = Scene(session, Step((LEADERS,), Need.ALL))
    ticket = scene.opens()
    with pytest.raises(Invalid, match="reason"):
        scene.do(scene.first, Action.DISAPPROVE, Details())
    event = scene.do(scene.first, Action.DISAPPROVE)
    assert (ticket.state, ticket.outcome, ticket.closed_at) == (State.CLOSED, Outcome.NOT_APPROVED, later())
    assert scene.told("not_approved") == [scene.student.id]
    assert session.scalars(sa.select(Approval.event_id).where(Approval.state == "refused")).all() == [event.id]
    assert scene.waiting == []
    with pytest.raises(NotNow, match="was not approved"):
        scene.do(scene.student, Action.REOPEN)
    with pytest.raises(NotFound):  # whoever was asked and did not decide reads it no longer
        scene.do(scene.second, Action.APPROVE)


def test_two_approvers_at_once_never_overrule_each_other(session: Session) -> None:
    scene = Scene(session)
    ticket = scene.opens()
    seen = ticket.last_seq
    scene.do(scene.first, Action.APPROVE, replace(WORDS, seen_seq=seen))
    with pytest.raises(NotFound):
        scene.do(scene.second, Action.DISAPPROVE, replace(WORDS, seen_seq=seen))
    assert ticket.state == State.ASSIGNED_GROUP


def test_an_approval_never_goes_to_a_text_the_approver_has_not_read(session: Session) -> None:
    scene = Scene(session, Step((LEADERS,), Need.ALL))
    seen = scene.opens().last_seq
    scene.do(scene.second, Action.APPROVE, replace(WORDS, seen_seq=seen))
    scene.do(scene.first, Action.APPROVE, replace(WORDS, seen_seq=seen))
    scene.opens()
    seen = scene.ticket.last_seq
    scene.do(scene.student, Action.EDIT, replace(WORDS, title="Two keys"))
    with pytest.raises(Conflict):
        scene.do(scene.first, Action.APPROVE, replace(WORDS, seen_seq=seen))


def test_what_somebody_has_approved_is_asked_anew_when_the_requester_changes_it(session: Session) -> None:
    scene = Scene(session, Step((LEADERS,), Need.ALL))
    scene.opens()
    scene.do(scene.first, Action.APPROVE)
    scene.do(scene.student, Action.EDIT, replace(WORDS, title="Two keys"))
    assert scene.waiting == [scene.first.id, scene.second.id]
    assert scene.events[-2:] == ["edit", "ask_approval"]


def test_a_substitute_is_asked_too_and_decides_for_whoever_is_away(session: Session) -> None:
    scene = Scene(session, Step((LEADERS,), Need.ALL))
    substitute = factories.technician(session, "FEW")
    away(session, scene.first, substitute)
    ticket = scene.opens()
    assert scene.told("approval_asked") == sorted([scene.first.id, scene.second.id, substitute.id])
    event = scene.do(substitute, Action.APPROVE)
    assert event.changes["instead_of"] == [scene.first.id]
    scene.do(scene.second, Action.APPROVE)
    assert ticket.state == State.ASSIGNED_GROUP
    done = session.execute(sa.select(Approval.person_id, Approval.decided_by).order_by(Approval.id)).all()
    assert [tuple(row) for row in done] == [(scene.first.id, substitute.id), (scene.second.id, scene.second.id)]


def away(session: Session, who: Person, substitute: Person, first: int = 0) -> None:
    days = later(days=first).date(), later(days=first + 20).date()
    session.add(
        Absence(person_id=who.id, first_day=days[0], last_day=days[1], substitute_id=substitute.id, handling="keep")
    )
    session.flush()


def test_whoever_falls_away_later_is_stood_in_for_as_soon_as_the_desk_looks(session: Session) -> None:
    scene = Scene(session)
    substitute = factories.technician(session, "FEW")
    scene.opens()
    away(session, scene.first, substitute, first=1)
    assert scene.looks(minutes=30) == 0
    assert scene.looks(days=1, hours=1) == 1
    assert scene.told("approval_asked")[-1] == substitute.id
    assert substitute.id in scene.readers
    assert scene.looks(days=1, hours=3) == 1
    assert scene.events.count("replace_approver") == 1


def test_nobody_approves_their_own_request_and_whoever_leads_the_group_is_asked_instead(session: Session) -> None:
    boss = factories.technician(session, "FEW")
    scene = Scene(session, Step((person(str(boss.code)),)), requester=boss)
    ticket = scene.opens()
    assert scene.waiting == [scene.leader.id]
    with pytest.raises(NotAllowed):
        scene.do(boss, Action.APPROVE)
    scene.do(scene.leader, Action.APPROVE)
    assert ticket.state == State.ASSIGNED_GROUP


def test_where_nobody_at_all_can_decide_the_request_waits_until_somebody_can(session: Session) -> None:
    scene = Scene(session, Step((MEMBERS,)))
    session.execute(sa.delete(RoleGrant).where(RoleGrant.person_id == scene.leader.id))
    ticket = scene.opens()
    assert (ticket.state, scene.waiting) == (State.NEW, [])
    with pytest.raises(NotNow):
        act(session, ticket, Action.ROUTE, SYSTEM, NOW)
    member = factories.technician(session, "INFO")
    scene.looks(hours=2)
    assert scene.waiting == [member.id] and scene.told("approval_asked") == [member.id]


def test_whoever_has_left_gives_way_to_those_who_hold_the_role_now(session: Session) -> None:
    scene = Scene(session)
    scene.opens()
    for gone in (scene.first, scene.second):
        session.execute(sa.delete(RoleGrant).where(RoleGrant.person_id == gone.id, RoleGrant.role == Role.SUPERVISOR))
    new = factories.supervisor(session, "INFO")
    scene.looks(hours=2)
    assert scene.waiting == [new.id] and scene.readers == {new.id}


def test_late_approvers_are_reminded_and_the_second_time_the_supervisor_is_told(session: Session) -> None:
    scene = Scene(session, Step((LEADERS,), remind_after=2))
    scene.opens()
    assert scene.looks(days=1) == 1 and scene.told("approval_reminder") == []
    scene.looks(days=2, hours=1)
    assert scene.told("approval_reminder") == [scene.first.id, scene.second.id]
    assert scene.told("line_escalated") == []
    scene.looks(days=4, hours=2)
    assert scene.told("line_escalated") == [scene.leader.id]
    assert scene.events[-2:] == ["remind_approvers", "escalate"]


def test_whoever_has_lost_the_role_or_stands_in_no_more_decides_nothing_before_the_desk_has_looked(
    session: Session,
) -> None:
    scene = Scene(session)
    mate = factories.technician(session, "FEW")
    away(session, scene.second, mate)
    ticket = scene.opens()
    session.execute(sa.delete(RoleGrant).where(RoleGrant.person_id == scene.first.id))
    session.execute(sa.delete(Absence))
    for who in (scene.first, mate):
        with pytest.raises(NotAllowed, match="no longer yours to decide"):
            scene.do(who, Action.APPROVE)
    assert scene.waiting == [scene.first.id, scene.second.id] and scene.events[-1] == "ask_approval"
    scene.do(scene.second, Action.APPROVE)
    assert ticket.state == State.ASSIGNED_GROUP


def test_who_is_to_decide_asks_those_at_work_inside_and_nobody_else_may(session: Session) -> None:
    scene = Scene(
        session, Step((LEADERS,)), Step((person(str(factories.technician(session, "FEW", code="900").code)),))
    )
    ticket = scene.opens()
    event = scene.do(scene.first, Action.REMARK)
    written = session.scalars(sa.select(Message).where(Message.event_id == event.id)).one()
    assert (written.body_text, written.is_public, ticket.state) == ("Because.", False, State.NEW)
    assert scene.told("approval_remark") == [scene.desk.id]
    assert [row.body_text for row in approval_lists.remarks_of(session, ticket.id, scene.first.id)] == ["Because."]
    assert scene.waiting == [scene.first.id, scene.second.id]
    with pytest.raises(Invalid, match="Write a text"):
        scene.do(scene.first, Action.REMARK, Details())
    for nobody_asked in (scene.student, scene.desk, scene.leader):
        with pytest.raises(NotAllowed):
            scene.do(nobody_asked, Action.REMARK)
    scene.do(scene.first, Action.APPROVE)
    for no_longer_asked in (scene.first, scene.second):
        with pytest.raises((NotAllowed, NotFound)):
            scene.do(no_longer_asked, Action.REMARK)


def test_a_supervisor_asks_again_or_somebody_else(session: Session) -> None:
    scene = Scene(session, Step((LEADERS,), Need.ALL))
    ticket = scene.opens()
    scene.do(scene.leader, Action.REMIND_APPROVERS)
    assert scene.told("approval_reminder") == [scene.first.id, scene.second.id]
    other = factories.technician(session, "FEW")
    question = session.scalars(sa.select(Approval.id).where(Approval.person_id == scene.first.id)).one()
    instead = replace(WORDS, approval_id=question, technician_id=other.id)
    with pytest.raises(NotAllowed):
        scene.do(scene.desk, Action.REPLACE_APPROVER, instead)
    for wrong in (scene.student.id, scene.second.id, None):
        with pytest.raises(Invalid):
            scene.do(scene.leader, Action.REPLACE_APPROVER, replace(instead, technician_id=wrong))
    scene.do(scene.leader, Action.REPLACE_APPROVER, instead)
    assert scene.waiting == sorted([scene.second.id, other.id])
    assert scene.looks(hours=2) == 1 and scene.waiting == sorted([scene.second.id, other.id])
    assert not may(actor(session, scene.first), Permission.TICKET_READ, facts_of(session, ticket, factories.service()))


def test_withdrawing_ends_the_round_and_tells_those_who_were_to_decide(session: Session) -> None:
    scene = Scene(session)
    scene.opens()
    scene.do(scene.student, Action.WITHDRAW)
    assert scene.told("approval_news") == [scene.first.id, scene.second.id]
    assert scene.waiting == [] and scene.readers == set()
    assert scene.looks(days=9) == 0
    with pytest.raises(NotFound):
        scene.do(scene.first, Action.APPROVE)


def test_what_was_approved_is_approved_anew_before_work_starts_on_another_text(session: Session) -> None:
    scene = Scene(session)
    ticket = scene.opens()
    scene.do(scene.first, Action.APPROVE)
    scene.do(scene.desk, Action.TAKE)
    scene.do(scene.student, Action.EDIT, replace(WORDS, title="Every key"))
    assert (ticket.state, ticket.technician_id) == (State.NEW, None)
    assert scene.waiting == [scene.first.id, scene.second.id]
    with pytest.raises(NotNow):
        scene.do(scene.desk, Action.TAKE)
    scene.do(scene.second, Action.APPROVE)
    assert (ticket.state, scene.events[-1]) == (State.ASSIGNED_GROUP, "route")


def test_what_another_group_approved_for_its_own_is_approved_by_the_one_it_comes_to(session: Session) -> None:
    scene = Scene(session, Step((OWN_LEADERS,)))
    few = factories.supervisor(session, "FEW")
    factories.technician(session, "FEW")
    own = {"approvals": (Step((OWN_LEADERS,)),)}
    tree = [factories.category("keys", **own), factories.category("cards", "FEW", **own)]
    factories.publish(session, factories.catalogue(tree))
    ticket = scene.opens()
    scene.do(scene.leader, Action.APPROVE)
    assert ticket.state == State.ASSIGNED_GROUP
    scene.do(scene.leader, Action.RECLASSIFY, Details(category="cards"))
    assert (ticket.state, ticket.group_code, scene.waiting) == (State.NEW, "FEW", [few.id])


def test_reclassifying_to_what_needs_no_approval_routes_and_to_what_does_asks_anew(session: Session) -> None:
    scene = Scene(session)
    member = factories.technician(session, "INFO")
    ticket = scene.opens()
    scene.do(scene.desk, Action.RECLASSIFY, Details(category="cards"))
    assert (ticket.state, scene.waiting) == (State.NEW, [member.id])
    scene.do(scene.desk, Action.RECLASSIFY, Details(category="fees"))
    assert (ticket.state, scene.waiting, scene.readers) == (State.ASSIGNED_GROUP, [], set())


def test_what_is_worked_on_waits_again_when_its_new_category_asks_for_an_approval(session: Session) -> None:
    scene = Scene(session)
    ticket = scene.opens("fees")
    assert ticket.state == State.ASSIGNED_GROUP
    scene.do(scene.desk, Action.TAKE)
    scene.do(scene.desk, Action.RECLASSIFY, Details(category="keys"))
    assert (ticket.state, ticket.technician_id) == (State.NEW, None)
    assert scene.waiting == [scene.first.id, scene.second.id]
    scene.do(scene.first, Action.APPROVE)
    scene.do(scene.desk, Action.RECLASSIFY, Details(category="fees"))
    scene.do(scene.desk, Action.RECLASSIFY, Details(category="keys"))
    assert ticket.state == State.ASSIGNED_GROUP  # nobody is asked twice what was approved as it is


def test_an_approver_reads_and_asks_and_hears_what_the_requester_answers(session: Session) -> None:
    scene = Scene(session)
    scene.opens()
    scene.do(scene.first, Action.COMMENT)
    assert scene.told("comment") == [scene.student.id]
    assert scene.ticket.owned_at is None  # whoever approves does not make it theirs
    scene.do(scene.student, Action.COMMENT, minutes=5)
    assert scene.told("approval_news").count(scene.first.id) == 1
    with pytest.raises(NotAllowed):
        scene.do(scene.first, Action.NOTE)


def test_the_time_until_the_approval_is_not_the_groups(session: Session) -> None:
    scene = Scene(session)
    ticket = scene.opens()
    levels.promise(session, "DESK", NOW)
    scene.do(scene.first, Action.APPROVE, days=1)
    found = reading(session, ticket, factories.catalogue(), later(days=1, minutes=10))
    assert {clock.name: clock.elapsed for clock in found.clocks} == dict.fromkeys(ClockName, timedelta(minutes=10))
    assert [period.phase for period in found.periods] == [Phase.APPROVAL, Phase.RUNNING]


def test_those_who_are_asked_see_it_at_the_bell_and_in_their_count(session: Session) -> None:
    scene = Scene(session)
    substitute = factories.technician(session, "FEW")
    away(session, scene.first, substitute)
    scene.opens()
    rung = sa.select(BellNotice.person_id).where(BellNotice.template == "approval_asked")
    assert set(session.scalars(rung)) == {scene.first.id, scene.second.id, substitute.id}
    assert [approval_lists.count_for(session, each.id) for each in (scene.first, substitute, scene.leader)] == [1, 1, 0]


def test_rules_about_new_requests_look_at_one_only_once_it_is_approved(session: Session) -> None:
    scene = Scene(session)
    factories.rule(session, factories.ticket(session, key="fees"))
    before = session.scalar(sa.select(sa.func.count(Pending.id))) or 0
    scene.opens()
    assert session.scalar(sa.select(sa.func.count(Pending.id))) == before
    scene.do(scene.first, Action.APPROVE)
    newest = session.scalars(sa.select(Pending.event_id).order_by(Pending.id.desc())).first()
    assert session.get_one(TicketEvent, newest).action == Action.ROUTE


@pytest.mark.both_databases
@pytest.mark.concurrency
def test_of_an_approval_and_a_refusal_at_one_moment_one_decides(fresh_database: sa.Engine) -> None:
    with Session(fresh_database) as session:
        scene = Scene(session)
        ticket = scene.opens()
        number, deciders = ticket.number, [actor(session, each) for each in (scene.first, scene.second)]
        session.commit()

    def decide(index: int) -> State:
        with Session(fresh_database) as own, writing(own):
            found = locked(own, number, deciders[index])
            act(own, found, (Action.APPROVE, Action.DISAPPROVE)[index], deciders[index], later(), WORDS)
            return State(found.state)

    found = together(2, decide)
    refused = [each for each in found if isinstance(each, NotFound | NotAllowed | NotNow)]
    assert len(refused) == 1
    with Session(fresh_database) as session:
        joined = sa.select(Ticket.state, ApprovalRound.state).join(ApprovalRound, ApprovalRound.ticket_id == Ticket.id)
        states = session.execute(joined).one()
    assert tuple(states) in ((State.ASSIGNED_GROUP, Decision.APPROVED), (State.CLOSED, Decision.REFUSED))
