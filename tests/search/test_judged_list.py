"""The judged list is as hard as it says: paraphrases, misspellings, English."""

from difflib import SequenceMatcher

import snowballstemmer

from servicedesk.rules.search import tokens
from tests.search.judged import Judged, judged, shipped

STEMMERS = {"it": snowballstemmer.stemmer("italian"), "en": snowballstemmer.stemmer("english")}


def content(text: str, language: str) -> set[str]:
    return set(STEMMERS[language].stemWords(tokens(text)))


def shared(line: Judged) -> set[str]:
    """Return the content words that a query, rightly spelt, has in common with its target's name and synonyms."""
    target = shipped().categories[line.expected]
    named = " ".join((target.name.get(line.language), *target.synonyms.get(line.language, ())))
    return content(line.meant or line.query, line.language) & content(named, line.language)


def test_there_are_sixty_different_queries_each_about_a_subject_one_can_ask_about() -> None:
    assert len({line.query for line in judged()}) == len(judged()) == 60
    assert [line.expected for line in judged() if not shipped().categories[line.expected].selectable] == []


def test_forty_share_at_most_one_content_word_with_the_name_or_synonyms_of_their_target() -> None:
    assert len([line for line in judged() if len(shared(line)) <= 1]) >= 40


def test_fifteen_are_misspelt_and_fifteen_are_english() -> None:
    misspelt = [line for line in judged() if line.meant]
    assert len(misspelt) >= 15
    assert [
        line.query for line in misspelt if not 0.85 < SequenceMatcher(None, line.query, line.meant).ratio() < 1
    ] == []
    assert len([line for line in judged() if line.language == "en"]) >= 15
