"""Takes text apart into words one can search for: folded, without those that carry no meaning, and their stems."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from threading import Lock

import snowballstemmer

WORD = re.compile(r"[^\W_]+")
SHORTEST_MISTYPED = 5
PIECE = 500

ITALIAN_STOP_WORDS = """a ad al all alla alle agli ai allo anche ancora c che chi ci cio come con cosa cui d da dai dal
dall dalla dalle dagli dallo degli dei del dell della delle dello di dove e ed gia gli ha hai hanno ho i il in io l la
le lo ma mi mia mie miei mio ne negli nei nel nell nella nelle nello noi non o per piu pure quando se sei senza si sia
sono sta sto su sua sue sugli sui sul sull sulla sulle suo suoi tra un una uno vi ai be devo dovrei posso potrei puo
vorrei voglio"""
ENGLISH_STOP_WORDS = """an and any am are as at be been by can could did do does for from had has have how if into is it
its me my of on or our should so that the their them there these they this to up was we were what when where which will
with would you your want"""
STOP_WORDS = frozenset(f"{ITALIAN_STOP_WORDS} {ENGLISH_STOP_WORDS}".split())

_STEMMERS = {"it": snowballstemmer.stemmer("italian"), "en": snowballstemmer.stemmer("english")}
_stemming = Lock()


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
    """Return a folded word without its endings ("esoneri", "esonero" -> "esoner"), in Italian ("it") or English."""
    with _stemming:  # a stemmer keeps the word it works on in itself
        stemmed: str = _STEMMERS[language].stemWord(word)
    return stemmed


def shortened(word: str) -> set[str]:
    """Return the word and what is left of it when any one letter is missing."""
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def is_one_slip(one: str, other: str) -> bool:
    """Tell whether two words differ by one letter: missing, too many, another one, or two that changed places."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    same = next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if same is None:
        return True
    rest, other_rest = one[same:], other[same:]
    swapped = rest[1::-1] + rest[2:] == other_rest and len(rest) > 1
    return swapped or rest[1:] == other_rest or rest == other_rest[1:] or rest[1:] == other_rest[1:]


class Misspellings:
    """Finds the known words from which a mistyped one differs by one letter, without comparing it with each."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known: dict[str, list[str]] = {}
        for word in sorted(known):
            for short in shortened(word):
                self._known.setdefault(short, []).append(word)

    def meant(self, mistyped: str) -> Iterator[str]:
        """Return the known words one slip away; nothing for words of four letters or fewer."""
        if len(mistyped) < SHORTEST_MISTYPED:
            return
        candidates = {word for short in shortened(mistyped) for word in self._known.get(short, ())}
        yield from sorted(word for word in candidates if is_one_slip(mistyped, word))
