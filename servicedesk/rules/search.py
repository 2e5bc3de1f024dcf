"""Finds texts by their words, in Italian and English: categories by names, synonyms, descriptions and paths."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, takewhile
from math import log

from servicedesk.rules.catalogue import Catalogue, Category, LocalText
from servicedesk.rules.words import Misspellings, fold, stem, tokens

__all__ = ["SearchIndex", "WordIndex", "fold", "rank", "stem", "tokens"]

NAME, SYNONYM, PATH, DESCRIPTION = 8.0, 6.0, 2.0, 2.0
OTHER_LANGUAGE = 0.5
PREFIX = 0.6
MISTYPED = 0.7
LANGUAGES = ("it", "en")
SHORTEST_PREFIX = 2

Weighted = Sequence[tuple[str, float]]
"""Texts with what a word in each counts; where a word is in several, the heaviest counts."""
Found = Callable[[str, str], Iterator[tuple[str, float]]]


class WordIndex:
    """The words of some texts by key; made once, asked often."""

    def __init__(self, texts: Mapping[str, Mapping[str, Weighted]]) -> None:
        """Index `texts`: for each key, in the order of equals, for each language, its texts with their weights."""
        self._places = {key: place for place, key in enumerate(texts)}
        self._words: Mapping[str, dict[str, dict[str, float]]] = {language: {} for language in LANGUAGES}
        surfaces: Mapping[str, set[str]] = {language: set() for language in LANGUAGES}
        for key, by_language in texts.items():
            for language, weighted in by_language.items():
                self._add(key, language, weighted, surfaces[language])
        for words in self._words.values():
            self._favour_the_rare(words)
        self._sorted = {language: sorted(words) for language, words in surfaces.items()}
        self._misspellings = {language: Misspellings(self._words[language]) for language in LANGUAGES}

    def _add(self, key: str, language: str, weighted: Weighted, surfaces: set[str]) -> None:
        for text, weight in weighted:
            for word in tokens(text):
                surfaces.add(word)
                for form in {word, stem(word, language)}:
                    keys = self._words[language].setdefault(form, {})
                    keys[key] = max(keys.get(key, 0.0), weight)

    def _favour_the_rare(self, words: Mapping[str, dict[str, float]]) -> None:
        most = log(1 + len(self._places))
        for keys in words.values():
            rarity = log(1 + len(self._places) / len(keys)) / most
            for key in keys:
                keys[key] *= rarity

    def scores(self, token: str, locale: str, *, unfinished: bool) -> dict[str, float]:
        """Return the score of each key for one folded word of a query, in both languages.

        A word that nothing fits is taken for the beginning of one, then for a mistyped one. A word that may be
        `unfinished` is taken for a beginning even if it fits as it is.
        """
        whole = self._best(token, locale, self._in_language)
        if whole and not unfinished:
            return whole
        longer = self._best(token, locale, self._beginning)
        together = {key: max(whole.get(key, 0.0), longer.get(key, 0.0)) for key in whole | longer}
        return together or self._best(token, locale, self._resembling)

    def keys(self) -> Iterable[str]:
        """Return every key, in the order of the texts."""
        return self._places.keys()

    def place(self, key: str) -> int:
        """Return the place of a key in the order of the texts."""
        return self._places[key]

    def _best(self, token: str, locale: str, found: Found) -> dict[str, float]:
        best: dict[str, float] = {}
        for language in LANGUAGES:
            share = 1.0 if locale.startswith(language) else OTHER_LANGUAGE
            for key, score in found(token, language):
                best[key] = max(best.get(key, 0.0), score * share)
        return best

    def _in_language(self, token: str, language: str) -> Iterator[tuple[str, float]]:
        for form in {token, stem(token, language)}:
            yield from self._words[language].get(form, {}).items()

    def _beginning(self, token: str, language: str) -> Iterator[tuple[str, float]]:
        if len(token) < SHORTEST_PREFIX:
            return
        ordered = self._sorted[language]
        longer = takewhile(lambda word: word.startswith(token), islice(ordered, bisect_left(ordered, token), None))
        for word in longer:
            yield from ((key, weight * PREFIX) for key, weight in self._words[language][word].items())

    def _resembling(self, token: str, language: str) -> Iterator[tuple[str, float]]:
        slips = self._misspellings[language]
        for form in {word for typed in {token, stem(token, language)} for word in slips.meant(typed)}:
            yield from ((key, weight * MISTYPED) for key, weight in self._words[language][form].items())


class SearchIndex(WordIndex):
    """The words of one version of the catalogue; make it once per version."""

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__(
            {
                key: {language: _texts(catalogue, category, language) for language in LANGUAGES}
                for key, category in catalogue.categories.items()
            }
        )


def rank(index: WordIndex, query: str, keys: Iterable[str], locale: str) -> list[str]:
    """Return those of `keys` that fit the query, the best first; among equals the order of the index.

    What has all of the query's words comes before what has some of them. Source: requirement B2.
    """
    words = list(dict.fromkeys(tokens(query)))
    found: dict[str, tuple[int, float]] = {}
    for place, token in enumerate(words):
        for key, score in index.scores(token, locale, unfinished=place == len(words) - 1).items():
            count, total = found.get(key, (0, 0.0))
            found[key] = (count + 1, total + score)
    fitting = [key for key in keys if key in found]
    return sorted(fitting, key=lambda key: (found[key][0] < len(words), -found[key][1], index.place(key)))


def _texts(catalogue: Catalogue, category: Category, language: str) -> Weighted:
    above = " ".join(_text(step.name, language) for step in catalogue.path(category.key)[:-1])
    return (
        (_text(category.name, language), NAME),
        (" ".join(category.synonyms.get(language, ())), SYNONYM),
        (above, PATH),
        (_text(category.description, language), DESCRIPTION),
    )


def _text(text: LocalText, language: str) -> str:
    return text.it if language == "it" else text.en
