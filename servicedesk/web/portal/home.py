"""What the home page of somebody signed in shows of the catalogue: their services, recent and popular subjects (B4)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import g

from servicedesk.rules.catalogue import Catalogue
from servicedesk.store import catalogue
from servicedesk.store import popular as store
from servicedesk.web.db import reading
from servicedesk.web.portal import choosing, lists
from servicedesk.web.portal.choosing import Card
from servicedesk.web.portal.home_services import chosen
from servicedesk.web.portal.lists import TicketCard

TICKETS = 3
SHOWN = 5
LOOKED_THROUGH = 200
"""How many popular subjects are looked through for those that this person may ask about."""


def page() -> Mapping[str, Any]:
    """Return what the template shows."""
    tree, present = catalogue.current(reading()), chosen()
    services = [present] if present else choosing.services()
    keys = {key for each in services for key in choosing.askable(each)}
    return {
        "cards": _with_newest(lists.on_home()),
        "service": present,
        "recent": _recent(tree, keys),
        "popular": _popular(tree, keys),
        "shelves": [(each, choosing.roots(each)) for each in services],
    }


def _with_newest(cards: Sequence[TicketCard]) -> Sequence[TicketCard]:
    """Return the first cards; the newest request is among them, however many wait for the person."""
    shown, newest = list(cards[:TICKETS]), max(cards, key=lambda card: (len(card.number), card.number), default=None)
    if newest and newest not in shown:
        shown[-1] = newest
    return shown


def _recent(tree: Catalogue, keys: set[str]) -> Sequence[tuple[Card, datetime]]:
    rows = [(key, at) for key, at in store.recent(reading(), g.actor) if key in keys]
    return [(choosing.card(tree, tree.categories[key]), at) for key, at in rows[:SHOWN]]


def _popular(tree: Catalogue, keys: set[str]) -> Sequence[Card]:
    asked = [key for key in store.popular(reading(), LOOKED_THROUGH) if key in keys]
    return [choosing.card(tree, tree.categories[key]) for key in asked[:SHOWN]]
