"""Hides names, addresses and personal numbers in a text that others may read (C4)."""

import re
import unicodedata
from collections.abc import Iterable
from html import escape, unescape

MARK = "[…]"
SHORTEST_PART = 4
"""Letters of a part of a name that is hidden on its own: shorter ones are words of the language too ("De", "Van")."""
_ADDRESS = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_TELEPHONE = r"\+\d[\d ]{6,}\d"
_MOBILE = r"\b3\d\d[ ./-]?\d{3}[ .-]?\d{3,4}\b"
_APOSTROPHES = "['\u2018\u2019\u02bc`\u00b4]"
_LONG_NUMBER = r"\d{6,}"
_FISCAL_CODE = r"\b[A-Za-z]{6}\d{2}[A-Za-z]\d{2}[A-Za-z]\d{3}[A-Za-z]\b"
_IBAN = r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"
_ALWAYS = (_ADDRESS, _TELEPHONE, _MOBILE, _IBAN, _FISCAL_CODE, _LONG_NUMBER)
_LINK = re.compile(r"</?a\b[^>]*>")
_TAG = re.compile(r"(<[^>]*>)")
_MARKS = re.compile(rf"{re.escape(MARK)}(?:\s*{re.escape(MARK)})+")


def secrets_of(given_name: str, family_name: str, *others: str | None) -> frozenset[str]:
    """Return what must not show of a person: the names, their longer parts, and what else is given."""
    names = (given_name, family_name)
    parts = {part for name in names for part in name.split() if len(part) >= SHORTEST_PART}
    return frozenset(filter(None, {*names, *parts, *others}))


def hide(text: str, words: Iterable[str]) -> str:
    """Return the text with `words`, addresses, telephone and other long numbers replaced by a mark."""
    return _MARKS.sub(MARK, _pattern(words).sub(MARK, text))


def hide_in_html(markup: str, words: Iterable[str]) -> str:
    """Do the same to clean HTML, and take the links out of it: their addresses could name somebody."""
    pieces = _TAG.split(_LINK.sub("", markup))
    known = frozenset(words)
    return "".join(piece if _TAG.fullmatch(piece) else escape(hide(unescape(piece), known)) for piece in pieces)


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    spelt = {form for word in words for form in (word.strip(), _plain(word.strip())) if len(form) > 1}
    # The longest first, so that a part never leaves the rest of a name standing.
    longest_first = sorted(spelt, key=lambda form: (-len(form), form))
    named = [rf"(?<!\w){_spelt_any_way(form)}(?!\w)" for form in longest_first]
    return re.compile("|".join([*_ALWAYS, *named]), re.IGNORECASE)


def _spelt_any_way(form: str) -> str:
    """Return a pattern for a name whichever apostrophe a keyboard or a phone puts in it."""
    return re.sub(_APOSTROPHES, lambda _found: _APOSTROPHES, re.escape(form))


def _plain(word: str) -> str:
    """Return the word as it is typed without accents."""
    return "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))
