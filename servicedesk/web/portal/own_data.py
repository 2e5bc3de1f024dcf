"""A copy of one's own data: asked for, made by a job, and taken here by whoever asked, signed in, and nobody else."""

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions import own_data as actions
from servicedesk.rules.errors import Conflict
from servicedesk.rules.permissions import Permission
from servicedesk.web.access import demands
from servicedesk.web.auth.account_pages import myself
from servicedesk.web.clock import utc_now
from servicedesk.web.copies import is_waiting, sent
from servicedesk.web.db import reading, writing
from servicedesk.web.language import locale_code, say

bp = Blueprint("own_data", __name__, url_prefix="/preferences/data")


@bp.get("")
@demands(Permission.PORTAL_USE)
def show() -> str:
    """Say what a copy is, how far the one asked for is, and let it be taken."""
    copies = actions.copies(reading(), myself(), myself())
    return render_template("portal/own_data.html", copies=copies, is_waiting=is_waiting(copies), days=actions.KEPT.days)


@bp.post("")
@demands(Permission.PORTAL_USE, page="own_data.show")
def ask() -> Response:
    """Ask for a copy in the language of the page."""
    try:
        with writing() as session:
            actions.ask(session, g.actor, locale_code(), utc_now())
    except Conflict as error:
        flash(say(error.sentence), "warning")
    else:
        flash(_("Your copy is being made. We mail you as soon as it is ready."), "success")
    return redirect(url_for(".show"), 303)


@bp.get("/<int:copy_id>")
@demands(Permission.PORTAL_USE)
def take(copy_id: int) -> Response:
    """Send a finished copy to the person it is of."""
    return sent(actions.ready(reading(), copy_id, myself(), myself(), utc_now()))
