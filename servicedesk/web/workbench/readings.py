"""Who of the staff opened a request: for the supervisors of its group, and administrators who gave a reason."""

from collections.abc import Mapping

from flask import Blueprint, current_app, g, render_template, url_for
from flask_babel import gettext as _

from servicedesk.actions.reading_log import Way
from servicedesk.rules.permissions import Permission, TicketFacts, may
from servicedesk.rules.sentences import N_
from servicedesk.store import reading_log as store
from servicedesk.web.access import demands
from servicedesk.web.db import reading
from servicedesk.web.inputs import place
from servicedesk.web.workbench.work import Work

bp = Blueprint("readings", __name__)
PAGE = 50
WAYS: Mapping[str, str] = {
    Way.PAGE: N_("opened the page"),
    Way.PRINT: N_("opened the print view"),
    Way.PDF: N_("took the PDF"),
    Way.FILE: N_("took an attachment"),
    Way.LIST: N_("took a list of requests away as a file"),
}


@bp.app_template_filter("way_read")
def way_read(way: str) -> str:
    """Return in words in which way a request was read."""
    return _(WAYS[Way(way)])


@bp.get("/workbench/tickets/<number>/readers")
@demands(Permission.TICKET_READERS)
def show(number: str) -> str:
    """List who opened the request, the newest first."""
    facts: TicketFacts = g.facts
    assert facts.id is not None
    rows, has_more = store.of_ticket(reading(), facts.id, place("before") or None, PAGE)
    return render_template(
        "workbench/readers.html",
        number=number,
        months=current_app.extensions["desk_settings"].privacy.reading_log_months,
        rows=rows,
        newest=url_for(".show", number=number) if place("before") else None,
        older=url_for(".show", number=number, before=rows[-1].id) if has_more else None,
    )


def readers_panel(work: Work) -> str | None:
    """Return where it is listed who opened the ticket, for those who may read that."""
    if not may(g.actor, Permission.TICKET_READERS, work.facts):
        return None
    return url_for("readings.show", number=work.row.number)
