"""Changes (F11): what is planned, how risky it is, what has to be written before it is approved, who has to agree."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from servicedesk.rules.approval_steps import Approver, By, Need, Step, Steps
from servicedesk.rules.errors import Invalid
from servicedesk.rules.problems import PROBLEM
from servicedesk.rules.sentences import N_, Sentence

CHANGE = "change"
"""The kind of such a ticket."""
STAFF_KINDS = frozenset({PROBLEM, CHANGE})
"""Kinds that nobody asks for: they stand in no requester's lists and are promised to nobody."""
LONGEST_TEXT = 8000
MOST_CATEGORIES = 3
LONGEST_WINDOW = timedelta(days=31)
MOST_STANDARD_RISK = 2
"""What is riskier is never approved once for all."""


class ChangeType(StrEnum):
    """How a change comes to be approved."""

    STANDARD = "standard"
    """Known and repeated: approved once for all."""
    NORMAL = "normal"
    EMERGENCY = "emergency"
    """Cannot wait: it may be approved afterwards."""


class Phase(StrEnum):
    """How far a change has come."""

    DRAFT = "draft"
    AWAITING = "awaiting"
    APPROVED = "approved"
    UNDER_WAY = "under_way"
    DONE = "done"
    REVIEWED = "reviewed"
    CALLED_OFF = "called_off"


PLANNED = (Phase.DRAFT, Phase.AWAITING, Phase.APPROVED)
COMING_PHASES = (*PLANNED, Phase.UNDER_WAY)
"""Those whose windows others have to keep clear of."""


class Consent(StrEnum):
    """Whether those who decide have agreed; `NONE` where nobody was asked."""

    NONE = "none"
    ASKED = "asked"
    GIVEN = "given"
    REFUSED = "refused"


class Result(StrEnum):
    """How a change ended."""

    SUCCESSFUL = "successful"
    WITH_ISSUES = "with_issues"
    BACKED_OUT = "backed_out"


class Who(StrEnum):
    """Whom a rule asks."""

    SUPERVISORS = "supervisors"
    """Those who lead the groups that the change touches."""
    BOARD = "board"
    """The members of one group."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Who has to agree to changes of a type, and within how many days: then they are reminded."""

    who: Who
    need_all: bool
    board: str = ""
    """Code of the group that decides."""
    days: int = 3


DEFAULTS: Mapping[ChangeType, Ask] = {
    ChangeType.NORMAL: Ask(Who.SUPERVISORS, need_all=True),
    ChangeType.EMERGENCY: Ask(Who.SUPERVISORS, need_all=False),
}
"""Where administration has said nothing; nobody is asked about a standard change."""


def steps_of(ask: Ask, groups: Sequence[str]) -> Steps:
    """Return the one step in which the supervisors of these groups, or the members of the board, are asked."""
    need, after = Need.ALL if ask.need_all else Need.ANY, ask.days
    if ask.who is Who.BOARD:
        return (Step((Approver(By.MEMBERS, ask.board),), need, after),)
    return (Step(tuple(Approver(By.SUPERVISORS, each) for each in groups), need, after),)


@dataclass(frozen=True, slots=True)
class Plan:
    """A change as it is planned; what is still open is empty or None."""

    change_type: ChangeType = ChangeType.NORMAL
    reason: str = ""
    harm: int | None = None
    """What happens if it goes wrong, 1 to 3; below how likely that is, 1 to 3."""
    likelihood: int | None = None
    plan: str = ""
    back_out: str = ""
    verification: str = ""
    services: tuple[str, ...] = ()
    """Ids of the services touched, below keys of categories beyond its own."""
    categories: tuple[str, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    implementer_id: int | None = None


TEXTS = ("reason", "plan", "back_out", "verification")
_DECIDED = ("change_type", "harm", "likelihood", "plan", "back_out", "services", "categories", "starts_at", "ends_at")
"""What an approval is given for: with another one of these it has to be asked for anew."""


def differences(before: Plan, after: Plan) -> tuple[str, ...]:
    """Return the names of what differs, in the order of the form."""
    return tuple(each.name for each in fields(Plan) if getattr(before, each.name) != getattr(after, each.name))


def edits(before: Plan, after: Plan) -> dict[str, list[Any]]:
    """Return before and after of what differs by its name, as an event keeps them."""
    return {name: [_plain(getattr(each, name)) for each in (before, after)] for name in differences(before, after)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def asks_anew(changed: Collection[str]) -> bool:
    """Whether an approval no longer holds once these were changed."""
    return not set(_DECIDED).isdisjoint(changed)


def risk(harm: int | None, likelihood: int | None) -> int | None:
    """Return the risk, 1 very low to 5 very high, from both answers (1 to 3 each); None while one is open."""
    return harm + likelihood - 1 if harm is not None and likelihood is not None else None


TOO_LONG = Sentence(N_("This is too long: write at most %(count)s characters."), {"count": LONGEST_TEXT})


def check_plan(plan: Plan) -> None:
    """Raise Invalid, whose `fields` name what cannot be kept even in a draft."""
    found = {name: TOO_LONG for name in TEXTS if len(getattr(plan, name)) > LONGEST_TEXT}
    found |= dict(_of_window(plan))
    if not plan.reason.strip():
        found["reason"] = Sentence(N_("Write why this is needed."))
    if found:
        raise Invalid(N_("The change was not kept: see what is marked below."), found)


def _of_window(plan: Plan) -> Iterator[tuple[str, Sentence]]:
    if (plan.starts_at is None) != (plan.ends_at is None):
        yield "ends_at", Sentence(N_("A window has a beginning and an end: give both, or neither yet."))
    elif plan.starts_at and plan.ends_at:
        if plan.ends_at <= plan.starts_at:
            yield "ends_at", Sentence(N_("The window ends before it begins."))
        elif plan.ends_at - plan.starts_at > LONGEST_WINDOW:
            yield "ends_at", Sentence(N_("A window lasts a month at most. Make several changes of it."))


STILL_MISSING = N_("First write what is still missing: it is marked below.")
WANTED: Mapping[str, str] = {
    "harm": N_("Say what happens if it goes wrong."),
    "likelihood": N_("Say how likely it is to go wrong."),
    "plan": N_("Write what is done, step by step."),
    "back_out": N_("Write how to get back to where it began."),
    "verification": N_("Write how one sees that it worked."),
    "services": N_("Choose the services it touches."),
    "starts_at": N_("Give the window."),
}
"""What a change has to have before anybody is asked to approve it, and what to do about it."""


TOO_RISKY = Sentence(N_("A standard change is one of low risk: with this risk, make it a normal change."))


def missing(plan: Plan) -> dict[str, Sentence]:
    """Return what is still to be written before it can be put forward, by the name of its field."""
    found = {name: Sentence(words) for name, words in WANTED.items() if not getattr(plan, name)}
    if plan.change_type is ChangeType.STANDARD and (risk(plan.harm, plan.likelihood) or 0) > MOST_STANDARD_RISK:
        found["change_type"] = TOO_RISKY
    return found


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time of a change or a freeze, and the services it touches; none for all of them."""

    starts_at: datetime
    ends_at: datetime
    services: frozenset[str]


def collide(one: Window, other: Window) -> bool:
    """Whether both touch the same service at the same time; windows that only meet do not."""
    if one.starts_at >= other.ends_at or other.starts_at >= one.ends_at:
        return False
    return not one.services or not other.services or not one.services.isdisjoint(other.services)
