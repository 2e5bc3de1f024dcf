"""Links by name, merges that can be undone, and who reads which text of an answer to many."""

from datetime import UTC, datetime, timedelta

import pytest

from servicedesk.rules.joint_answers import languages_for, text_for
from servicedesk.rules.relations import RELATIONS, LinkKind, closes_circle, name_of, why_not_undone
from servicedesk.rules.richtext import from_plain
from servicedesk.rules.states import State

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BOTH = {"it": from_plain("Fatto."), "en": from_plain("Done.")}


def test_every_relation_has_a_name_from_either_end() -> None:
    assert {name_of(each.kind, each.is_outward) for each in RELATIONS.values()} == set(RELATIONS)
    assert name_of(LinkKind.RELATED, is_outward=False) == "related"


def test_a_ticket_among_its_own_ancestors_closes_a_circle() -> None:
    assert closes_circle(3, [1, 2, 3])
    assert not closes_circle(3, [1, 2])


@pytest.mark.parametrize(
    ("days", "state", "words"),
    [
        (1, State.IN_PROGRESS, None),
        (7, State.WAITING, None),
        (8, State.IN_PROGRESS, "for a week"),
        (1, State.RESOLVED, "answered already"),
        (1, State.CLOSED, "answered already"),
    ],
)
def test_a_merge_is_undone_for_a_week_unless_the_other_is_answered(days: int, state: State, words: str | None) -> None:
    why = why_not_undone(NOW - timedelta(days=days), state, NOW)
    assert (words is None) == (why is None)
    assert words is None or words in str(why)


@pytest.mark.parametrize(("locale", "languages"), [("it", ("it",)), ("fr", ("en",)), (None, ("it", "en"))])
def test_each_reader_gets_the_text_in_their_language(locale: str | None, languages: tuple[str, ...]) -> None:
    assert languages_for(locale, BOTH) == languages
    assert text_for(locale, BOTH).text == "\n\n".join(BOTH[code].text for code in languages)


def test_the_only_text_there_is_goes_to_everybody() -> None:
    assert text_for("it", {"en": BOTH["en"]}).text == "Done."
