"""What an edit of a change's plan has put in the place of what, for staff on its timeline."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from flask_babel import gettext

from servicedesk.rules.changes import TEXTS
from servicedesk.web.change_words import FIELDS, HARMS, LIKELIHOODS, TYPES
from servicedesk.web.context import exact

SAME, GONE, NEW = "same", "gone", "new"
MOST_LINES = 400
"""Of a text that has more, all of the old one stands before all of the new one."""
MOST_PAIRS = 2000
"""Of equal lines of both: where the same line stands again and again, comparing takes seconds."""
Line = tuple[str, str]
"""SAME, GONE or NEW, and the words."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One part of the plan, with its lines as they were and are."""

    label: str
    lines: Sequence[Line]


def edits_of(changes: Mapping[str, Any], names: Any, people: Mapping[int, Any]) -> list[Edit]:
    """Return the parts that an event has changed; none for events before these were kept."""
    planned = (changes.get("planned") or [None, ()])[1]
    return [
        Edit(gettext(FIELDS[part]), _lines(part, changes[part], names, people)) for part in planned if part in changes
    ]


def _lines(part: str, pair: Sequence[Any], names: Any, people: Mapping[int, Any]) -> list[Line]:
    before, after = (_words(part, value, names, people) for value in pair)
    if part in TEXTS:
        return list(_compared(before.splitlines(), after.splitlines()))
    return [(kind, words) for kind, words in ((GONE, before), (NEW, after)) if words]


def _compared(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    if len(before) > MOST_LINES or len(after) > MOST_LINES or _pairs(before, after) > MOST_PAIRS:
        yield from [(GONE, line) for line in before] + [(NEW, line) for line in after]
        return
    for kind, first, last, begin, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from ((SAME, line) for line in before[first:last])
            continue
        yield from ((GONE, line) for line in before[first:last])
        yield from ((NEW, line) for line in after[begin:end])


def _pairs(before: Sequence[str], after: Sequence[str]) -> int:
    counts = Counter(before)
    return sum(counts[line] for line in after)


def _words(part: str, value: Any, names: Any, people: Mapping[int, Any]) -> str:
    if not value:
        return ""
    if part in ("starts_at", "ends_at"):
        return exact(datetime.fromisoformat(value))
    if part in _CHOICES:
        return gettext(_CHOICES[part][value])
    if part == "services":
        return ", ".join(_service(each, names) for each in value)
    if part == "categories":
        return "; ".join(names.category(each) for each in value)
    if part == "implementer_id":
        who = people.get(value)
        return f"{who.code or ''} {who.given_name} {who.family_name}".strip() if who else ""
    return str(value)


_CHOICES: Mapping[str, Mapping[Any, str]] = {"change_type": TYPES, "harm": HARMS, "likelihood": LIKELIHOODS}


def _service(service_id: str, names: Any) -> str:
    service = names.tree.services.get(service_id)
    return service.name.get(names.locale) if service else service_id
