"""Announcements for readers: the first ones above other pages, all that show now, and one of them (D1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, g, render_template, url_for

from servicedesk.rules.announcements import Weight
from servicedesk.rules.sentences import N_
from servicedesk.store import announcements as store
from servicedesk.store import catalogue
from servicedesk.store.announcements import Shown
from servicedesk.web.access import public
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading
from servicedesk.web.inputs import place
from servicedesk.web.labels import label
from servicedesk.web.language import content_language

bp = Blueprint("announcements", __name__, url_prefix="/announcements")
ABOVE = 3
PAGE = 20
BEGINNING = 140
"""Characters of the text that stand beside the title of what is more than information."""
WEIGHTS: Mapping[str, str] = {
    Weight.INFORMATION.name: N_("Information"),
    Weight.WARNING.name: N_("Warning"),
    Weight.OUTAGE.name: N_("Outage"),
}


@dataclass(frozen=True, slots=True)
class Card:
    """An announcement as it is shown; `kind` is the name of its weight in small letters, `service` may be empty."""

    id: int
    kind: str
    weight: str
    title: str
    html: str
    beginning: str
    service: str
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Above:
    """What stands above a page: the first announcements, and whether there are others."""

    cards: Sequence[Card]
    has_more: bool


@bp.get("")
@public
def index() -> str:
    """Show every announcement for this person, page by page."""
    after = place("after")
    rows, has_more = store.current(reading(), g.actor, None, after, PAGE, utc_now())
    return render_template(
        "portal/announcements.html",
        cards=[card(row) for row in rows],
        first_url=url_for(".index") if after else None,
        next_url=url_for(".index", after=rows[-1].id) if has_more else None,
    )


@bp.get("/<int:number>")
@public
def show(number: int) -> str:
    """Show one announcement."""
    return render_template("portal/announcement.html", card=card(store.one(reading(), g.actor, number, utc_now())))


@bp.app_template_global("announcements_above")
def above(service_id: str | None) -> Above:
    """Return what this person is told now about one service or, with None, about any."""
    rows, has_more = store.current(reading(), g.actor, service_id, 0, ABOVE, utc_now())
    return Above([card(row) for row in rows], has_more)


def card(row: Shown) -> Card:
    """Return an announcement in the language of the page."""
    text, weight = row.texts[content_language()], Weight(row.weight)
    return Card(
        id=row.id,
        kind=weight.name.lower(),
        weight=label(WEIGHTS, weight.name),
        title=row.titles[content_language()],
        html=text["html"],
        beginning=_beginning(text["text"]) if weight > Weight.INFORMATION else "",
        service=_service(row.service_id),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        changed_at=row.changed_at,
    )


def _service(service_id: str | None) -> str:
    found = catalogue.current(reading()).services.get(service_id) if service_id else None
    return found.name.get(content_language()) if found else ""


def _beginning(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= BEGINNING else words[:BEGINNING].rpartition(" ")[0] + " …"
