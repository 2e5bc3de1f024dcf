"""What stands where a name or a text was removed: a mark in the database, which each reader reads in their language."""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

from servicedesk.rules.sentences import N_

PERSON, STAFF, TEXT = "[removed-person]", "[removed-staff]", "[removed-text]"
SENTENCES: Mapping[str, str] = {
    PERSON: N_("Person removed"),
    STAFF: N_("Former member of staff"),
    TEXT: N_("(text removed)"),
}
"""By the mark, which is one word that neither HTML nor JSON writes otherwise."""
_BEGINS = "[removed-"
S = TypeVar("S", bound=str)
T = TypeVar("T")


def told(text: S, translate: Callable[[str], str]) -> S:
    """Return a text with a sentence in the place of each mark; markup stays markup."""
    if _BEGINS not in text:
        return text
    for mark, sentence in SENTENCES.items():
        if mark in text:
            text = text.replace(mark, translate(sentence))  # type: ignore[assignment]  # of the same kind of text
    return text


def told_in_json(text: str, translate: Callable[[str], str]) -> str:
    """Return JSON with a sentence in the place of each mark."""
    return told(text, lambda sentence: json.dumps(translate(sentence), ensure_ascii=False)[1:-1])


def told_throughout(value: T, translate: Callable[[str], str]) -> T:
    """Return the same value, its fields and what they hold, with a sentence in the place of each mark."""
    if isinstance(value, str):
        return told(value, translate)
    if isinstance(value, list | tuple):
        return type(value)(told_throughout(each, translate) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{each.name: told_throughout(getattr(value, each.name), translate) for each in fields(value)}
        )
    return value


def shown_by(translate: Callable[[str], str]) -> Callable[[object], object]:
    """Return what tells every value a template shows, for `Environment.finalize` of Jinja."""

    def shown(value: object) -> object:
        return told(value, translate) if isinstance(value, str) else value

    return shown
