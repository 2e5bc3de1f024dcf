"""Answers as a page shows them: in which language, under which subject, and whether the text lags behind another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import g, url_for

from servicedesk.rules.answers import Kind, lags, shown_language
from servicedesk.rules.catalogue import Catalogue
from servicedesk.store import answers as store
from servicedesk.store import catalogue
from servicedesk.store.answers import Listed, Shown
from servicedesk.web.db import reading
from servicedesk.web.language import IN_WHICH_WE_WRITE, as_written, locale_code
from servicedesk.web.portal import choosing

ABOUT = 5
"""Answers shown beside a category."""


@dataclass(frozen=True, slots=True)
class AnswerCard:
    """An answer in a list; `language` is that of its title."""

    title: str
    language: str
    url: str
    subject: str
    is_document: bool


@dataclass(frozen=True, slots=True)
class Subject:
    """A top of the category tree with something to read below it."""

    name: str
    description: str
    url: str


@dataclass(frozen=True, slots=True)
class FileLink:
    """A file to download; `size` in bytes."""

    name: str
    size: int
    url: str


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """One answer in one language; `others` are (code, name, address) of the languages it can be read in as well."""

    key: str
    title: str
    html: str
    language: str
    is_other_language: bool
    lags: bool
    others: Sequence[tuple[str, str, str]]
    changed_at: datetime
    crumbs: Sequence[tuple[str, str]]
    ask_url: str | None
    files: Sequence[FileLink]


def cards(rows: Sequence[Listed]) -> list[AnswerCard]:
    """Return answers as they are offered."""
    return [_card(row) for row in rows]


def about(category_key: str) -> list[AnswerCard]:
    """Return the answers to read before asking about a category."""
    return cards(store.about(reading(), g.actor, category_key, ABOUT))


def subjects() -> list[Subject]:
    """Return the tops of the tree with at least one answer for this person, in the catalogue's order."""
    tree, locale = catalogue.current(reading()), locale_code()
    keys = store.category_keys(reading(), g.actor) & tree.categories.keys()
    tops = {tree.path(key)[0].key for key in keys}
    return [
        Subject(each.name.get(locale), each.description.get(locale), url_for("answers.index", category=each.key))
        for each in tree.categories.values()
        if each.key in tops
    ]


def below(tree: Catalogue, key: str) -> set[str]:
    """Return the keys of a category and of everything under it."""
    found = {key}
    for child in tree.children(key, tree.categories[key].service_id):
        found |= below(tree, child.key)
    return found


def crumbs(tree: Catalogue, key: str) -> list[tuple[str, str]]:
    """Return name and address of the answers of everything above a category."""
    return [(as_written(step.name), url_for("answers.index", category=step.key)) for step in tree.path(key)[:-1]]


def page(shown: Shown, wanted: str | None) -> AnswerPage:
    """Return an answer as its page shows it, in the language `wanted` where there is one."""
    tree = catalogue.current(reading())
    language = shown_language(shown.texts, wanted or locale_code())
    known = shown.category_key in tree.categories
    own = [(as_written(tree.categories[shown.category_key].name), _list_url(shown))] if known else []
    return AnswerPage(
        key=shown.key,
        title=shown.titles[language],
        html=shown.texts[language]["html"],
        language=language,
        is_other_language=language != locale_code(),
        lags=lags(shown.revisions, language),
        others=[
            (code, name, url_for("answers.show", key=shown.key, language=code))
            for code, name in IN_WHICH_WE_WRITE
            if code in shown.texts and code != language
        ],
        changed_at=shown.changed_at,
        crumbs=[*crumbs(tree, shown.category_key), *own] if known else [],
        ask_url=_ask_url(tree, shown.category_key),
        files=files(shown.key, shown.files),
    )


def files(key: str, ids: Sequence[str]) -> Sequence[FileLink]:
    """Return the files that a version of an answer shows, in the words of the `attachments` macro."""
    found = store.files(reading(), ids)
    return [FileLink(each.name, each.size, url_for("answers.download", key=key, file_id=each.id)) for each in found]


def _card(row: Listed) -> AnswerCard:
    tree, locale = catalogue.current(reading()), locale_code()
    language = shown_language(row.titles, locale)
    known = row.category_key in tree.categories
    return AnswerCard(
        title=row.titles[language],
        language=language,
        url=url_for("answers.show", key=row.key),
        subject=tree.path_name(row.category_key, locale) if known else "",
        is_document=row.kind == Kind.DOCUMENT,
    )


def _list_url(shown: Shown) -> str:
    return url_for("answers.index", category=shown.category_key)


def _ask_url(tree: Catalogue, key: str) -> str | None:
    if key not in tree.categories:
        return None
    open_tree = tree.open_to(g.actor.audiences, choosing.today(), tree.categories[key].service_id)
    return url_for("portal.category", key=key) if key in open_tree.categories else None
