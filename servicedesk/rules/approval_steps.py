"""What has to be approved by whom: steps one after the other, whom each asks, and what their answers make of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

OWN_GROUP = "own"
"""Instead of a group's code: the group that the ticket is with."""
BY_HAND = -1
"""Instead of the place in a step: somebody put this approver there."""
INSTEAD = -2
"""Instead of the place in a step: nobody of those named can decide, so those who lead are asked."""
REMIND_AFTER = 3


class By(StrEnum):
    """As what somebody approves."""

    SUPERVISORS = "supervisors"
    MEMBERS = "members"
    PERSON = "person"


class Need(StrEnum):
    """Whether the first answer decides, or everybody has to approve."""

    ANY = "any"
    ALL = "all"


class Decision(StrEnum):
    """What became of a question, of a step or of the whole."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    PASSED = "passed"
    """Needed no longer: somebody else has decided, or the ticket has ended."""


@dataclass(frozen=True, slots=True)
class Approver:
    """Who is asked: the supervisors or the members of a group, or the person with a code."""

    by: By
    of: str
    """Code of a group or of a person, or `OWN_GROUP`."""


@dataclass(frozen=True, slots=True)
class Step:
    """Those who are asked at the same time; `remind_after` counts calendar days."""

    by: tuple[Approver, ...]
    need: Need = Need.ANY
    remind_after: int = REMIND_AFTER


Steps = tuple[Step, ...]


def as_json(steps: Steps) -> list[dict[str, Any]]:
    """Return the steps as they are stored."""
    return [
        {"by": [[each.by.value, each.of] for each in step.by], "need": step.need.value, "remind": step.remind_after}
        for step in steps
    ]


def from_json(data: Sequence[Mapping[str, Any]]) -> Steps:
    """Return the steps that `as_json` made into `data`."""
    return tuple(
        Step(tuple(Approver(By(by), of) for by, of in row["by"]), Need(row["need"]), row["remind"]) for row in data
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who is to be asked, and the place in the step that names them: `INSTEAD` where none does."""

    person_id: int
    source: int


@dataclass(frozen=True, slots=True)
class Pool:
    """The active people behind a step: of each of its places, and those asked where a place has nobody left."""

    places: Sequence[Collection[int]]
    instead: Sequence[Collection[int]]
    """The first of these that holds anybody but the requester takes the place."""


def people_to_ask(pool: Pool, requester_id: int) -> list[Asked]:
    """Return whom a step asks, each once and never the requester; empty where nobody at all can decide."""
    found: dict[int, Asked] = {}
    for place, people in enumerate(pool.places):
        named = [person_id for person_id in people if person_id != requester_id]
        source = place if named else INSTEAD
        for person_id in named or _leaders(pool, requester_id):
            found.setdefault(person_id, Asked(person_id, source))
    return list(found.values())


def _leaders(pool: Pool, requester_id: int) -> list[int]:
    usable = ([each for each in people if each != requester_id] for people in pool.instead)
    return next((people for people in usable if people), [])


def verdict(need: Need, answers: Collection[Decision]) -> Decision:
    """Return what a step has come to: the first refusal ends it; where one is enough, so does the first approval."""
    counted = [answer for answer in answers if answer is not Decision.PASSED]
    if Decision.REFUSED in counted:
        return Decision.REFUSED
    is_enough = any if need is Need.ANY else all
    if counted and is_enough(answer is Decision.APPROVED for answer in counted):
        return Decision.APPROVED
    return Decision.PENDING
