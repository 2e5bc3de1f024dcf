"""The languages of the desk: those requesters may choose, and the two in which staff work and texts are written."""

from collections.abc import Iterable
from dataclasses import dataclass

WRITTEN = ("it", "en")
"""The languages of the catalogue, the answers, the announcements and of everything staff see."""


@dataclass(frozen=True, slots=True)
class Language:
    """One language: `code` as BCP 47 writes it, `name` as its speakers do, `direction` "ltr" or "rtl"."""

    code: str
    name: str
    direction: str = "ltr"


LANGUAGES = (
    Language("it", "Italiano"),
    Language("en", "English"),
    Language("ar", "العربية", "rtl"),
    Language("de", "Deutsch"),
    Language("el", "Ελληνικά"),
    Language("es", "Español"),
    Language("fa", "فارسی", "rtl"),
    Language("fr", "Français"),
    Language("hi", "हिन्दी"),
    Language("hr", "Hrvatski"),
    Language("nl", "Nederlands"),
    Language("pl", "Polski"),
    Language("pt", "Português"),
    Language("ro", "Română"),
    Language("ru", "Русский"),
    Language("sl", "Slovenščina"),
    Language("sq", "Shqip"),
    Language("tr", "Türkçe"),
    Language("uk", "Українська"),
    Language("zh-Hans", "简体中文"),
)
"""In the order of the menu: the two in which everything is written, then the others by the Latin form of their code."""
TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})
BY_CODE = {each.code: each for each in LANGUAGES}


def written_language(code: str) -> str:
    """Return the language in which a text of the desk's own is shown to readers of `code`: theirs, or English."""
    return code if code in WRITTEN else "en"


def nearest(accepted: Iterable[str]) -> str | None:
    """Return the first of the languages that a browser accepts which is ours: "pt" for "pt-BR"; None for none.

    Traditional Chinese ("zh-TW", "zh-HK", "zh-Hant") is another script than the one here, and so is no match.
    """
    ours = {code.partition("-")[0]: code for code in BY_CODE}
    for tag in accepted:
        language, *parts = tag.lower().replace("_", "-").split("-")
        if language in ours and not TRADITIONAL.intersection(parts):
            return ours[language]
    return None


def catalogue_of(code: str) -> str:
    """Return the locale under which the translations of a language are kept: "zh_Hans" for "zh-Hans"."""
    return code.replace("-", "_")


def spoken(code: str | None) -> str:
    """Return the locale by which dates and numbers are written; English is Europe's: day before month."""
    return "en_GB" if code == "en" or code not in BY_CODE else catalogue_of(code or "")
