"""A category's approvals as somebody types them: on each line a step, as "supervisors own, person 067010; all; 5"."""

from collections.abc import Iterator
from typing import Any

from servicedesk.rules.approval_steps import REMIND_AFTER, Need, Step, Steps

Stated = dict[str, Any]


def typed(steps: Steps) -> str:
    """Return the steps as lines."""
    return "\n".join("; ".join(_parts(step)) for step in steps)


def _parts(step: Step) -> Iterator[str]:
    yield ", ".join(f"{each.by.value} {each.of}" for each in step.by)
    if step.need is not Need.ANY:
        yield step.need.value
    if step.remind_after != REMIND_AFTER:
        yield str(step.remind_after)


def stated(lines: str | None) -> list[Stated]:
    """Return what a file would state, as it was typed: its own check says what is wrong."""
    return [_step(line) for line in (lines or "").splitlines() if line.strip()]


def _step(line: str) -> Stated:
    by, *rest = (part.strip() for part in line.split(";"))
    found: Stated = {"by": [_approver(words) for words in by.split(",") if words.strip()]}
    for part in filter(None, rest):
        found["remind_after" if part.isdigit() else "need"] = part
    return found


def _approver(words: str) -> Stated:
    kind, _space, of = words.strip().partition(" ")
    return {kind: of.strip()}
