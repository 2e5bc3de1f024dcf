"""The life of a change, written by hand; what its plan needs, who is asked, and when windows collide."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from servicedesk.rules.approval_steps import Approver, By, Need, Step
from servicedesk.rules.changes import (
    DEFAULTS,
    WANTED,
    Ask,
    ChangeType,
    Phase,
    Plan,
    Who,
    Window,
    asks_anew,
    check_plan,
    collide,
    differences,
    missing,
    risk,
    steps_of,
)
from servicedesk.rules.errors import DeskError, Invalid, NotFound
from servicedesk.rules.lifecycle import Action, Move, State, allowed_actions, check, target_of
from servicedesk.rules.permissions import SYSTEM, Actor, ActorKind, TicketFacts

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MEMBER = Actor(ActorKind.PERSON, person_id=2, groups=frozenset({"DESK"}))
DECIDER = Actor(ActorKind.PERSON, person_id=5, supervises=frozenset({"OTHER"}))
OPENER = Actor(ActorKind.PERSON, person_id=1)
ALWAYS = {"note", "link", "unlink"}
HANDED = {"assign_group", "assign_technician", "take", "forward", "prioritise", "reclassify"}
PLANNING = {"plan", "call_off"}
ALLOWED = {
    (Phase.DRAFT, State.ASSIGNED_GROUP): ALWAYS | HANDED | PLANNING | {"put_forward"},
    (Phase.AWAITING, State.ASSIGNED_GROUP): ALWAYS | HANDED | PLANNING,
    (Phase.APPROVED, State.ASSIGNED_TECHNICIAN): ALWAYS | HANDED | PLANNING | {"release", "begin"},
    (Phase.UNDER_WAY, State.IN_PROGRESS): ALWAYS | HANDED | {"release", "finish"},
    (Phase.DONE, State.RESOLVED): ALWAYS | {"prioritise", "review"},
    (Phase.REVIEWED, State.CLOSED): ALWAYS,
    (Phase.CALLED_OFF, State.CANCELLED): ALWAYS,
}
"""What staff of its group may do to a change in each phase."""


def facts(phase: Phase, state: State, **more: object) -> TicketFacts:
    made = TicketFacts(1, state, "service", "DESK", 1, technician_id=3, kind="change", phase=phase)
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("phase", "state"), ALLOWED)
def test_staff_may_do_to_a_change_what_is_written_here_and_nothing_else(phase: Phase, state: State) -> None:
    assert {each.value for each in allowed_actions(facts(phase, state), MEMBER, NOW)} == ALLOWED[phase, state]


def test_an_emergency_begins_before_it_is_approved_and_is_closed_only_afterwards() -> None:
    awaited = facts(Phase.AWAITING, State.ASSIGNED_GROUP, awaits_approval=True)
    with pytest.raises(DeskError, match="approvals are still awaited"):
        check(Action.BEGIN, awaited, MEMBER, NOW)
    begun = check(Action.BEGIN, replace(awaited, is_urgent=True), MEMBER, NOW)
    assert target_of(begun, Move(awaited, MEMBER, NOW, technician=2)) is State.IN_PROGRESS
    assert target_of(begun, Move(awaited, MEMBER, NOW)) is State.ASSIGNED_GROUP
    done = facts(Phase.DONE, State.RESOLVED, is_urgent=True, awaits_approval=True)
    with pytest.raises(DeskError, match="cannot be closed without it"):
        check(Action.REVIEW, done, MEMBER, NOW)
    assert check(Action.REVIEW, replace(done, awaits_approval=False), MEMBER, NOW).target is State.CLOSED


def test_those_asked_decide_on_it_and_neither_its_author_nor_anybody_else() -> None:
    asked = facts(
        Phase.AWAITING,
        State.ASSIGNED_GROUP,
        awaits_approval=True,
        approvers=frozenset({5}),
        deciders=frozenset({5, 1}),
    )
    decision = check(Action.APPROVE, asked, DECIDER, NOW)
    assert target_of(decision, Move(asked, DECIDER, NOW)) is State.ASSIGNED_GROUP
    for actor in (MEMBER, OPENER):
        with pytest.raises(DeskError):
            check(Action.APPROVE, asked, actor, NOW)
    with pytest.raises(DeskError):
        check(Action.BEGIN, asked, DECIDER, NOW)


@pytest.mark.parametrize("action", [Action.CLEAR, Action.SEND_BACK])
def test_only_the_desk_itself_says_what_an_approval_means(action: Action) -> None:
    with pytest.raises(DeskError):
        check(action, facts(Phase.AWAITING, State.IN_PROGRESS), MEMBER, NOW)
    for phase in (Phase.AWAITING, Phase.UNDER_WAY, Phase.DONE):
        assert check(action, facts(phase, State.IN_PROGRESS), SYSTEM, NOW)
    with pytest.raises(DeskError):
        check(action, facts(Phase.APPROVED, State.IN_PROGRESS), SYSTEM, NOW)


@pytest.mark.parametrize("action", [Action.COMMENT, Action.PROPOSE, Action.WITHDRAW, Action.SHARE, Action.MERGE])
def test_nothing_that_requesters_have_is_done_to_a_change(action: Action) -> None:
    for actor in (MEMBER, OPENER):
        with pytest.raises(DeskError):
            check(action, facts(Phase.DRAFT, State.IN_PROGRESS), actor, NOW)


def test_staff_of_other_groups_do_not_find_it() -> None:
    stranger = Actor(ActorKind.PERSON, person_id=9, groups=frozenset({"OTHER"}))
    with pytest.raises(NotFound):
        check(Action.NOTE, facts(Phase.DRAFT, State.IN_PROGRESS), stranger, NOW)


def test_the_risk_is_one_to_five_by_harm_and_likelihood_and_open_while_one_is_open() -> None:
    assert [risk(*each) for each in ((1, 1), (1, 3), (2, 2), (3, 2), (3, 3))] == [1, 3, 3, 4, 5]
    assert risk(3, None) is None


WHOLE = Plan(
    reason="The disks are old.",
    harm=2,
    likelihood=2,
    plan="Replace them.",
    back_out="Put the old ones back.",
    verification="The desk answers.",
    services=("desk",),
    starts_at=NOW,
    ends_at=NOW + timedelta(hours=2),
)


def test_a_draft_needs_a_reason_and_what_is_put_forward_needs_all() -> None:
    check_plan(Plan(reason="The disks are old."))
    assert missing(WHOLE) == {}
    assert set(missing(Plan(reason="The disks are old."))) == set(WANTED)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("reason", {"reason": " "}),
        ("plan", {"plan": "x" * 8001}),
        ("ends_at", {"ends_at": None}),
        ("ends_at", {"ends_at": NOW}),
        ("ends_at", {"ends_at": NOW + timedelta(days=32)}),
    ],
)
def test_a_plan_that_cannot_be_kept_names_the_field(field: str, change: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        check_plan(replace(WHOLE, **change))  # type: ignore[arg-type]
    assert list(refused.value.fields) == [field]


def test_another_plan_window_or_risk_is_approved_anew_another_person_or_reason_is_not() -> None:
    later = replace(WHOLE, ends_at=NOW + timedelta(hours=3))
    assert differences(WHOLE, later) == ("ends_at",)
    assert asks_anew(differences(WHOLE, later))
    assert asks_anew(differences(WHOLE, replace(WHOLE, likelihood=3)))
    assert not asks_anew(differences(WHOLE, replace(WHOLE, implementer_id=4, reason="They are broken.")))


def test_what_is_risky_is_no_standard_change() -> None:
    low = replace(WHOLE, change_type=ChangeType.STANDARD, likelihood=1)
    assert missing(low) == {}
    assert list(missing(replace(low, likelihood=2))) == ["change_type"]


def test_a_rule_asks_the_supervisors_of_every_group_touched_or_the_board() -> None:
    touched = (Approver(By.SUPERVISORS, "DESK"), Approver(By.SUPERVISORS, "INFO"))
    assert steps_of(DEFAULTS[ChangeType.NORMAL], ["DESK", "INFO"]) == (Step(touched, Need.ALL, 3),)
    assert steps_of(DEFAULTS[ChangeType.EMERGENCY], ["DESK", "INFO"]) == (Step(touched, Need.ANY, 3),)
    board = Ask(Who.BOARD, need_all=False, board="CAB")
    assert steps_of(board, ["DESK"]) == (Step((Approver(By.MEMBERS, "CAB"),), Need.ANY, 3),)


def window(first: int, last: int, *services: str) -> Window:
    return Window(NOW + timedelta(hours=first), NOW + timedelta(hours=last), frozenset(services))


def test_windows_collide_that_overlap_on_one_service_or_on_all_of_them() -> None:
    assert collide(window(0, 2, "desk"), window(1, 3, "desk", "mail"))
    assert collide(window(0, 2, "desk"), window(1, 3))
    assert not collide(window(0, 2, "desk"), window(1, 3, "mail"))
    assert not collide(window(0, 2, "desk"), window(2, 3, "desk"))
