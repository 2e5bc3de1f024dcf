"""The technicians' queue."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from babel.dates import format_timedelta
from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask_babel import format_datetime, get_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.errors import NotFound
from servicedesk.rules.lifecycle import Action, allowed_actions, check
from servicedesk.rules.permissions import Permission, TicketFacts
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue
from servicedesk.store import queue as store
from servicedesk.store.outbox import failed_notices
from servicedesk.store.queue import MOST_COUNTED, Counts, Place, Wanted
from servicedesk.web import labels
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading
from servicedesk.web.entries import Names
from servicedesk.web.labels import label, level
from servicedesk.web.language import locale_code
from servicedesk.web.workbench.filters import (
    FILTERS,
    QUICK_VIEWS,
    Colleagues,
    FilterForm,
    filter_form,
    place_arguments,
    wanted_by,
)
from servicedesk.web.workbench.finding import finding_page
from servicedesk.web.workbench.forms import work_forms

bp = Blueprint("workbench", __name__)
bp.add_app_template_global(work_forms)
bp.add_app_template_filter(labels.mail, "mail_words")
MAILS_SHOWN = 100
KEPT = (*FILTERS, "view", "sort")
"""What stays in the address when a group is chosen."""
QUICK_NAMES: Mapping[str, str] = {
    "open": N_("All open"),
    "mine": N_("Mine"),
    "unassigned": N_("Unassigned"),
    "waiting": N_("Waiting"),
    "resolved": N_("Solved"),
    "watched": N_("Watched"),
}
COLUMNS: Mapping[str, tuple[str, str]] = {
    "priority": ("priority", "priority"),
    "opened": ("opened", "-opened"),
    "changed": ("-changed", "changed"),
}
"""For each column that sorts: the order it gives first, and the one it gives when clicked again."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table, in words; `closes_at` is when silence ends it, `resumes_at` when its wait does."""

    number: str
    title: str
    requester: str
    category: str
    path: str
    group: str
    group_name: str
    technician: str
    state: str
    state_label: str
    waiting_label: str
    priority: int
    priority_label: str
    opened_at: datetime
    changed_at: datetime
    closes_at: datetime | None
    resumes_at: datetime | None
    last_seq: int
    key: str
    """Idempotency key of the button that takes the ticket; empty where it is not offered."""


@bp.get("/queue")
@demands(Permission.QUEUE_READ)
def queue() -> str | Response:
    """Show the tickets of all the reader's groups, or go to the queue of the group that was chosen in the form."""
    if "group" in request.args:
        # Only our own names: `url_for` takes others as orders, such as where to lead.
        rest: dict[str, Any] = {name: request.args[name] for name in KEPT if request.args.get(name)}
        group = request.args["group"]
        return redirect(url_for(".group_queue", group=group, **rest) if group else url_for(".queue", **rest), 303)
    return _queue("")


@bp.get("/queue/<group>")
@demands(Permission.QUEUE_READ)
def group_queue(group: str) -> str:
    """Show the tickets of one of the reader's groups."""
    if group not in _my_groups():
        raise NotFound()
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


def _my_groups() -> list[str]:
    return sorted(g.actor.groups | g.actor.supervises)


def _queue(group: str) -> str:
    session = reading()
    tree = catalogue.current(session)
    names = Names(tree, current_app.extensions["desk_settings"], locale_code(), None)
    mine = {code: names.group(code) for code in _my_groups()}
    groups = [group] if group else list(mine)
    colleagues = Colleagues(store.technicians(session, groups))
    form = filter_form(request.args, group, mine, colleagues, tree)
    wanted = wanted_by(session, form, request.args, groups, colleagues, tree, g.actor)
    found = store.page(session, wanted, g.actor)
    counts = store.counts(session, groups, g.actor)
    return render_template(
        "workbench/queue.html",
        title=mine[group] if group else _("Queue"),
        form=form,
        wanted=wanted,
        lines=[_line(row, tree, names) for row in found.rows],
        has_groups=len(groups) > 1 or wanted.is_watched,
        is_filtered=any(request.args.get(name) for name in FILTERS),
        quick_views=_quick_views(group, counts),
        sort_links=_sort_links(group, form, wanted),
        previous_url=_place_url(group, form, wanted, found.previous),
        next_url=_place_url(group, form, wanted, found.next),
        reset_url=_address(group, {}),
        group=group,
        next_key=token_urlsafe(24) if g.actor.groups & set(groups) else "",
    )


