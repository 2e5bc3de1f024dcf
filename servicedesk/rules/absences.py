"""What makes an absence whole: its days, who stands in, and what becomes of the open tickets meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_, Sentence

LONGEST = timedelta(days=730)
LONGEST_NOTE = 200
Days = tuple[date, date]
"""First and last day, both included."""


class Handling(StrEnum):
    """What becomes of the open tickets of somebody who is away."""

    KEEP = "keep"
    """They stay; the substitute is told of what their requesters write."""
    SHOW = "show"
    """They stay, and stand in the substitute's queue as theirs to look after."""
    HAND = "hand"
    """They go to the substitute where both work in the ticket's group."""
    BACK = "back"
    """They go back to their groups."""


NEEDS_SUBSTITUTE = frozenset({Handling.SHOW, Handling.HAND})
INCOMPLETE = N_("The absence was not kept: see what is marked below.")


@dataclass(frozen=True, slots=True)
class Entry:
    """An absence as somebody enters it; None for a day that was not given."""

    person_id: int
    first: date | None
    last: date | None
    substitute_id: int | None = None
    handling: Handling = Handling.KEEP
    note: str = ""


def check_entry(entry: Entry, today: date, taken: Sequence[Days], substitute_away: Sequence[Days]) -> Days:
    """Return the days of an absence that can be kept.

    `taken` are the person's other absences, `substitute_away` those of the substitute. Raises Invalid, whose `fields`
    name what is missing or cannot be.
    """
    problems = {**_of_days(entry, today), **_of_substitute(entry)}
    if problems or entry.first is None or entry.last is None:
        raise Invalid(INCOMPLETE, problems)
    if other := next((each for each in taken if _overlap((entry.first, entry.last), each)), None):
        problems["first"] = Sentence(
            N_("There is an absence from %(first)s to %(last)s already. Change that one instead."), _words(other)
        )
    if other := next((each for each in substitute_away if _overlap((entry.first, entry.last), each)), None):
        problems["substitute"] = Sentence(
            N_("This colleague is away from %(first)s to %(last)s. Choose somebody else."), _words(other)
        )
    if problems:
        raise Invalid(INCOMPLETE, problems)
    return entry.first, entry.last


def _of_days(entry: Entry, today: date) -> dict[str, Sentence]:
    missing = Sentence(N_("Give the day, such as 2026-12-24."))
    problems = {name: missing for name, day in (("first", entry.first), ("last", entry.last)) if day is None}
    if entry.first is None or entry.last is None:
        return problems
    if entry.last < entry.first:
        return {"last": Sentence(N_("The last day is before the first. Give the earlier day first."))}
    if entry.last < today:
        return {"last": Sentence(N_("This absence would be over already. Give days to come."))}
    if entry.last - entry.first > LONGEST:
        return {"last": Sentence(N_("An absence lasts two years at most. Whoever leaves loses the role instead."))}
    return {}


def _of_substitute(entry: Entry) -> dict[str, Sentence]:
    problems = {}
    if entry.handling in NEEDS_SUBSTITUTE and entry.substitute_id is None:
        problems["substitute"] = Sentence(N_("Choose who stands in: the open requests are to be looked after by them."))
    if entry.substitute_id == entry.person_id:
        problems["substitute"] = Sentence(N_("Nobody stands in for themselves. Choose a colleague."))
    if len(entry.note) > LONGEST_NOTE:
        problems["note"] = Sentence(N_("Write at most %(most)s letters."), {"most": LONGEST_NOTE})
    return problems


def _overlap(one: Days, other: Days) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _words(days: Days) -> dict[str, str | int]:
    return {"first": days[0].isoformat(), "last": days[1].isoformat()}
