"""What a run of a job did: counts under names, kept as data and put into words when somebody reads them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from servicedesk.rules.sentences import NN_

LONGEST = 300
"""Characters that are kept of a result: the column has as many."""
FAILED = "failed: "
"""Before the error of a run that failed, which is kept as it is."""
Value = str | int
Say = Callable[[str, str, int, Mapping[str, Value]], str]
"""Puts a sentence for one, the one for many, the number and what else goes into them into somebody's language."""

WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "accounts": NN_("%(num)s account", "%(num)s accounts"),
        "answered": NN_("%(num)s answered", "%(num)s answered"),
        "attachments": NN_("attachments of %(num)s request", "attachments of %(num)s requests"),
        "begun": NN_("%(num)s begun", "%(num)s begun"),
        "closed": NN_("%(num)s closed", "%(num)s closed"),
        "counted": NN_("%(num)s counted", "%(num)s counted"),
        "days": NN_("%(num)s day counted", "%(num)s days counted"),
        "entries": NN_("%(num)s entry removed", "%(num)s entries removed"),
        "events": NN_("%(num)s event looked at", "%(num)s events looked at"),
        "failed": NN_("%(num)s failed: see the log", "%(num)s failed: see the log"),
        "files": NN_("%(num)s file removed", "%(num)s files removed"),
        "forgotten": NN_("%(num)s forgotten", "%(num)s forgotten"),
        "keys": NN_("%(num)s of %(all)s profiles needs new keys", "%(num)s of %(all)s profiles need new keys"),
        "later": NN_("%(num)s to try again", "%(num)s to try again"),
        "looked_at": NN_("%(num)s looked at", "%(num)s looked at"),
        "made": NN_("%(num)s made", "%(num)s made"),
        "mailed": NN_("%(num)s mailed", "%(num)s mailed"),
        "more": NN_("%(num)s more part", "%(num)s more parts"),
        "no_terms": NN_("no terms are set", "no terms are set"),
        "not_sent": NN_("%(num)s not sent", "%(num)s not sent"),
        "nothing_due": NN_("nothing was due", "nothing was due"),
        "over": NN_("%(num)s over", "%(num)s over"),
        "passed_on": NN_("%(num)s passed on or forgotten", "%(num)s passed on or forgotten"),
        "popular": NN_("%(num)s popular subject", "%(num)s popular subjects"),
        "reckoned": NN_("%(num)s reckoned anew", "%(num)s reckoned anew"),
        "recurring": NN_("%(num)s recurring request looked at", "%(num)s recurring requests looked at"),
        "refused": NN_("%(num)s refused", "%(num)s refused"),
        "reminded": NN_("%(num)s reminded", "%(num)s reminded"),
        "removed": NN_("%(num)s removed", "%(num)s removed"),
        "requests": NN_("%(num)s request", "%(num)s requests"),
        "resumed": NN_("%(num)s resumed", "%(num)s resumed"),
        "rows": NN_("%(num)s row removed", "%(num)s rows removed"),
        "sent": NN_("%(num)s sent", "%(num)s sent"),
        "source": NN_(
            "%(profile)s: %(num)s provider, %(added)s added, %(changed)s changed, %(removed)s removed, "
            "%(problems)s problems",
            "%(profile)s: %(num)s providers, %(added)s added, %(changed)s changed, %(removed)s removed, "
            "%(problems)s problems",
        ),
        "source_failed": NN_(
            "%(profile)s: failed: the reason stands under Federation",
            "%(profile)s: failed: the reason stands under Federation",
        ),
        "suggested": NN_("%(num)s suggested", "%(num)s suggested"),
        "time_had_come": NN_("%(num)s whose time had come", "%(num)s whose time had come"),
        "told": NN_("%(num)s told", "%(num)s told"),
        "warned": NN_("%(num)s warned", "%(num)s warned"),
        "written": NN_("%(num)s written", "%(num)s written"),
    }
)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that was done, so many times."""

    name: str
    number: int
    others: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did, in the order in which it is told."""

    parts: tuple[Part, ...] = ()

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(self.parts + other.parts)

    def __str__(self) -> str:
        return self.in_words(_english)

    def in_words(self, say: Say) -> str:
        """Return what was done as one line of somebody's language."""
        said = [say(*WORDS[part.name], part.number, part.others) for part in self.parts]
        return ("; " if any(", " in words for words in said) else ", ").join(said)

    def stored(self) -> str:
        """Return the form that is kept, at most `LONGEST` characters: what does not fit is counted."""
        rows = [[part.name, part.number, *([dict(part.others)] if part.others else [])] for part in self.parts]
        shown = len(rows)
        while len(text := _json(rows[:shown], len(rows) - shown)) > LONGEST:
            shown -= 1
        return text


def counted(**numbers: int) -> Outcome:
    """Return an outcome of these counts by name. Raises KeyError for a name that there are no words for."""
    return Outcome(tuple(_part(name, number, {}) for name, number in numbers.items()))


def failures(number: int) -> Outcome:
    """Return how many failed, which the log tells of; an outcome that says nothing where none did."""
    return counted(failed=number) if number else Outcome()


def happened(name: str, number: int = 1, **others: Value) -> Outcome:
    """Return an outcome of one thing with what else its words need. Raises KeyError for an unknown name."""
    return Outcome((_part(name, number, others),))


def kept(text: str) -> Outcome | None:
    """Read the stored form back; None for what is none: an error, or words of a release before outcomes were data."""
    try:
        return Outcome(tuple(_part(name, number, *(others or [{}])) for name, number, *others in json.loads(text)))
    except (ValueError, TypeError, KeyError):
        return None


def _part(name: str, number: int, others: Mapping[str, Value]) -> Part:
    _english(*WORDS[name], number, others)  # raises KeyError for words that are not there, or lack what goes into them
    return Part(name, number, others)


def _json(rows: list[list[object]], left_out: int) -> str:
    more: list[list[object]] = [["more", left_out]] if left_out else []
    return json.dumps(rows + more, ensure_ascii=False, separators=(",", ":"))


def _english(one: str, many: str, number: int, others: Mapping[str, Value]) -> str:
    return (one if number == 1 else many) % {"num": number, **others}
