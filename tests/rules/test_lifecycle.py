"""The whole product of states, actions and roles against `allowed.csv`, written by hand; all else is refused."""

import csv
import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from servicedesk.rules.errors import DeskError, NotAllowed, NotFound, NotNow
from servicedesk.rules.lifecycle import TRANSITIONS, Action, Move, allowed_actions, check, target_of
from servicedesk.rules.permissions import EVERY_SERVICE, SYSTEM, Actor, ActorKind, Publication, Scope, TicketFacts

NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)
REQUESTER, ASSIGNEE, MEMBER, SUPERVISOR, WATCHER, OUTSIDER, STRANGER, ADMINISTRATOR, FOLLOWER, APPROVER = range(1, 11)
GROUP = frozenset({"DESK"})


def someone(person_id: int, **roles: frozenset[str]) -> Actor:
    return Actor(ActorKind.PERSON, person_id=person_id, **roles)


ACTORS = {
    "requester": someone(REQUESTER),
    "guest": Actor(ActorKind.GUEST, person_id=REQUESTER, ticket_id=1),
    "assignee": someone(ASSIGNEE, groups=GROUP),
    "member": someone(MEMBER, groups=GROUP),
    "supervisor": someone(SUPERVISOR, supervises=GROUP),
    "watcher": someone(WATCHER, groups=frozenset({"OTHER"})),
    "outsider": someone(OUTSIDER, groups=frozenset({"OTHER"}), supervises=frozenset({"OTHER"})),
    "stranger": someone(STRANGER),
    "follower": someone(FOLLOWER),
    "approver": someone(APPROVER),
    "administrator": someone(ADMINISTRATOR, administers=frozenset({EVERY_SERVICE})),
    "system": SYSTEM,
}
STATES = (
    "none",
    "new",
    "new:approval",
    "assigned_group",
    "assigned_technician",
    "in_progress",
    "waiting:requester",
    "waiting:third_party",
    "waiting:date",
    "resolved",
    "closed:accepted",
    "closed:late",
    "closed:duplicate",
    "closed:merged",
    "closed:not_approved",
    "cancelled",
)
WITHOUT_TECHNICIAN = {"none", "new", "new:approval", "assigned_group"}


def facts(name: str) -> TicketFacts:
    state, _, variant = name.partition(":")
    return TicketFacts(
        id=None if state == "none" else 1,
        state=None if state == "none" else state,
        service_id="service",
        group_code="DESK",
        requester_id=REQUESTER,
        technician_id=None if name in WITHOUT_TECHNICIAN else ASSIGNEE,
        state_before_waiting="in_progress" if state == "waiting" else None,
        waiting_for=variant if state == "waiting" else None,
        outcome={
            "accepted": "accepted",
            "late": "expired",
            "duplicate": "duplicate",
            "merged": "merged",
            "not_approved": "not_approved",
        }.get(variant)
        or ("withdrawn" if state == "cancelled" else None),
        reopen_until=NOW + timedelta(days=-1 if variant == "late" else 5) if state in ("closed", "cancelled") else None,
        watchers=frozenset({WATCHER}),
        followers=frozenset({FOLLOWER}),
        heir_is_open=variant == "merged",
        heir_is_answered=variant == "merged",
        awaits_approval=variant == "approval",
        approvers=frozenset({APPROVER}),
        deciders=frozenset({APPROVER}) if variant == "approval" else frozenset(),
    )


def rows() -> Iterator[tuple[str, str, str, str, str]]:
    with (Path(__file__).parent / "allowed.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for actor in row["actor"].split("|"):
                yield row["state"], row["action"], actor, row["allowed"], row["next"]


ALLOWED = {(state, action, actor): after for state, action, actor, allowed, after in rows() if allowed == "yes"}
REFUSED = {(state, action, actor) for state, action, actor, allowed, _ in rows() if allowed == "no"}


def test_the_hand_written_table_names_only_what_exists_and_never_contradicts_itself() -> None:
    named = set(ALLOWED) | REFUSED
    assert not set(ALLOWED) & REFUSED
    assert {state for state, _, _ in named} == set(STATES)
    assert {action for _, action, _ in named} == {action.value for action in Action}
    assert {actor for _, _, actor in named} == set(ACTORS)


@pytest.mark.parametrize("state", STATES)
def test_every_action_of_every_role_is_allowed_or_refused_as_written(state: str) -> None:
    for action, name in itertools.product(Action, ACTORS):
        expected = ALLOWED.get((state, action.value, name))
        if expected is None:
            with pytest.raises((NotFound, NotAllowed, NotNow)) as refused:
                check(action, facts(state), ACTORS[name], NOW)
            assert isinstance(refused.value, DeskError)
            assert len(str(refused.value.sentence)) > 20, (state, action, name)
        else:
            row = check(action, facts(state), ACTORS[name], NOW)
            assert ends(row, state, name) == states(expected), (state, action, name)


def ends(row: object, state: str, name: str) -> tuple[str, str]:
    """Where the action leads with a technician and without one."""
    assert row in TRANSITIONS.values()
    found = [
        target_of(row, Move(facts(state), ACTORS[name], NOW, technician))  # type: ignore[arg-type]
        for technician in (ASSIGNEE, None)
    ]
    return found[0].value, found[1].value


def states(expected: str) -> tuple[str, str]:
    return ("assigned_technician", "assigned_group") if expected == "assigned" else (expected, expected)


@pytest.mark.parametrize("state", [state for state in STATES if state != "none"])
@pytest.mark.parametrize("name", ACTORS)
def test_the_buttons_drawn_are_exactly_what_the_guard_lets_through(state: str, name: str) -> None:
    written = {action for found, action, actor in ALLOWED if (found, actor) == (state, name)}
    assert {action.value for action in allowed_actions(facts(state), ACTORS[name], NOW)} == written


@pytest.mark.parametrize("name", ["outsider", "stranger", "administrator"])
def test_whoever_may_not_read_a_ticket_is_told_that_it_is_not_there(name: str) -> None:
    for action in Action:
        if action is not Action.SUBMIT:
            with pytest.raises(NotFound):
                check(action, facts("in_progress"), ACTORS[name], NOW)


def test_a_guest_of_one_ticket_is_nobody_to_another() -> None:
    guest = Actor(ActorKind.GUEST, person_id=REQUESTER, ticket_id=2)
    with pytest.raises(NotFound):
        check(Action.COMMENT, facts("in_progress"), guest, NOW)


def test_an_administrator_with_a_reason_reads_and_does_nothing() -> None:
    reader = Actor(ActorKind.PERSON, ADMINISTRATOR, administers=frozenset({EVERY_SERVICE}), reasoned=frozenset({1}))
    assert allowed_actions(facts("in_progress"), reader, NOW) == ()
    with pytest.raises(NotAllowed):
        check(Action.COMMENT, facts("in_progress"), reader, NOW)


def test_what_is_public_is_made_private_by_its_requester_or_the_group_and_is_not_made_public_twice() -> None:
    public = replace(facts("in_progress"), publication=Publication(Scope.COURSE, "BANCA", frozenset()))
    names = {name for name, actor in ACTORS.items() if Action.UNPUBLISH in allowed_actions(public, actor, NOW)}
    assert names == {"requester", "assignee", "member", "supervisor"}
    with pytest.raises(NotNow):
        check(Action.PUBLISH, public, ACTORS["requester"], NOW)