def _address(group: str, arguments: Mapping[str, Any]) -> str:
    return url_for(".group_queue", group=group, **arguments) if group else url_for(".queue", **arguments)


def _chosen(form: FilterForm, wanted: Wanted) -> dict[str, str]:
    chosen = {name: form[name].data for name in FILTERS if form[name].data and form[name].data != "open"}
    return {**chosen, "view": "watched"} if wanted.is_watched else chosen


def _place_url(group: str, form: FilterForm, wanted: Wanted, place: Place | None) -> str | None:
    if place is None:
        return None
    return _address(group, {**_chosen(form, wanted), "sort": wanted.sort, **place_arguments(place)})


def _quick_views(group: str, counts: Counts) -> list[tuple[str, str, bool, str]]:
    """Return (name, address, is current, count) of each quick view."""
    here = {name: value for name, value in request.args.items() if value and name not in ("sort", "after", "before")}
    return [
        (_(QUICK_NAMES[name]), _address(group, arguments), here == dict(arguments), bounded(getattr(counts, name)))
        for name, arguments in QUICK_VIEWS.items()
    ]


@bp.app_template_filter("shortday")
def short_day(at: datetime) -> str:
    """Return day and month, which a dense table has room for."""
    return str(format_datetime(at, "d MMM"))


@bp.app_template_filter("briefly")
def briefly(at: datetime) -> str:
    """Return the distance from now in few letters, such as "3 wk. ago"."""
    return str(format_timedelta(at - utc_now(), format="short", threshold=0.9, add_direction=True, locale=get_locale()))


def bounded(count: int) -> str:
    """Return a count in words, "1,000+" where it was not counted further."""
    return f"{MOST_COUNTED:,}+" if count > MOST_COUNTED else str(count)


def _sort_links(group: str, form: FilterForm, wanted: Wanted) -> dict[str, tuple[str | None, str | None]]:
    """Return for each column that sorts its link and the direction it has now, as the table's macro wants them."""
    possible = store.sorts_for(wanted.state, wanted.ids is not None)
    links: dict[str, tuple[str | None, str | None]] = {}
    for column, (first, again) in COLUMNS.items():
        is_used = wanted.sort in (first, again)
        turned = again if wanted.sort == first else first
        address = _address(group, {**_chosen(form, wanted), "sort": turned}) if turned in possible else None
        is_descending = wanted.sort.startswith("-") or column == "priority"
        links[column] = (address, ("descending" if is_descending else "ascending") if is_used else None)
    return links


def _line(row: Any, tree: Catalogue, names: Names) -> Line:
    facts = TicketFacts(row.id, row.state, row.service_id, row.group_code, row.requester_id, row.technician_id)
    may_take = row.technician_id is None and Action.TAKE in allowed_actions(facts, g.actor, utc_now())
    return Line(
        number=row.number,
        title=row.title,
        requester=f"{row.requester_given_name} {row.requester_family_name}".strip(),
        category=_short(tree, row.category_key),
        path=names.category(row.category_key),
        group=row.group_code,
        group_name=names.group(row.group_code),
        technician=names.technician(row.technician_code, row.technician_given_name, row.technician_family_name),
        state=row.state,
        state_label=label(labels.STATES, row.state),
        waiting_label=label(labels.WAITING_FOR, row.waiting_for),
        priority=row.priority,
        priority_label=level(row.priority),
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        closes_at=row.expires_at,
        resumes_at=row.resume_at,
        last_seq=row.last_seq,
        key=token_urlsafe(24) if may_take else "",
    )


def _short(tree: Catalogue, key: str) -> str:
    name = tree.name_of(key)
    return name.get(locale_code()) if name else key
