"""Notices on the desk's own pages (C11): the bell in the header, their list, and marking them as read."""

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask_babel import format_decimal
from werkzeug.wrappers import Response

from servicedesk.actions.bell import mark_read
from servicedesk.rules.addresses import news_path
from servicedesk.rules.errors import NotFound
from servicedesk.rules.permissions import Permission
from servicedesk.store import bell as store
from servicedesk.web.access import demands
from servicedesk.web.auth.account_pages import myself
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing

ROWS = 20
LARGEST_ID = 2**31 - 1
bp = Blueprint("bell", __name__, url_prefix="/notices")


@bp.app_context_processor
def names() -> dict[str, object]:
    """Give every page the number at its bell; asked only where the bell is drawn."""
    return {"unread_notices": unread}


def unread() -> str:
    """Return how many notices are new, "9+" for more than nine; empty for none."""
    if g.actor.person_id is None:
        return ""
    count = store.count_unread(reading(), g.actor.person_id)
    most = store.COUNTED
    return f"{format_decimal(most)}+" if count > most else format_decimal(count) if count else ""


@bp.get("")
@demands(Permission.PORTAL_USE)
def index() -> str:
    """Show the person's notices, the newest first."""
    below = request.args.get("before", type=int)
    if below is not None and not 0 < below <= LARGEST_ID:
        raise NotFound()
    rows, has_older = store.page(reading(), myself(), below, ROWS)
    return render_template(
        "notices/index.html",
        rows=rows,
        newest_url=url_for(".index") if below else None,
        older_url=url_for(".index", before=rows[-1].id) if has_older else None,
    )


@bp.post("/<int:notice_id>")
@demands(Permission.PORTAL_USE, page="bell.index")
def follow(notice_id: int) -> Response:
    """Go where a notice leads; it and the others about the same are then read."""
    found = store.one(reading(), myself(), notice_id) if notice_id <= LARGEST_ID else None
    if found is None:
        raise NotFound()
    with writing() as session:
        mark_read(session, myself(), utc_now(), found.number)
    return redirect(news_path(found.template, found.number), 303)


@bp.post("/read")
@demands(Permission.PORTAL_USE, page="bell.index")
def read_all() -> Response:
    """Mark every notice as read."""
    with writing() as session:
        mark_read(session, myself(), utc_now())
    return redirect(url_for(".index"), 303)


@bp.post("/read/<number>")
@demands(Permission.PORTAL_USE, page="bell.index")
def read_about(number: str) -> str:
    """Mark what is about an open page as read, and give the bell as it then is."""
    with writing() as session:
        mark_read(session, myself(), utc_now(), number)
    return render_template("notices/_bell.html", seen=True)
