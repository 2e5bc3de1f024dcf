"""Administration of announcements: what is scheduled, shown and over, the form with its preview, ending one (D1)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions import announcements as actions
from servicedesk.rules.announcements import Phase, Weight, Written, phase
from servicedesk.rules.errors import Conflict, Invalid
from servicedesk.rules.languages import WRITTEN
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_
from servicedesk.store import announcements as store
from servicedesk.store.models.announcements import Announcement
from servicedesk.web import parked
from servicedesk.web.access import demands
from servicedesk.web.admin.announcement_form import AnnouncementForm, announcement_form, data_of
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import place, whole
from servicedesk.web.labels import label
from servicedesk.web.language import say
from servicedesk.web.portal.announcements import card

bp = Blueprint("announcement_desk", __name__, url_prefix="/admin/announcements")
PAGE = 50
USUAL = timedelta(days=14)
BEGUN = ("title_it", "title_en", "source_it", "source_en", "ends_at")
"""What other pages may have written already when they lead here."""
PHASES: Mapping[str, str] = {
    Phase.CURRENT: N_("Shown now"),
    Phase.SCHEDULED: N_("Scheduled"),
    Phase.OVER: N_("Over"),
}


@bp.get("")
@demands(Permission.ADMINISTRATION)
def index() -> str:
    """List the announcements in one phase."""
    asked = request.args.get("phase", Phase.CURRENT)
    chosen = Phase(asked) if asked in PHASES else Phase.CURRENT
    before = place("before")
    rows, has_more = store.in_phase(reading(), g.actor, chosen, before, PAGE, utc_now())
    return render_template(
        "admin/announcements.html",
        cards=[card(row) for row in rows],
        phases=[(label(PHASES, each), url_for(".index", phase=each), each == chosen, None) for each in PHASES],
        next_url=url_for(".index", phase=chosen, before=rows[-1].id) if has_more else None,
    )


@bp.route("/new", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="announcement_desk.new")
def new() -> str | Response | tuple[str, int]:
    """Show the form of a new announcement, and publish what it brings."""
    now = utc_now()
    begun = {name: request.args[name] for name in BEGUN if name in request.args}
    empty = {"weight": str(int(Weight.INFORMATION)), **_period(now, now + USUAL), **begun}
    form = _form(empty)
    if request.method == "POST" and (written := _written(form)) and (done := _announced(form, written)):
        return done
    shown = render_template("admin/announcement.html", form=form, number=None)
    return (shown, 422) if request.method == "POST" else shown


@bp.route("/<int:number>", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="announcement_desk.edit")
def edit(number: int) -> str | Response | tuple[str, int]:
    """Show an announcement with its form and as readers see it, and keep what the form brings."""
    found = store.managed(reading(), g.actor, number)
    written = actions.written_of(reading(), found)
    form = _form({**data_of(written), **_period(found.starts_at, found.ends_at), "seen": str(found.saves)})
    if request.method == "POST" and (typed := _written(form)) and (done := _changed(form, number, typed)):
        return done
    shown = render_template("admin/announcement.html", form=form, number=number, **_facts(number))
    return (shown, 422) if request.method == "POST" else shown


@bp.post("/<int:number>/end")
@demands(Permission.ADMINISTRATION, page="announcement_desk.edit")
def end(number: int) -> Response:
    """Take an announcement off every page now."""
    with writing() as session:
        actions.end(session, g.actor, number, whole(request.form, "seen", 0), utc_now())
    flash(_("The announcement is over: nobody sees it any more."), "success")
    return redirect(url_for(".edit", number=number), 303)


def _form(data: dict[str, Any]) -> AnnouncementForm:
    if request.method == "POST":
        return announcement_form()
    return announcement_form(formdata=parked.restored(), data=data)


def _written(form: AnnouncementForm) -> Written | None:
    """Return what was typed; None when the form has to be shown again, with the reasons in it."""
    if not form.validate():
        return None
    try:
        return form.written(_zone())
    except Invalid as error:
        form.refuse(error)
        return None


def _announced(form: AnnouncementForm, written: Written) -> Response | None:
    now = utc_now()
    try:
        with writing() as session:
            actions.announce(session, g.actor, written, now, form.idempotency_key.data or "")
    except Invalid as error:
        form.refuse(error)
        return None
    return _kept(written, now)


def _changed(form: AnnouncementForm, number: int, written: Written) -> Response | None:
    now = utc_now()
    try:
        with writing() as session:
            actions.change(session, g.actor, number, written, form.seen_number(), now)
    except Invalid as error:
        form.refuse(error)
        return None
    except Conflict as error:
        form.form_errors.append(say(error.sentence))
        form.seen.data = str(store.managed(reading(), g.actor, number).saves)
        return None
    return _kept(written, now)


def _kept(written: Written, now: datetime) -> Response:
    reached = phase(written.starts_at, written.ends_at, now)
    flash(
        {
            Phase.CURRENT: _("The announcement shows now, and ends by itself."),
            Phase.SCHEDULED: _("The announcement is kept: it shows by itself when its time comes."),
            Phase.OVER: _("The announcement is kept, but its time is over: nobody sees it."),
        }[reached],
        "warning" if reached is Phase.OVER else "success",
    )
    return redirect(url_for(".index", phase=reached), 303)


def _facts(number: int) -> dict[str, Any]:
    found: Announcement = store.managed(reading(), g.actor, number)
    reached = phase(found.starts_at, found.ends_at, utc_now())
    texts = [(code, found.titles[code], found.texts[code]["html"]) for code in WRITTEN]
    return {
        "texts": texts,
        "phase": label(PHASES, reached),
        "seen": found.saves,
        "is_over": reached is Phase.OVER,
        "starts_at": found.starts_at,
        "ends_at": found.ends_at,
    }


def _period(starts_at: datetime, ends_at: datetime) -> dict[str, str]:
    """Return both ends as the form shows them: days and times on the wall of the site."""
    return {
        name: at.astimezone(_zone()).strftime("%Y-%m-%dT%H:%M")
        for name, at in (("starts_at", starts_at), ("ends_at", ends_at))
    }


def _zone() -> ZoneInfo:
    return ZoneInfo(current_app.config["SITE"].zone)
