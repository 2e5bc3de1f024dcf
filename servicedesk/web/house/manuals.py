"""Manuals that live elsewhere, as the person asking sees them (D4)."""

from collections.abc import Sequence
from functools import lru_cache

from flask import current_app, g

from servicedesk.rules.catalogue import Audience
from servicedesk.rules.search import WordIndex, rank
from servicedesk.settings import Settings
from servicedesk.settings_house import Manual
from servicedesk.web.language import locale_code
from servicedesk.web.portal import choosing


def manuals() -> Sequence[Manual]:
    """Return the manuals for this person, in the order of the settings."""
    settings: Settings = current_app.extensions["desk_settings"]
    if not settings.manuals:
        return ()
    mine = {service.key for service in choosing.services()}
    return [each for each in settings.manuals if _is_for_reader(each) and (not each.service or each.service in mine)]


def fitting(words: str) -> Sequence[Manual]:
    """Return the manuals for this person whose titles fit the words, the best first."""
    by_url = {each.url: each for each in manuals()}
    index = _index(tuple(by_url.values()))
    return [by_url[url] for url in rank(index, words, by_url, locale_code())]


def _is_for_reader(manual: Manual) -> bool:
    return Audience.EVERYONE in manual.audience or not g.actor.audiences.isdisjoint(manual.audience)


@lru_cache(maxsize=50)
def _index(shown: tuple[Manual, ...]) -> WordIndex:
    return WordIndex({each.url: {"it": ((each.title.it, 1.0),), "en": ((each.title.en, 1.0),)} for each in shown})
