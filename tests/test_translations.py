"""Every language is complete: each sentence translated, none out of use, the same gaps on both sides, real words."""

import re

import pytest
from babel import Locale
from babel.messages import Catalog, Message

from scripts import messages
from servicedesk.rules.languages import LANGUAGES, catalogue_of

GAP = re.compile(r"%\((\w+)\)[sd]|%(?!\()[sd]")
MARKUP = re.compile(r"</?[a-z][^>]*>")
SCRIPTS = {"ar": "؀-ۿ", "fa": "؀-ۿ", "el": "Ͱ-Ͽ", "hi": "ऀ-ॿ", "ru": "Ѐ-ӿ", "uk": "Ѐ-ӿ", "zh_Hans": "一-鿿"}
"""The letters of the languages that are not written in Latin ones."""
LONG = 12
"""A sentence of fewer letters may be the same word in two languages."""
SAME = {"Garante per la protezione dei dati personali", "Administration"}
"""The name of an authority, and a word that French has too."""
TRANSLATED = [locale for locale in messages.LOCALES if locale != "en"]


@pytest.fixture(scope="module")
def found() -> Catalog:
    return messages.collect()


def texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)]


def sentences(locale: str) -> list[Message]:
    return [message for message in messages.read(locale) if message.id]


def letters(text: str) -> str:
    """Return what is left of a sentence without its gaps, markup and signs."""
    return re.sub(r"[\W\d_]", "", MARKUP.sub("", GAP.sub("", text)))


@pytest.mark.parametrize("locale", messages.LOCALES)
def test_every_sentence_is_translated_and_nothing_else(found: Catalog, locale: str) -> None:
    wanted = {(m.id, m.context) for m in messages.wanted(found, locale)}
    assert {(m.id, m.context) for m in sentences(locale)} == wanted
    assert messages.missing(messages.read(locale)) == []
    assert [m.id for m in sentences(locale) if m.fuzzy] == []


@pytest.mark.parametrize("locale", messages.LOCALES)
def test_translations_keep_the_gaps_of_their_sentences(locale: str) -> None:
    for message in sentences(locale):
        gaps = set(GAP.findall(" ".join(texts(message.id))))
        for text in texts(message.string):
            assert set(GAP.findall(text)) <= gaps, message.id
        assert set(GAP.findall(" ".join(texts(message.string)))) == gaps, message.id
        assert "%%" not in str(message.string) or "%%" in str(message.id), message.id


@pytest.mark.parametrize("locale", TRANSLATED)
def test_translations_have_the_plural_forms_of_their_language(locale: str) -> None:
    forms = messages.read(locale).num_plurals
    assert forms == Catalog(locale=Locale.parse(locale)).num_plurals
    assert [m.id for m in sentences(locale) if isinstance(m.id, tuple | list) and len(texts(m.string)) != forms] == []


@pytest.mark.parametrize("locale", TRANSLATED)
def test_translations_keep_the_markup_of_their_sentences(locale: str) -> None:
    for message in sentences(locale):
        for text in texts(message.string):
            assert sorted(MARKUP.findall(text)) == sorted(MARKUP.findall(texts(message.id)[0])), message.id


@pytest.mark.parametrize("locale", TRANSLATED)
def test_no_sentence_is_english_by_accident(locale: str) -> None:
    same = [m.id for m in sentences(locale) if m.id == m.string and len(letters(texts(m.id)[0])) > LONG]
    assert [text for text in same if text not in SAME] == []


@pytest.mark.parametrize("locale", sorted(SCRIPTS))
def test_languages_with_their_own_letters_are_written_in_them(locale: str) -> None:
    own = re.compile(f"[{SCRIPTS[locale]}]")
    long = [m for m in sentences(locale) if len(letters(texts(m.id)[0])) > LONG and m.id not in SAME]
    assert [m.id for m in long if not all(own.search(text) for text in texts(m.string))] == []


def test_each_language_says_something_else() -> None:
    """No catalogue was copied from another: of the sentences of one, fewer than a third stand in another."""
    said = {
        locale: {m.id: str(m.string) for m in sentences(locale) if len(texts(m.id)[0]) > 20} for locale in TRANSLATED
    }
    pairs = [(one, other) for one in said for other in said if one < other]
    assert len(said) == len(LANGUAGES) - 1
    for one, other in pairs:
        same = [text for text in said[one] if said[one][text] == said[other].get(text)]
        assert len(same) * 3 < len(said[one]), (one, other, same[:5])


def test_the_menu_names_the_languages_of_the_folder() -> None:
    assert {catalogue_of(each.code) for each in LANGUAGES} == {
        path.parent.parent.name for path in (messages.ROOT / "translations").glob("*/LC_MESSAGES/messages.po")
    }
