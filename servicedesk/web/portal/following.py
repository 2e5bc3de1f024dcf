"""Following tickets: the star, put on or taken away where it is shown (C2)."""

from flask import Blueprint, g, redirect, render_template, request
from werkzeug.wrappers import Response

from servicedesk.actions.stars import star, unstar
from servicedesk.rules.permissions import Permission
from servicedesk.store.stars import starred_among
from servicedesk.web.access import demands
from servicedesk.web.addresses import local_path
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.portal import lists

bp = Blueprint("following", __name__)
bp.add_app_template_global(lists.favourites, "my_favourites")


@bp.post("/tickets/<number>/star")
@demands(Permission.TICKET_READ, page="portal.ticket")
def toggle(number: str) -> Response | str:
    """Put a star on a ticket or take it away, as the button says; back to the page it stands on."""
    is_starred, way_back = bool(request.form.get("on")), local_path(request.form.get("next"))
    with writing() as session:
        if is_starred:
            star(session, g.facts, g.actor, utc_now())
        else:
            unstar(session, g.facts, g.actor)
    if request.headers.get("HX-Request"):
        return render_template("portal/_star.html", number=number, is_starred=is_starred, next=way_back)
    return redirect(way_back, 303)


@bp.app_template_global()
def has_star() -> bool:
    """Whether the reader has starred the ticket of this page."""
    return g.facts.id in starred_among(reading(), g.actor, [g.facts.id])
