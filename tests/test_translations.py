"""Italian and English are complete: every sentence translated, none out of use, the same gaps on both sides."""

import re

import pytest
from babel.messages import Catalog

from scripts import messages

GAP = re.compile(r"%\((\w+)\)[sd]|%(?!\()[sd]")


@pytest.fixture(scope="module")
def found() -> Catalog:
    return messages.collect()


def texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)]


@pytest.mark.parametrize("locale", messages.LOCALES)
def test_every_sentence_is_translated_and_nothing_else(found: Catalog, locale: str) -> None:
    kept = messages.read(locale)
    assert {(m.id, m.context) for m in found if m.id} == {(m.id, m.context) for m in kept if m.id}
    assert messages.missing(kept) == []
    assert [m.id for m in kept if m.id and m.fuzzy] == []


@pytest.mark.parametrize("locale", messages.LOCALES)
def test_translations_keep_the_gaps_of_their_sentences(locale: str) -> None:
    for message in messages.read(locale):
        if message.id:
            gaps = set(GAP.findall(" ".join(texts(message.id))))
            for text in texts(message.string):
                assert set(GAP.findall(text)) <= gaps, message.id
            assert set(GAP.findall(" ".join(texts(message.string)))) == gaps, message.id


def test_italian_is_not_english_by_accident() -> None:
    same = {"E-mail", "Home", "SPID", "No", "%(count)s", "Password", "Ticket", "Computer", "Online", "File"}
    left = [m.id for m in messages.read("it") if m.id and m.string == m.id and len(texts(m.id)[0]) > 12]
    assert [text for text in left if text not in same] == []
