"""What the jobs did, in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from servicedesk.rules import outcomes
from servicedesk.rules.outcomes import FAILED, Value


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended: `words` in the reader's language, and what is English whoever reads it."""

    words: str
    english: str = ""


def result(stored: str) -> Result:
    """Return the result of a run: what it did, or the error it failed with, or words of an earlier release."""
    outcome = outcomes.kept(stored)
    if outcome is not None:
        return Result(outcome.in_words(_say))
    if stored.startswith(FAILED):
        return Result(_("failed:"), stored.removeprefix(FAILED))
    return Result("", stored)


def _say(one: str, many: str, number: int, others: Mapping[str, Value]) -> str:
    return ngettext(one, many, number, **others)
