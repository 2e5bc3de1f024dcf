"""The catalogue as the person asking sees it: services, what is open of their trees, and what fits some words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from flask import current_app, g, url_for

from servicedesk.rules.calendar import local_day
from servicedesk.rules.catalogue import Catalogue, Category, Notice, OpenTree, Service
from servicedesk.rules.errors import NotFound
from servicedesk.rules.permissions import ActorKind
from servicedesk.rules.search import rank
from servicedesk.rules.sentences import N_
from servicedesk.settings import Settings
from servicedesk.store import catalogue
from servicedesk.web.access import SignInNeeded
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading
from servicedesk.web.language import as_written, locale_code

MOST_FOUND = 20


@dataclass(frozen=True, slots=True)
class Card:
    """A category to choose; `path` names what is above it."""

    key: str
    name: str
    description: str
    path: str
    url: str


@dataclass(frozen=True, slots=True)
class Subject:
    """One category with its surroundings; `may_ask` tells whether a request may be filed under it."""

    tree: Catalogue
    service: Service
    category: Category
    children: Sequence[Card]
    may_ask: bool


def today() -> date:
    """Return today's date at the desk."""
    settings: Settings = current_app.extensions["desk_settings"]
    return local_day(utc_now(), ZoneInfo(settings.site.zone))


def services() -> Sequence[Service]:
    """Return the services in which this person may ask something."""
    return catalogue.current(reading()).services_open_to(g.actor.audiences, today())


def service_chosen(key: str | None) -> Service | None:
    """Return the service of this key, the first one without a key; None when nothing is open to this person.

    Raises NotFound for a service that is not this person's.
    """
    mine = services()
    if not key:
        return mine[0] if mine else None
    found = next((service for service in mine if service.key == key), None)
    if found is None:
        raise NotFound(N_("This service is not here, or not for you. Choose one of those shown on the home page."))
    return found


def askable(service: Service) -> frozenset[str]:
    """Return the keys of everything in a service that this person may ask about."""
    return _open(catalogue.current(reading()), service).selectable


def roots(service: Service) -> Sequence[Card]:
    """Return the first level of a service's tree, as far as it is open to this person."""
    tree = catalogue.current(reading())
    return [card(tree, category) for category in _open(tree, service).children(None)]


def notices_of(category: Category) -> Sequence[Notice]:
    """Return what to read today before asking about a category (B3)."""
    return category.to_read(today())


def found(words: str, below: str | None = None) -> Sequence[Card]:
    """Return the categories that fit the words, the best first, in every service of this person (B2).

    `below` is the key of a heading: then only those under it.
    """
    tree = catalogue.current(reading())
    keys = [key for service in services() for key in _open(tree, service).selectable if _is_below(tree, key, below)]
    best = rank(catalogue.search_index(reading()), words, keys, locale_code())
    return [card(tree, tree.categories[key]) for key in best[:MOST_FOUND]]


def _is_below(tree: Catalogue, key: str, top: str | None) -> bool:
    return not top or any(step.key == top for step in tree.path(key))


def subject(key: str) -> Subject:
    """Return a category that this person sees.

    Raises SignInNeeded when signing in may help, NotFound when it does not.
    """
    tree = catalogue.current(reading())
    category = tree.categories.get(key)
    visible = _open(tree, tree.services[category.service_id]) if category else None
    if category is None or visible is None or key not in visible.categories:
        if g.actor.kind is not ActorKind.PERSON:
            raise SignInNeeded()
        raise NotFound(N_("This subject is not open to you, or not any more. Choose another one from the list."))
    children = [card(tree, child) for child in visible.children(key)]
    return Subject(tree, tree.services[category.service_id], category, children, key in visible.selectable)


def open_subject(key: str) -> Subject:
    """Return a category under which this person may file a request. Raises like `subject`."""
    shown = subject(key)
    if not shown.may_ask:
        raise NotFound(N_("Nothing can be asked here: it is a heading. Choose one of the subjects below it."))
    return shown


def card(tree: Catalogue, category: Category) -> Card:
    """Return a category as it is offered, in the language of the page."""
    locale = locale_code()
    return Card(
        key=category.key,
        name=category.name.get(locale),
        description=category.description.get(locale),
        path=tree.path_name(category.parent, locale) if category.parent else "",
        url=url_for("portal.category", key=category.key),
    )


def crumbs(tree: Catalogue, category: Category) -> list[tuple[str, str]]:
    """Return name and address of everything above a category, the top first."""
    return [(as_written(step.name), url_for("portal.category", key=step.key)) for step in tree.path(category.key)[:-1]]


def _open(tree: Catalogue, service: Service) -> OpenTree:
    return tree.open_to(g.actor.audiences, today(), service.id)
