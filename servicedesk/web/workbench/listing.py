"""The list that an address of the queue asks for: its filters, order and place, and addresses that lead elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

from flask import current_app, g, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.errors import NotFound
from servicedesk.store import catalogue
from servicedesk.store import queue as store
from servicedesk.store.queue import IS_OPEN, Place, Wanted
from servicedesk.web.entries import Names
from servicedesk.web.inputs import NUL
from servicedesk.web.language import locale_code
from servicedesk.web.workbench.filters import (
    FILTERS,
    USUAL,
    Chosen,
    Colleagues,
    Pick,
    chosen_in,
    chosen_of,
    picks,
    place_arguments,
    place_in,
    sort_in,
    wanted_by,
)

WHOLE = "?"
"""The key of the list that a bare address shows."""
MOST_OF_AN_ADDRESS = 1500
"""Letters of an address that another address carries along; a longer one is not carried."""


@dataclass(frozen=True)
class Listing:
    """What an address asks for, as far as its reader may see it. `group` is empty for all their groups."""

    session: Session
    tree: Catalogue
    names: Names
    mine: Mapping[str, str]
    group: str
    colleagues: Colleagues
    picks: Sequence[Pick]
    chosen: Chosen
    is_reduced: bool
    """Whether a value that no longer exists was left out."""
    wanted: Wanted

    @property
    def title(self) -> str:
        """The name of the one group, or of the whole."""
        return self.mine[self.group] if self.group else _("Queue")

    @property
    def is_usual(self) -> bool:
        """Whether it shows what a bare address does."""
        return self.chosen == USUAL

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Codes of the groups the list may show."""
        return (self.group,) if self.group else tuple(self.mine)

    def wanted_of(self, chosen: Chosen) -> Wanted:
        """Return what other filters would ask of the same groups."""
        return wanted_by(self.session, chosen, self.groups, self.colleagues, self.tree, g.actor)

    def wanted_anywhere(self, chosen: Chosen) -> Wanted:
        """Return what filters ask of all the reader's groups."""
        return wanted_by(self.session, chosen, tuple(self.mine), self.colleagues, self.tree, g.actor)

    def address(self, chosen: Chosen, **more: Any) -> str:
        """Return the address of the list with other filters."""
        return address(self.group, chosen, **more)

    def here(self, **more: Any) -> str:
        """Return the address of this list; `more` adds to it or replaces its order."""
        return self.address(self.chosen, **{"sort": self.wanted.sort, **more})

    def place_url(self, place: Place | None) -> str | None:
        """Return the address of a neighbouring page."""
        return self.here(view=request.args.get("view"), **place_arguments(place)) if place else None

    def key(self) -> str:
        """Return what a ticket's address carries along, so that its page knows the list one came from."""
        path = self.here().removeprefix(url_for("workbench.queue")).lstrip("/")
        return path if len(path) <= MOST_OF_AN_ADDRESS else ""


def address(group: str, chosen: Chosen, **more: Any) -> str:
    """Return the address of a list; where nothing is filtered that is said, for a bare address shows what is to do."""
    if not group and len(chosen.get("group", ())) == 1:
        [group] = chosen["group"]
    if group:
        chosen = {name: values for name, values in chosen.items() if name != "group"}
    named: dict[str, Any] = dict(chosen) or {"state": [IS_OPEN]}
    if group:
        return url_for("workbench.group_queue", group=group, **named, **more)
    return url_for("workbench.queue", **named, **more)


def listing(session: Session, group: str, args: MultiDict[str, str]) -> Listing:
    """Return the list for a group, or for all the reader's groups. Raises NotFound for a group that is not theirs."""
    tree = catalogue.current(session)
    names = Names(tree, current_app.extensions["desk_settings"], locale_code(), None)
    mine = {code: names.group(code) for code in sorted(g.actor.groups | g.actor.supervises)}
    if group and group not in mine:
        raise NotFound()
    groups = (group,) if group else tuple(mine)
    colleagues = Colleagues(store.technicians(session, list(mine)))
    asked = chosen_in(args) if set(FILTERS) & set(args) else {name: list(values) for name, values in USUAL.items()}
    if group:
        asked.pop("group", None)
    offered = picks({**asked, "group": [group]} if group else asked, mine, colleagues, tree)
    chosen = chosen_of(asked, offered)
    is_reduced = any(len(chosen.get(name, ())) < len(values) for name, values in asked.items())
    wanted = wanted_by(session, chosen, groups, colleagues, tree, g.actor)
    wanted = replace(wanted, sort=sort_in(args, wanted))
    wanted = replace(wanted, place=place_in(args, wanted.sort))
    return Listing(session, tree, names, mine, group, colleagues, offered, chosen, is_reduced, wanted)


def carried(session: Session, key: str) -> Listing | None:
    """Return the list named by what a ticket's address carries along; None where it names none of the reader's."""
    if not key or len(key) > MOST_OF_AN_ADDRESS:
        return None
    group, _mark, query = key.partition("?")
    try:
        return listing(session, group, arguments_of(query))
    except NotFound:
        return None


def arguments_of(query: str) -> MultiDict[str, str]:
    """Return filters and order of an address that came inside another, or with a form; without any place in it."""
    found = parse_qs(query)
    return MultiDict(
        {name: values for name, values in found.items() if name in (*FILTERS, "sort") and NUL not in "".join(values)}
    )
