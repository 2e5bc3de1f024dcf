"""What passes between groups and lines: hand-overs, their deciders, advice, escalation, the next who is there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.routing import Member, Requester, route
from servicedesk.rules.sentences import N_
from servicedesk.rules.states import Action

ASKS_FROM = 3
"""The hand-over from which on a supervisor decides, where the group set nothing else."""
LOOKS_AHEAD = 60
"""Days in which the next present member is looked for."""
ONLY_SUPERVISORS = N_("It has been handed over often, so only a supervisor moves it on. Ask one of these: %(names)s.")
"""Said of what nobody asks for: a problem or a change waits for no decision, its group's supervisor just moves it."""


class Matter(StrEnum):
    """What somebody else than a ticket's technician has to settle."""

    HAND_OVER = "hand_over"
    ESCALATION = "escalation"
    ADVICE = "advice"


def asks_a_supervisor(done: int, asks_from: int) -> bool:
    """Whether the next hand-over of a ticket that was handed over `done` times is for a supervisor to decide."""
    return 0 < asks_from <= done + 1


def path_of(hand_overs: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return the groups a ticket went through, in order; empty for one that was never handed over."""
    return (hand_overs[0][0], *(to for _origin, to in hand_overs)) if hand_overs else ()


@dataclass(frozen=True, slots=True)
class Usual:
    """The group a ticket most likely goes to next, and whether that is where it came from."""

    group: str
    is_return: bool = False


def usual_next(
    tree: Catalogue,
    here: str,
    category_key: str,
    requester: Requester,
    hand_overs: Sequence[tuple[str, str]],
    before: Mapping[str, int],
    offered: Sequence[str],
) -> Usual | None:
    """Return where to forward a ticket most likely, among the groups `offered`; None where nothing says.

    That is the group it came from; else the category's own group for this requester; else the group in which most
    open tickets of the category are (`before`, counts by group); else the group that this one escalates to (F2).
    """
    if hand_overs and hand_overs[-1][1] == here and hand_overs[-1][0] in offered:
        return Usual(hand_overs[-1][0], is_return=True)
    meant = [route(tree, category_key, requester, frozenset(offered)).group] if category_key in tree.categories else []
    often = sorted((code for code in before if code in offered), key=lambda code: (-before[code], code))
    group = tree.groups.get(here)
    next_line = [group.escalates_to] if group and group.escalates_to else []
    return next((Usual(code) for code in (*meant, *often, *next_line) if code in offered and code != here), None)


def next_presence(members: Iterable[Member], today: date, weekdays: Iterable[int]) -> date | None:
    """Return the first day from `today` on, of those weekdays (0 for Monday), on which any of them is there.

    None when nobody is within the next 60 days.
    """
    known, open_days = list(members), set(weekdays) or set(range(7))
    days = (today + timedelta(days=ahead) for ahead in range(LOOKS_AHEAD))
    return next((d for d in days if d.weekday() in open_days and any(m.is_present(d) for m in known)), None)


def back_on(member: Member, today: date) -> date | None:
    """Return the last day of the absence that runs today, through absences that follow on it; None for who is there."""
    day = today
    while spans := [last for first, last in member.absences if first <= day and (last is None or day <= last)]:
        last = max(each or date.max for each in spans)
        if last == date.max:
            return last
        day = last + timedelta(days=1)
    return day - timedelta(days=1) if day != today else None


def way_to(tree: Catalogue, here: str, there: str) -> Action:
    """Return how a request goes from one group to another: within its line, or to another line."""
    is_same = here in tree.groups and tree.groups[here].line == tree.groups[there].line
    return Action.ASSIGN_GROUP if is_same else Action.FORWARD
