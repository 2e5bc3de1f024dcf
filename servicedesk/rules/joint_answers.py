"""One answer to many requesters: what it may be, and which of its texts each of them reads."""

from collections.abc import Mapping

from servicedesk.rules.languages import WRITTEN, written_language
from servicedesk.rules.richtext import RichText
from servicedesk.rules.states import Action

TOGETHER = (Action.SOLVE_TOGETHER, Action.COMMENT)
AT_ONCE = 50
"""Up to so many tickets are answered while the author waits; more are left to the job."""


def languages_for(locale: str | None, written: Mapping[str, object]) -> tuple[str, ...]:
    """Return the languages of the texts a reader gets: theirs, else English; unknown, all there are (C10)."""
    there = tuple(code for code in WRITTEN if code in written)
    if locale is None:
        return there
    wanted = written_language(locale)
    return (wanted,) if wanted in there else there


def text_for(locale: str | None, texts: Mapping[str, RichText]) -> RichText:
    """Return the text for a reader; both, Italian first, where the language is not known."""
    chosen = [texts[code] for code in languages_for(locale, texts)]
    if len(chosen) == 1:
        return chosen[0]
    return RichText(
        "<br><br>".join(text.html for text in chosen), "\n\n".join(text.text for text in chosen), chosen[0].policy
    )
