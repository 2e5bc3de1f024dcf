"""The button that takes the next ticket."""

from flask import Blueprint, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions.taking import take_next
from servicedesk.rules.errors import NotNow
from servicedesk.rules.permissions import Permission
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import writing
from servicedesk.web.inputs import fingerprint
from servicedesk.web.language import say

bp = Blueprint("taking", __name__)


@bp.post("/queue/next")
@demands(Permission.QUEUE_READ, page="workbench.queue")
def next_ticket() -> Response:
    """Take the most urgent ticket that nobody has and show it, or say that nothing is left."""
    group = request.form.get("group", "")
    key = request.form.get("idempotency_key", "")
    groups = {group} if group else g.actor.groups
    try:
        with writing() as session:
            ticket = take_next(session, groups, g.actor, utc_now(), fingerprint([key, request.path, group]))
    except NotNow as error:
        flash(say(error.sentence), "warning")
        ticket = None
    else:
        if ticket is None:
            flash(_("Nothing is left to take: every request has somebody, or was given back by you today."), "info")
    if ticket is None:
        return redirect(url_for("workbench.group_queue", group=group) if group else url_for("workbench.queue"), 303)
    flash(_("The request is yours."), "success")
    return redirect(url_for("portal.ticket", number=ticket.number), 303)
