"""Changes planned, approved, carried out and reviewed, and the problems they fix; on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from servicedesk.actions.approval_runs import look_after
from servicedesk.actions.change_opening import open_change, resolve_problems
from servicedesk.actions.details import Details
from servicedesk.actions.problem_opening import open_problem
from servicedesk.actions.tickets import NewTicket, act
from servicedesk.rules.changes import ChangeType, Consent, Phase, Plan, Result
from servicedesk.rules.errors import DeskError, Invalid, NotAllowed, NotFound, NotNow
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.permissions import Permission, may
from servicedesk.rules.richtext import from_plain
from servicedesk.store import changes as store
from servicedesk.store import portal, search
from servicedesk.store.models.changes import Change, ChangeFreeze, ChangeRule
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import RoleGrant
from servicedesk.store.models.tickets import TicketLink
from servicedesk.store.tickets import facts_of, locked, next_number
from tests import factories, levels
from tests.factories import NOW, ROME, SERVICE

LATER = NOW + timedelta(hours=1)
NIGHT = NOW + timedelta(days=3)
WORDS = Details(note=from_plain("As planned."))
WHOLE = Plan(
    reason="The disks are old.",
    harm=2,
    likelihood=1,
    plan="Replace them.",
    back_out="Put the old ones back.",
    verification="The desk answers.",
    services=(SERVICE,),
    starts_at=NIGHT,
    ends_at=NIGHT + timedelta(hours=2),
)


class Scene:
    """A technician and a supervisor of DESK and a supervisor of FEW, who is asked where `exams` is touched."""

    def __init__(self, session):
        self.session = session
        self.tree = factories.publish(session)
        self.worker = factories.technician(session)
        self.leader = factories.supervisor(session)
        self.other = factories.supervisor(session, "FEW")
        self.by = factories.actor(session, self.worker)

    def opens(self, plan=WHOLE, *problems, now=LATER):
        number = next_number(self.session, now, ROME)
        new = NewTicket(number, "fees", "New disks", from_plain(plan.reason), "person", {})
        self.change, outcomes = open_change(self.session, new, plan, problems, self.by, now)
        assert not any(outcomes.values())
        return self.change

    def do(self, action, details=WORDS, who=None, now=LATER):
        by = factories.actor(self.session, who) if who else self.by
        return act(self.session, locked(self.session, self.change.number, by), action, by, now, details)

    def ends(self, result=Result.SUCCESSFUL):
        self.do(Action.BEGIN)
        return self.do(Action.FINISH, replace(WORDS, result=result.value))

    @property
    def row(self):
        return self.session.get_one(Change, self.change.id)


@pytest.fixture
def scene(session):
    return Scene(session)


def told(session, person, template):
    query = sa.select(sa.func.count()).where(Notice.recipient_id == person.id, Notice.template == template)
    return session.scalars(query).one()


def test_a_change_is_put_forward_approved_carried_out_and_reviewed(session, scene):
    scene.opens()
    assert (scene.change.kind, scene.change.state, scene.row.phase) == ("change", State.ASSIGNED_GROUP, Phase.DRAFT)
    scene.do(Action.PUT_FORWARD)
    assert (scene.row.phase, scene.row.consent) == (Phase.AWAITING, Consent.ASKED)
    assert told(session, scene.leader, "approval_asked")
    assert not told(session, scene.other, "approval_asked")
    with pytest.raises(NotNow, match="still awaited"):
        scene.do(Action.BEGIN)
    scene.do(Action.APPROVE, who=scene.leader)
    assert (scene.row.phase, scene.row.consent) == (Phase.APPROVED, Consent.GIVEN)
    assert told(session, scene.worker, "change_approved")
    scene.ends(Result.WITH_ISSUES)
    assert (scene.row.phase, scene.row.result, scene.change.state) == ("done", "with_issues", State.RESOLVED)
    assert scene.change.technician_id == scene.worker.id
    scene.do(Action.REVIEW)
    assert (scene.row.phase, scene.change.state, scene.change.closed_at) == ("reviewed", State.CLOSED, LATER)
    told_requester = sa.select(sa.func.count()).where(Notice.recipient_id == scene.worker.id)
    assert session.scalars(told_requester.where(Notice.template.in_(("opened", "taken", "solution")))).one() == 0


def test_all_supervisors_of_the_groups_touched_are_asked_and_one_refusal_makes_it_a_draft(session, scene):
    scene.opens(replace(WHOLE, categories=("exams",)))
    scene.do(Action.PUT_FORWARD)
    scene.do(Action.APPROVE, who=scene.leader)
    assert scene.row.phase == Phase.AWAITING
    reads = facts_of(session, scene.change, scene.tree.services[SERVICE])
    assert may(factories.actor(session, scene.other), Permission.TICKET_READ_INTERNAL, reads)
    scene.do(Action.DISAPPROVE, who=scene.other)
    assert told(session, scene.worker, "change_refused")
    assert not told(session, scene.worker, "not_approved")
    assert (scene.row.phase, scene.row.consent, scene.change.state) == ("draft", "refused", State.ASSIGNED_GROUP)
    assert scene.change.closed_at is None
    scene.do(Action.PUT_FORWARD)
    assert (scene.row.phase, scene.row.consent) == (Phase.AWAITING, Consent.ASKED)


@pytest.mark.parametrize("is_approved", [True, False])
def test_another_window_takes_the_approval_away_another_reason_does_not(session, scene, is_approved):
    scene.opens()
    scene.do(Action.PUT_FORWARD)
    if is_approved:
        scene.do(Action.APPROVE, who=scene.leader)
    phase = scene.row.phase
    scene.do(Action.PLAN, Details(plan=replace(WHOLE, reason="They are broken.")))
    assert scene.row.phase == phase
    moved = replace(WHOLE, reason="They are broken.", ends_at=NIGHT + timedelta(hours=4))
    event = scene.do(Action.PLAN, Details(plan=moved))
    assert event.changes["planned"] == [None, ["ends_at"]]
    assert (scene.row.phase, scene.row.consent) == (Phase.DRAFT, Consent.NONE)
    assert not facts_of(session, scene.change, scene.tree.services[SERVICE]).awaits_approval
    with pytest.raises(DeskError):
        scene.do(Action.APPROVE, who=scene.leader)
    with pytest.raises(Invalid, match="as it was"):
        scene.do(Action.PLAN, Details(plan=moved))


def test_the_timeline_keeps_what_each_part_was_and_another_title_asks_nobody_anew(session, scene):
    change = scene.opens()
    scene.do(Action.PUT_FORWARD)
    retitled = scene.do(Action.PLAN, Details(plan=WHOLE, title="Magnetic tapes"))
    assert retitled.changes == {"planned": [None, ["title"]], "title": ["New disks", "Magnetic tapes"]}
    assert (change.title, scene.row.phase) == ("Magnetic tapes", Phase.AWAITING)
    assert [search.matching(session, word, scene.by) for word in ("magnetic", "new")] == [[change.id], []]
    later, who = NIGHT + timedelta(hours=3), factories.technician(session).id
    moved = replace(WHOLE, plan="Replace all.", ends_at=later, implementer_id=who, services=(SERVICE, "other"))
    event = scene.do(Action.PLAN, Details(plan=moved, title="Magnetic tapes"))
    assert event.changes == {
        "planned": [None, ["plan", "services", "ends_at", "implementer_id"]],
        "plan": ["Replace them.", "Replace all."],
        "services": [[SERVICE], [SERVICE, "other"]],
        "ends_at": [WHOLE.ends_at.isoformat(), later.isoformat()],
        "implementer_id": [None, who],
        "change_phase": ["awaiting", "draft"],
    }


def test_what_was_handed_over_too_often_names_the_supervisors_who_move_it_on(session, scene):
    factories.technician(session, "FEW")
    change = scene.opens()
    forth, back = (replace(WORDS, group=group) for group in ("FEW", "DESK"))
    scene.do(Action.FORWARD, forth)
    scene.do(Action.FORWARD, back, who=scene.other)
    for action, details in ((Action.FORWARD, forth), (Action.RECLASSIFY, replace(WORDS, category="exams"))):
        with pytest.raises(NotAllowed) as refused:
            scene.do(action, details)
        assert {scene.leader.code, scene.other.code} <= set(str(refused.value.sentence.params["names"]).split())
    assert change.group_code == "DESK"
    stranger = factories.technician(session, "INFO")
    with pytest.raises(NotFound):
        scene.do(Action.FORWARD, forth, who=stranger)
    scene.do(Action.FORWARD, forth, who=scene.leader)
    assert change.group_code == "FEW"


def test_whoever_approves_a_change_of_another_group_asks_those_who_plan_it(session, scene):
    scene.opens(replace(WHOLE, categories=("exams",)))
    scene.do(Action.PUT_FORWARD)
    scene.do(Action.REMARK, who=scene.other)
    assert told(session, scene.worker, "approval_remark")
    assert scene.row.phase == Phase.AWAITING
    with pytest.raises(NotAllowed):
        scene.do(Action.REMARK)
    with pytest.raises(NotAllowed):
        scene.do(Action.NOTE, who=scene.other)


def test_a_standard_change_needs_nobody_and_an_unfinished_plan_is_not_put_forward(session, scene):
    scene.opens(replace(WHOLE, change_type=ChangeType.STANDARD, back_out=""))
    with pytest.raises(Invalid) as refused:
        scene.do(Action.PUT_FORWARD)
    assert list(refused.value.fields) == ["back_out"]
    scene.do(Action.PLAN, Details(plan=replace(WHOLE, change_type=ChangeType.STANDARD)))
    scene.do(Action.PUT_FORWARD)
    assert (scene.row.phase, scene.row.consent) == (Phase.APPROVED, Consent.NONE)


@pytest.mark.parametrize(
    ("decision", "consent"), [(Action.APPROVE, Consent.GIVEN), (Action.DISAPPROVE, Consent.REFUSED)]
)
def test_an_emergency_begins_at_once_and_is_decided_on_afterwards(session, scene, decision, consent):
    session.add(ChangeRule(service_id="", change_type="emergency", who="supervisors", need_all=False, board="", days=5))
    scene.opens(replace(WHOLE, change_type=ChangeType.EMERGENCY))
    scene.do(Action.PUT_FORWARD)
    assert scene.row.approve_by == LATER + timedelta(days=5)
    scene.ends()
    with pytest.raises(NotNow, match="without it"):
        scene.do(Action.REVIEW)
    scene.do(decision, who=scene.leader)
    assert (scene.row.phase, scene.row.consent, scene.change.state) == (Phase.DONE, consent, State.RESOLVED)
    scene.do(Action.REVIEW)
    assert scene.change.state == State.CLOSED


def test_the_board_of_a_service_decides_before_the_rule_of_all_services(session, scene):
    board = factories.technician(session, "INFO")
    values = {"change_type": "normal", "need_all": False, "days": 3}
    session.add(ChangeRule(service_id="", who="supervisors", board="", **values))
    session.add(ChangeRule(service_id=SERVICE, who="board", board="INFO", **values))
    scene.opens()
    scene.do(Action.PUT_FORWARD)
    assert told(session, board, "approval_asked")
    assert not told(session, scene.leader, "approval_asked")
    scene.do(Action.APPROVE, who=board)
    assert scene.row.phase == Phase.APPROVED


def freeze(session, scene, **values):
    more = {"service_id": "", "reason": "Exams", "made_at": NOW, "made_by": scene.worker.id, **values}
    session.add(ChangeFreeze(starts_at=NIGHT - timedelta(days=1), ends_at=NIGHT + timedelta(days=1), **more))
    session.flush()


def test_nothing_but_an_emergency_is_put_forward_for_a_frozen_window(session, scene):
    freeze(session, scene, service_id="another")
    scene.opens()
    scene.do(Action.PUT_FORWARD)
    freeze(session, scene)
    scene.opens()
    with pytest.raises(Invalid, match="Exams"):
        scene.do(Action.PUT_FORWARD)
    scene.do(Action.PLAN, Details(plan=replace(WHOLE, change_type=ChangeType.EMERGENCY)))
    scene.do(Action.PUT_FORWARD)
    assert scene.row.phase == Phase.AWAITING


def test_windows_of_others_are_known_without_their_titles_and_those_called_off_are_not(session, scene):
    first, second = scene.opens(), scene.opens()
    stranger = factories.actor(session, factories.technician(session, "INFO"))
    window = (NIGHT + timedelta(hours=1), NIGHT + timedelta(hours=5))
    seen = [(row.number, bool(row.is_readable)) for row in store.neighbours(session, stranger, *window)]
    assert seen == [(first.number, False), (second.number, False)]
    assert not store.windows(session, stranger, *window)
    assert not store.windows(session, scene.by, NIGHT + timedelta(hours=2), NIGHT + timedelta(hours=5))
    scene.do(Action.CALL_OFF)
    assert (scene.row.phase, second.state) == (Phase.CALLED_OFF, State.CANCELLED)
    assert [row.number for row in store.windows(session, scene.by, *window)] == [first.number]
    assert [row.number for row in store.neighbours(session, scene.by, *window)] == [first.number]


def test_a_change_called_off_while_it_awaits_approval_asks_nobody_any_more(session, scene):
    scene.opens()
    scene.do(Action.PUT_FORWARD)
    scene.do(Action.CALL_OFF)
    assert not facts_of(session, scene.change, scene.tree.services[SERVICE]).awaits_approval
    assert scene.row.consent == Consent.NONE


def problem(session, scene):
    new = NewTicket(next_number(session, LATER, ROME), "fees", "Disks fail", from_plain("Since May."), "person", {})
    return open_problem(session, new, [], scene.by, LATER)[0]


def test_a_change_fixes_its_problems_each_for_itself(session, scene):
    over, gone, untouched = (problem(session, scene) for _ in range(3))
    scene.opens(WHOLE, over.number, gone.number, untouched.number)
    links = sa.select(sa.func.count()).where(TicketLink.ticket_id == scene.change.id, TicketLink.kind == "fixes")
    assert session.scalars(links).one() == 3
    assert [row.number for row in store.problems_fixed(session, scene.change.id, scene.by)] == [
        over.number,
        gone.number,
        untouched.number,
    ]
    act(session, gone, Action.FIX, scene.by, LATER, WORDS)
    scene.do(Action.PUT_FORWARD)
    scene.do(Action.APPROVE, who=scene.leader)
    scene.ends()
    note = store.last_note(session, scene.change.id, Action.FINISH)
    assert note == "As planned."
    chosen = [over.number, gone.number, "2026999999"]
    outcomes = resolve_problems(session, scene.change.id, chosen, from_plain(note), scene.by, LATER)
    assert {number: why is None for number, why in outcomes.items()} == {over.number: True, gone.number: False}
    assert [each.state for each in (over, gone, untouched)] == [State.RESOLVED, State.RESOLVED, State.ASSIGNED_GROUP]


def test_only_changes_fix_and_only_problems_are_fixed(session, scene):
    scene.opens()
    request = factories.ticket(session)
    with pytest.raises(Invalid, match="Changes fix problems"):
        scene.do(Action.LINK, Details(link_kind="fixes", other=request.number))
    with pytest.raises(Invalid, match="Changes fix problems"):
        act(session, request, Action.LINK, scene.by, LATER, Details(link_kind="fixed_by", other=scene.change.number))
    known = problem(session, scene)
    act(session, known, Action.LINK, scene.by, LATER, Details(link_kind="fixed_by", other=scene.change.number))
    assert [row.number for row in store.problems_fixed(session, scene.change.id, scene.by)] == [known.number]


def test_a_change_stays_one_in_another_category_and_stands_in_no_list_of_requests(session, scene):
    factories.technician(session, "FEW")
    scene.opens()
    scene.do(Action.RECLASSIFY, Details(category="exams"), who=scene.leader)
    assert (scene.change.kind, scene.change.group_code) == ("change", "FEW")
    assert scene.row.phase == Phase.DRAFT
    assert not portal.count_on(session, scene.by, portal.Shelf.OPEN, None)


@pytest.mark.parametrize("is_approved", [True, False])
def test_those_who_decide_on_another_category_are_asked_when_a_change_comes_there(session, scene, is_approved):
    member = factories.technician(session, "FEW")
    scene.opens()
    scene.do(Action.PUT_FORWARD)
    if is_approved:
        scene.do(Action.APPROVE, who=scene.leader)
    scene.do(Action.RECLASSIFY, Details(category="exams"), who=scene.leader)
    assert (scene.row.phase, scene.row.consent) == (Phase.DRAFT, Consent.NONE)
    with pytest.raises(NotNow):
        scene.do(Action.BEGIN, who=member)
    scene.do(Action.PUT_FORWARD, who=member)
    assert told(session, scene.other, "approval_asked")


def test_a_change_on_which_nobody_can_decide_yet_is_not_closed_and_waits_until_somebody_can(session, scene):
    leads = sa.delete(RoleGrant).where(RoleGrant.person_id.in_((scene.leader.id, scene.other.id)))
    session.execute(leads)
    scene.opens(replace(WHOLE, change_type=ChangeType.EMERGENCY))
    scene.do(Action.PUT_FORWARD)
    scene.ends()
    with pytest.raises(NotNow, match="still awaited"):
        scene.do(Action.REVIEW)
    leader = factories.supervisor(session)
    look_after(session, LATER + timedelta(hours=2), 10)
    assert told(session, leader, "approval_asked")


def test_nobody_is_promised_anything_about_a_change(session, scene):
    levels.promise(session, "DESK", NOW)
    assert factories.ticket(session).due_at is not None
    scene.opens()
    assert (scene.change.due_at, scene.change.warn_level_at) == (None, None)


def test_somebody_of_another_group_does_not_carry_it_out(session, scene):
    stranger = factories.technician(session, "INFO")
    scene.opens()
    with pytest.raises(Invalid, match="of the group"):
        scene.do(Action.PLAN, Details(plan=replace(WHOLE, implementer_id=stranger.id)))
    colleague = factories.technician(session)
    scene.do(Action.PLAN, Details(plan=replace(WHOLE, change_type=ChangeType.STANDARD, implementer_id=colleague.id)))
    scene.do(Action.PUT_FORWARD)
    event = scene.do(Action.BEGIN)
    assert event.changes["technician"] == [None, colleague.id]
    assert scene.change.state == State.IN_PROGRESS


def test_the_list_is_filtered_and_shows_only_what_the_reader_may_read(session, scene):
    scene.opens()
    draft = scene.opens(replace(WHOLE, change_type=ChangeType.STANDARD))

    def numbers(**asked):
        return [row.number for row in store.page(session, scene.by, store.Wanted(**asked), None)]

    assert len(numbers()) == 2
    assert numbers(change_type=ChangeType.STANDARD, phase=Phase.DRAFT, group="DESK") == [draft.number]
    assert not numbers(phase=Phase.REVIEWED)
    assert not numbers(group="FEW")
    assert not store.page(session, factories.actor(session, scene.other), store.Wanted(), None)
