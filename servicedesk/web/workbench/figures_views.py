"""The page of figures for those who lead and work (F12): how much came, how fast it was answered, what waits."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, g, render_template, request, url_for
from flask_babel import format_datetime, gettext

from servicedesk.actions.figure_tables import CATEGORY, GROUP, SERVICE, TECHNICIAN, Wanted
from servicedesk.rules.calendar import local_day
from servicedesk.rules.permissions import Permission
from servicedesk.store import catalogue
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading
from servicedesk.web.workbench import figures_filters as filters
from servicedesk.web.workbench.figures_page import Compared, figures_page

bp: Blueprint = Blueprint("figures", __name__, url_prefix="/figures")
HEADINGS = {SERVICE: "Service", CATEGORY: "Category", GROUP: "Group", TECHNICIAN: "Technician"}
NEXT = {SERVICE: CATEGORY, CATEGORY: CATEGORY, GROUP: CATEGORY, TECHNICIAN: CATEGORY}
"""By what the rows are compared once one of the comparison was chosen."""


@bp.app_template_filter("clock")
def clock(at: datetime) -> str:
    """Return hours, minutes and seconds, for what changes while one looks."""
    return str(format_datetime(at, "HH:mm:ss"))


def today() -> date:
    """Return the day on the desk's wall."""
    return local_day(utc_now(), ZoneInfo(current_app.extensions["desk_settings"].site.zone))


@bp.get("")
@demands(Permission.FIGURES_READ)
def index() -> str:
    """Show the figures of a period, compared with the one before and row by row."""
    session = reading()
    tree = catalogue.current(session)
    known = filters.offered(session, tree, g.actor)
    form = filters.filter_form(request.args, tree, known)
    wanted = filters.wanted_by(form, today())
    return render_template(
        "workbench/figures.html",
        form=form,
        wanted=wanted,
        page=figures_page(session, wanted, tree, known, g.actor, today()),
        heading=gettext(HEADINGS[wanted.by]),
        narrowed=lambda row: narrowed(wanted, row),
        sees_single=bool(known.technicians),
    )


def narrowed(wanted: Wanted, row: Compared) -> str:
    """Return the address of the page for one row of the comparison alone; empty where it cannot be narrowed."""
    if not row.key or (wanted.by == CATEGORY and wanted.category == row.key):
        return ""
    if wanted.by == TECHNICIAN:
        chosen = replace(wanted, technician_id=int(row.key), by=NEXT[wanted.by])
    else:
        chosen = replace(wanted, **{wanted.by: row.key}, by=NEXT[wanted.by])  # type: ignore[arg-type]
    return url_for(".index", **chosen.arguments)  # type: ignore[arg-type]
