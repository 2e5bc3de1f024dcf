"""The counters for appointments, as administration sees them."""

from flask import Blueprint, render_template

from servicedesk.rules.permissions import Permission
from servicedesk.store import appointments as store
from servicedesk.web import labels
from servicedesk.web.access import demands
from servicedesk.web.db import reading

bp = Blueprint("counters", __name__, url_prefix="/admin/counters")


@bp.get("")
@demands(Permission.ADMINISTRATION)
def index() -> str:
    """Show every counter with its topics, windows, closures and terms."""
    return render_template("appointments/counters.html", counters=store.counters(reading()), modes=labels.MODES)
