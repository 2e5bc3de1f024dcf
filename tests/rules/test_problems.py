"""The life of a problem, written by hand, and when many requests suggest one."""

from datetime import UTC, datetime, timedelta

import pytest

from servicedesk.rules.errors import DeskError, NotFound
from servicedesk.rules.lifecycle import Action, State, allowed_actions, check
from servicedesk.rules.permissions import Actor, ActorKind, TicketFacts
from servicedesk.rules.problems import Phase, is_burst, phase_of, usual_in

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MEMBER = Actor(ActorKind.PERSON, person_id=2, groups=frozenset({"DESK"}))
OPENER = Actor(ActorKind.PERSON, person_id=1, groups=frozenset({"OTHER"}))
ALWAYS = {"note", "link", "unlink"}
HANDED = {"assign_group", "assign_technician", "take", "forward", "prioritise", "reclassify"}
KNOWN = {"diagnose", "work_around", "know_error", "forget_error", "fix"}
ALLOWED = {
    State.ASSIGNED_GROUP: ALWAYS | HANDED | KNOWN,
    State.ASSIGNED_TECHNICIAN: ALWAYS | HANDED | KNOWN | {"release"},
    State.IN_PROGRESS: ALWAYS | HANDED | KNOWN | {"release"},
    State.RESOLVED: ALWAYS | {"prioritise", "conclude", "take_up"},
    State.CLOSED: ALWAYS | {"take_up"},
}
"""What staff of its group may do to a problem that somebody else has."""


def facts(state: State) -> TicketFacts:
    return TicketFacts(1, state, "service", "DESK", 1, technician_id=3, kind="problem")


@pytest.mark.parametrize("state", ALLOWED)
def test_staff_may_do_to_a_problem_what_is_written_here_and_nothing_else(state: State) -> None:
    assert {action.value for action in allowed_actions(facts(state), MEMBER, NOW)} == ALLOWED[state]


@pytest.mark.parametrize("action", [Action.COMMENT, Action.ACCEPT, Action.WITHDRAW, Action.SHARE, Action.MERGE])
def test_nothing_that_requesters_have_is_done_to_a_problem(action: Action) -> None:
    for actor in (MEMBER, OPENER):
        with pytest.raises(DeskError):
            check(action, facts(State.IN_PROGRESS), actor, NOW)


def test_staff_of_other_groups_do_not_find_it() -> None:
    stranger = Actor(ActorKind.PERSON, person_id=9, groups=frozenset({"OTHER"}))
    with pytest.raises(NotFound):
        check(Action.NOTE, facts(State.IN_PROGRESS), stranger, NOW)


@pytest.mark.parametrize(
    ("state", "known", "phase"),
    [
        (State.ASSIGNED_GROUP, (False, False, False), Phase.INVESTIGATED),
        (State.IN_PROGRESS, (True, False, False), Phase.CAUSE_KNOWN),
        (State.IN_PROGRESS, (False, True, False), Phase.WORKAROUND),
        (State.IN_PROGRESS, (True, True, False), Phase.WORKAROUND),
        (State.IN_PROGRESS, (True, True, True), Phase.KNOWN_ERROR),
        (State.RESOLVED, (True, True, True), Phase.RESOLVED),
        (State.CLOSED, (False, False, False), Phase.CLOSED),
    ],
)
def test_the_phase_follows_from_what_is_known(state: State, known: tuple[bool, bool, bool], phase: Phase) -> None:
    assert phase_of(state, *known) is phase


def test_a_burst_is_enough_requests_and_more_than_twice_the_usual() -> None:
    usual = usual_in(timedelta(hours=4), 168, timedelta(days=28))
    assert usual == 1.0
    assert is_burst(10, usual, 10)
    assert not is_burst(9, usual, 10)
    assert not is_burst(10, 5.0, 10)
    assert is_burst(11, 5.0, 10)
