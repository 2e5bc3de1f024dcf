"""Finds categories by the words of their names, synonyms, descriptions and paths, in Italian and English."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice, takewhile

from servicedesk.rules.catalogue import Catalogue, LocalText

NAME, SYNONYM, PATH, DESCRIPTION = 8.0, 5.0, 2.0, 1.0
OTHER_LANGUAGE = 0.5
PREFIX = 0.6
MISTYPED = 0.4
LANGUAGES = ("it", "en")
WORD = re.compile(r"[^\W_]+")
SHORTEST_PREFIX = 2
SHORTEST_MISTYPED = 4
CLOSE_ENOUGH = 0.8
SHORTEST_STEM = 3

ITALIAN_STOP_WORDS = """a ad al alla alle allo ai agli che chi ci come con cosa da dal dalla dei del della delle dello
di e ed gli ho i il in la le lo ma mi mio mia nel nella non o per piu se si sono su sul sulla tra un una uno"""
ENGLISH_STOP_WORDS = "and are as at do for from how is it my of on or that the this to what where with you your"
STOP_WORDS = frozenset(f"{ITALIAN_STOP_WORDS} {ENGLISH_STOP_WORDS}".split())
# Endings by which plural, gender and the commonest derivations differ; the longest that fits is cut.
ENDINGS: Mapping[str, tuple[str, ...]] = {
    "it": ("zioni", "zione", "chi", "che", "ghi", "ghe", "ie", "io", "ia", "ii", "a", "e", "i", "o"),
    "en": ("ments", "ment", "ings", "ing", "ies", "es", "ed", "s", "y", "e"),
}
KEPT = {"zioni": "zion", "zione": "zion", "chi": "c", "che": "c", "ghi": "g", "ghe": "g"}


PIECE = 500


def fold(text: str) -> str:
    """Return the text in lower case without accents."""
    if text.isascii():
        return text.lower()
    # In pieces: the accents go anyway, and putting a million of them in order first takes minutes.
    pieces = (text[start : start + PIECE].casefold() for start in range(0, len(text), PIECE))
    decomposed = (unicodedata.normalize("NFKD", piece) for piece in pieces)
    return "".join(letter for piece in decomposed for letter in piece if not unicodedata.combining(letter))


def tokens(text: str) -> list[str]:
    """Return the folded words of a text that carry meaning, in order; all of them when none does."""
    words = WORD.findall(fold(text))
    return [word for word in words if word not in STOP_WORDS] or words


@lru_cache(maxsize=50_000)
def stem(word: str, language: str) -> str:
    """Return a folded word without its ending of number and gender ("esoneri", "esonero" -> "esoner")."""
    for ending in ENDINGS[language]:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM:
            return word[: -len(ending)] + KEPT.get(ending, "")
    return word


class SearchIndex:
    """The words of one version of the catalogue; make it once per version."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._places = {key: place for place, key in enumerate(catalogue.categories)}
        self._words: Mapping[str, dict[str, dict[str, float]]] = {language: {} for language in LANGUAGES}
        for language in LANGUAGES:
            self._add_all(catalogue, language)
        self._sorted = {language: sorted(words) for language, words in self._words.items()}

    def _add_all(self, catalogue: Catalogue, language: str) -> None:
        names = {key: _forms(_text(c.name, language), language) for key, c in catalogue.categories.items()}
        for category in catalogue.categories.values():
            weights: dict[str, float] = {}
            for above in catalogue.path(category.key)[:-1]:
                weights |= dict.fromkeys(names[above.key], PATH)
            # From the lightest to the heaviest: the last word said is the one that counts.
            weights = dict.fromkeys(_forms(_text(category.description, language), language), DESCRIPTION) | weights
            weights |= dict.fromkeys(_forms(" ".join(category.synonyms.get(language, ())), language), SYNONYM)
            weights |= dict.fromkeys(names[category.key], NAME)
            for form, weight in weights.items():
                self._words[language].setdefault(form, {})[category.key] = weight

    def scores(self, token: str, locale: str) -> dict[str, float]:
        """Return the score of each category for one folded word of a query, in both languages.

        A word that nothing fits is taken for a mistyped one.
        """
        exact = self._best(token, locale, self._in_language)
        return exact or self._best(token, locale, self._resembling)

    def _best(
        self, token: str, locale: str, found: Callable[[str, str], Iterator[tuple[str, float]]]
    ) -> dict[str, float]:
        best: dict[str, float] = {}
        for language in LANGUAGES:
            share = 1.0 if locale.startswith(language) else OTHER_LANGUAGE
            for key, score in found(token, language):
                best[key] = max(best.get(key, 0.0), score * share)
        return best

    def _in_language(self, token: str, language: str) -> Iterator[tuple[str, float]]:
        words = self._words[language]
        for form in {token, stem(token, language)}:
            yield from words.get(form, {}).items()
        if len(token) >= SHORTEST_PREFIX:
            ordered = self._sorted[language]
            longer = takewhile(lambda word: word.startswith(token), islice(ordered, bisect_left(ordered, token), None))
            for word in longer:
                yield from ((key, weight * PREFIX) for key, weight in words[word].items())

    def _resembling(self, token: str, language: str) -> Iterator[tuple[str, float]]:
        if len(token) < SHORTEST_MISTYPED:
            return
        ordered, first = self._sorted[language], token[0]
        # Hardly anybody mistypes the first letter, and it narrows the comparison to a few words.
        likely = takewhile(lambda word: word[0] == first, islice(ordered, bisect_left(ordered, first), None))
        for word in get_close_matches(token, list(likely), cutoff=CLOSE_ENOUGH):
            yield from ((key, weight * MISTYPED) for key, weight in self._words[language][word].items())

    def place(self, key: str) -> int:
        """Return the place of a category in the catalogue's order."""
        return self._places[key]


def rank(index: SearchIndex, query: str, keys: Iterable[str], locale: str) -> list[str]:
    """Return those of `keys` that fit the query, the best first; among equals the catalogue's order.

    Categories with more of the query's words come before those with fewer. Source: requirement B2.
    """
    found: dict[str, tuple[int, float]] = {}
    for token in dict.fromkeys(tokens(query)):
        for key, score in index.scores(token, locale).items():
            count, total = found.get(key, (0, 0.0))
            found[key] = (count + 1, total + score)
    fitting = [key for key in keys if key in found]
    return sorted(fitting, key=lambda key: (-found[key][0], -found[key][1], index.place(key)))


def _forms(text: str, language: str) -> set[str]:
    words = tokens(text)
    return {*words, *(stem(word, language) for word in words)}


def _text(text: LocalText, language: str) -> str:
    return text.it if language == "it" else text.en
