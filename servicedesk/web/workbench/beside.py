"""What helps to answer, beside a ticket at work: earlier tickets, how similar ones were solved, known answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app, g, url_for
from markupsafe import Markup

from servicedesk.rules.answers import shown_language
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.hiding import MARK
from servicedesk.rules.relations import CONVERTED
from servicedesk.store import answers
from servicedesk.store.beside import earlier_of, similar_solved
from servicedesk.web import labels
from servicedesk.web.labels import label
from servicedesk.web.workbench.work import Work

MOST_EARLIER, MOST_SIMILAR, MOST_ANSWERS = 5, 3, 4
GAP = "\u27e6…\u27e7"
PREVIEW = 240
"""Letters of a solution that are read at a glance."""


@dataclass(frozen=True, slots=True)
class EarlierTicket:
    """Another ticket of the requester, in words."""

    number: str
    title: str
    state: str
    state_label: str
    opened_at: datetime
    url: str


@dataclass(frozen=True, slots=True)
class SimilarTicket:
    """A similar ticket, the beginning of its solution, and the whole of it.

    `to_insert` is the same with gaps to fill in where the other person's names stood: with a gap nothing is sent.
    """

    number: str
    title: str
    url: str
    preview: str
    body: Markup
    to_insert: Markup


@dataclass(frozen=True, slots=True)
class KnownAnswer:
    """A published answer about the category; `link` opens it from anywhere."""

    title: str
    url: str
    link: str


@dataclass(frozen=True, slots=True)
class Beside:
    """All three; empty lists are left out of the page."""

    earlier: Sequence[EarlierTicket]
    has_more: bool
    similar: Sequence[SimilarTicket]
    answers: Sequence[KnownAnswer]


def beside_panel(work: Work) -> Beside:
    """Return what the panel shows; everything in it the reader may read."""
    is_asked = work.row.kind in CONVERTED
    found = earlier_of(work.session, work.row, g.actor, MOST_EARLIER + 1) if is_asked else ()
    return Beside(
        earlier=[
            EarlierTicket(
                each.number, each.title, each.state, label(labels.STATES, each.state), each.opened_at, _url(each.number)
            )
            for each in found[:MOST_EARLIER]
        ],
        has_more=len(found) > MOST_EARLIER,
        similar=_similar(work) if is_asked and work.row.closed_at is None else (),
        answers=_answers(work) if is_asked else (),
    )


def _url(number: str) -> str:
    return url_for("portal.ticket", number=number)


def _similar(work: Work) -> list[SimilarTicket]:
    keys = _around(work.names.tree, work.row.category_key)
    return [
        SimilarTicket(
            number=each.number,
            title=each.title,
            url=_url(each.number),
            preview=each.text[:PREVIEW] + ("…" if len(each.text) > PREVIEW else ""),
            body=Markup(each.html),  # noqa: S704 - cleaned by rules/richtext.py before it was stored
            to_insert=Markup(each.html.replace(MARK, GAP)),  # noqa: S704 - likewise
        )
        for each in similar_solved(work.session, work.row, keys, g.actor, MOST_SIMILAR)
    ]


def _around(tree: Catalogue, key: str) -> set[str]:
    """Return the categories of the same branch: those below the one that this one stands under."""
    if key not in tree.categories:
        return {key}
    path = tree.path(key)
    open_keys, found = [path[-2].key if len(path) > 1 else key], set[str]()
    while open_keys:
        present = open_keys.pop()
        found.add(present)
        open_keys.extend(child.key for child in tree.children(present, tree.categories[present].service_id))
    return found


def _answers(work: Work) -> list[KnownAnswer]:
    base = current_app.extensions["desk_settings"].site.base_url
    listed = answers.about(work.session, g.actor, work.row.category_key, MOST_ANSWERS)
    return [
        KnownAnswer(each.titles[shown_language(each.titles, work.names.locale)], url, f"{base}{url}")
        for each in listed
        for url in [url_for("answers.show", key=each.key)]
    ]
