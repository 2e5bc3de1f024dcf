"""The technicians' queue."""

from collections.abc import Mapping
from datetime import datetime
from secrets import token_urlsafe

from babel.dates import format_timedelta
from flask import Blueprint, g, redirect, render_template, request
from flask_babel import format_datetime, get_locale
from werkzeug.wrappers import Response

from servicedesk.rules.lifecycle import Action, check
from servicedesk.rules.permissions import Permission
from servicedesk.store import queue as store
from servicedesk.store import queue_views
from servicedesk.store.outbox import failed_notices
from servicedesk.web import labels
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading
from servicedesk.web.workbench import columns
from servicedesk.web.workbench.bulk_actions import BULK
from servicedesk.web.workbench.filters import chosen_in
from servicedesk.web.workbench.finding import finding_page
from servicedesk.web.workbench.forms import work_forms
from servicedesk.web.workbench.list_nav import carry_list, list_nav
from servicedesk.web.workbench.listing import Listing, address, listing
from servicedesk.web.workbench.queue_rows import line
from servicedesk.web.workbench.queue_tabs import current_view, quick_tabs, saved_tabs

bp = Blueprint("workbench", __name__)
bp.add_app_template_global(work_forms)
bp.add_app_template_global(list_nav)
bp.app_url_defaults(carry_list)
bp.add_app_template_filter(labels.mail, "mail_words")
MAILS_SHOWN = 100


@bp.get("/queue")
@demands(Permission.QUEUE_READ)
def queue() -> str | Response:
    """Show the tickets of all the reader's groups, or go to what they chose: one group, or the view they begin with."""
    if not request.args and (first := _first_view()):
        return redirect(first, 303)
    chosen = chosen_in(request.args)
    if len(chosen.get("group", ())) == 1:
        [group] = chosen.pop("group")
        return redirect(address(group, chosen, sort=request.args.get("sort"), view=request.args.get("view")), 303)
    return _queue("")


@bp.get("/queue/<group>")
@demands(Permission.QUEUE_READ)
def group_queue(group: str) -> str:
    """Show the tickets of one of the reader's groups."""
    return _queue(group)


@bp.get("/mails")
@demands(Permission.QUEUE_READ)
def failed_mails() -> str:
    """Show the mails about the reader's tickets that could not be delivered."""
    return render_template("workbench/mails.html", mails=failed_notices(reading(), g.actor, MAILS_SHOWN))


@bp.get("/tickets/<number>/category")
@demands(Permission.TICKET_WORK)
def find_category(number: str) -> str:
    """Show the categories that fit the words typed, to move a ticket to one of them."""
    check(Action.RECLASSIFY, g.facts, g.actor, utc_now())
    page = finding_page(reading(), g.facts, request.args.get("q", "").strip())
    return render_template("workbench/find_category.html", page=page)


def _first_view() -> str | None:
    session = reading()
    chosen = queue_views.chosen_by(session, g.actor)
    if chosen.view_id is None:
        return None
    views = queue_views.views_of(session, g.actor)
    found = next((view for view in views if view.id == chosen.view_id), None)
    return address("", found.filters, sort=found.sort, view=found.id) if found else None


def _queue(group: str) -> str:
    session, now = reading(), utc_now()  # asked first: what comes while the page is made is told later
    asked = listing(session, group, request.args)
    settings = queue_views.chosen_by(session, g.actor)
    views = queue_views.views_of(session, g.actor)
    view = current_view(asked, views)
    found = store.page(session, asked.wanted, g.actor)
    has_groups = len(asked.wanted.groups) > 1 or asked.wanted.is_watched
    shown = columns.shown((view and view.columns) or settings.columns, has_groups, asked.wanted.sort)
    return render_template(
        "workbench/queue.html",
        asked=asked,
        lines=[line(row, asked) for row in found.rows],
        columns=shown,
        headers=_headers(asked, shown),
        has_shortcuts=settings.has_shortcuts,
        quick_tabs=quick_tabs(asked, view),
        saved_tabs=saved_tabs(asked, views, view),
        view=view,
        is_whole=not (found.previous or found.next),
        previous_url=asked.place_url(found.previous),
        next_url=asked.place_url(found.next),
        reset_url=address(group, {}),
        next_key=token_urlsafe(24) if g.actor.groups & set(asked.groups) else "",
        leads=[(code, name) for code, name in asked.mine.items() if code in g.actor.supervises],
        typed=request.args,
        now=now,
        bulk_actions=[(name, each.label) for name, each in BULK.items() if name != "take" or g.actor.groups],
    )


def _headers(asked: Listing, shown: list[str]) -> list[Mapping[str, str | None]]:
    """Return for each column its words, its class, its link and the direction it has now."""
    possible = store.sorts_for(asked.wanted.states, asked.wanted.ids is not None)
    return [_header(asked, name, possible) for name in shown]


def _header(asked: Listing, name: str, possible: tuple[str, ...]) -> Mapping[str, str | None]:
    column, now = columns.COLUMNS[name], asked.wanted.sort
    turned = next((sort for sort in column.sorts if sort != now), None)
    url = asked.here(sort=turned, view=request.args.get("view")) if turned in possible else None
    is_descending = now.startswith("-") or now == "priority"
    direction = ("descending" if is_descending else "ascending") if now in column.sorts else None
    return {"name": name, "label": str(column.label), "url": url, "direction": direction}


@bp.app_template_filter("shortday")
def short_day(at: datetime) -> str:
    """Return day and month, which a dense table has room for."""
    return str(format_datetime(at, "d MMM"))


@bp.app_template_filter("briefly")
def briefly(at: datetime) -> str:
    """Return the distance from now in few letters, such as "3 wk. ago"."""
    return str(format_timedelta(at - utc_now(), format="short", threshold=0.9, add_direction=True, locale=get_locale()))
