"""How alike two titles are: the share of words with meaning, by their stems, that both have."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from servicedesk.rules.words import stem, tokens

FEWEST_COMMON = 2
"""Words that two titles share at least, or all of them where a title has fewer."""
K = TypeVar("K")


def most_alike(title: str, others: Iterable[tuple[K, str]], most: int) -> Sequence[K]:
    """Return at most `most` keys of the titles that resemble `title`, the most alike first; equals stay in order."""
    words = _words(title)
    scored = [(_likeness(words, _words(other)), key) for key, other in others]
    fitting = sorted((each for each in scored if each[0] > 0), key=lambda each: -each[0])
    return [key for _score, key in fitting[:most]]


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    common = len(one & other)
    if not common or common < min(FEWEST_COMMON, len(one), len(other)):
        return 0.0
    return common / len(one | other)


def _words(title: str) -> frozenset[str]:
    return frozenset(stem(stem(word, "it"), "en") for word in tokens(title))
