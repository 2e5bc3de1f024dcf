"""The service a person looks at: named in the address, else remembered by this browser, else all of theirs (A10)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from flask import after_this_request, current_app, g, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.rules.catalogue import Service
from servicedesk.rules.errors import NotFound
from servicedesk.rules.permissions import ActorKind
from servicedesk.store import catalogue
from servicedesk.web.db import reading
from servicedesk.web.language import A_YEAR, locale_code
from servicedesk.web.portal import choosing

COOKIE = "servicedesk_service"
ARGUMENT = "service"
ALL = "all"
"""What the address says for going back to every service."""
READ_BY = ("portal.home", "portal.catalogue", "search.show")
REMEMBERED_BY = "portal.home"
"""The page the switcher leads to: looking into another service's list in passing changes nothing for later."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Switch:
    """The switcher in the header: the present name, and (name, address, is it chosen) of each choice."""

    name: str
    choices: Sequence[tuple[str, str, bool]]


def switch() -> Switch | None:
    """Return the switcher; None where there is no choice."""
    if "actor" not in g:  # refused before anybody asked who sends it
        return None
    mine, present = _mine() if g.actor.kind is ActorKind.PERSON else (), chosen()
    if len(mine) < 2:
        return None
    every = (_("All services"), url_for(REMEMBERED_BY, service=ALL), present is None)
    named = [(each.name.get(locale_code()), url_for(REMEMBERED_BY, service=each.key), each == present) for each in mine]
    return Switch(present.name.get(locale_code()) if present else every[0], [every, *named])


def chosen() -> Service | None:
    """Return the service chosen; None for all of them."""
    if "service_chosen" not in g:
        g.service_chosen = _chosen()
    found: Service | None = g.service_chosen
    return found


def chosen_key() -> str | None:
    """Return the key of the service chosen, for addresses; None for all of them."""
    found = chosen()
    return found.key if found else None


def first_of_chosen(rows: Iterable[T], key_of: Callable[[T], str]) -> list[T]:
    """Return rows as they come, those of the chosen service first; `key_of` gives a row's category."""
    present, categories = chosen(), catalogue.current(reading()).categories
    if present is None:
        return list(rows)

    def is_elsewhere(row: T) -> bool:
        category = categories.get(key_of(row))
        return category is None or category.service_id != present.id

    return sorted(rows, key=is_elsewhere)


def _chosen() -> Service | None:
    if "actor" not in g:
        return None
    asked = request.args.get(ARGUMENT) if request.endpoint in READ_BY else None
    found = next((each for each in _mine() if each.key == (asked or request.cookies.get(COOKIE))), None)
    if asked and request.endpoint == REMEMBERED_BY and (found or asked == ALL):
        _remember(found)
    return found


def _mine() -> Sequence[Service]:
    if "services_to_choose" not in g:
        try:
            g.services_to_choose = choosing.services()
        except NotFound:  # no catalogue yet: the page itself says so
            g.services_to_choose = ()
    found: Sequence[Service] = g.services_to_choose
    return found


def _remember(service: Service | None) -> None:
    @after_this_request
    def remembered(response: Response) -> Response:
        if service is None:
            response.delete_cookie(COOKIE)
            return response
        secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
        response.set_cookie(COOKIE, service.key, max_age=A_YEAR, samesite="Lax", httponly=True, secure=secure)
        return response
