"""Reports of figures by mail: ordering one for the filters in use, and ending it, from the page or from the mail."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from servicedesk.actions import figure_reports as actions
from servicedesk.rules.addresses import is_report_token, read_status_token
from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.rules.figures import MONTH, WEEK
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_
from servicedesk.store.models.figures import ReportOrder
from servicedesk.web.access import demands, public
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import LARGEST_ID
from servicedesk.web.workbench.figures_export import wanted_in
from servicedesk.web.workbench.figures_views import bp, today

EVERY = {WEEK: N_("every Monday, of the week before"), MONTH: N_("on the first, of the month before")}


@bp.get("/reports")
@demands(Permission.FIGURES_READ)
def reports() -> str:
    """Show the reports the reader gets, and offer one for the filters in the address."""
    _tree, _known, wanted = wanted_in(request.args)
    rows = [_row(order) for order in actions.orders_of(reading(), g.actor.person_id)]
    every = {code: gettext(words) for code, words in EVERY.items()}
    return render_template("workbench/figures_reports.html", rows=rows, wanted=wanted, every=every)


def _row(order: ReportOrder) -> dict[str, Any]:
    wanted = actions.wanted_of(order.address, actions.span_over(order.every, today()))
    return {
        "id": order.id,
        "every": gettext(EVERY[order.every]),
        "url": url_for(".index", **wanted.arguments),  # type: ignore[arg-type]
        "next_at": order.next_at,
    }


@bp.post("/reports")
@demands(Permission.FIGURES_READ, page="figures.reports")
def order() -> Response:
    """Order a report."""
    _tree, _known, wanted = wanted_in(request.form)
    every = request.form.get("every", "")
    if every not in EVERY:
        raise Invalid(N_("Choose how often the report comes."))
    zone = ZoneInfo(current_app.extensions["desk_settings"].site.zone)
    with writing() as session:
        made = actions.order_report(session, g.actor.person_id, every, wanted.filters, zone, utc_now())
    flash(gettext("The report comes by mail, %(every)s.", every=gettext(EVERY[made.every])), "success")
    return redirect(url_for(".reports"), 303)


@bp.post("/reports/<int:order_id>/end")
@demands(Permission.FIGURES_READ)
def end(order_id: int) -> Response:
    """End one of one's own reports."""
    with writing() as session:
        actions.end_report(session, order_id, g.actor.person_id)
    flash(gettext("The report has ended."), "success")
    return redirect(url_for(".reports"), 303)


@bp.route("/reports/stop/<token>", methods=["GET", "POST"])
@public
def stop(token: str) -> str | Response:
    """Ask, with one button, whether a report shall end; the post ends it."""
    order_id = _order_of(token)
    if request.method == "GET":
        return render_template("workbench/figures_stop.html", token=token)
    with writing() as session:
        actions.end_report(session, order_id)
    return render_template("workbench/figures_stop.html", token="")


def _order_of(token: str) -> int:
    read = read_status_token(token)
    secret: str = current_app.config["SECRET_KEY"]
    if read is None or read[0] > LARGEST_ID or not is_report_token(token, secret, read[0]):
        raise NotFound(N_("This link is not valid any more. Take the one in our newest mail to you."))
    return read[0]
