"""The page of a public ticket as others read it: title, description and solution, no names (C4)."""

from flask import Blueprint, g, render_template

from servicedesk.rules.permissions import Permission
from servicedesk.web import tabs
from servicedesk.web.access import demands
from servicedesk.web.db import reading

bp = Blueprint("public", __name__)


@bp.get("/tickets/public/<number>")
@demands(Permission.TICKET_READ_PUBLIC)
def ticket(number: str) -> str:
    """Show what its requester has made public."""
    return render_template("portal/public.html", view=tabs.public_view(reading(), g.facts.id))
