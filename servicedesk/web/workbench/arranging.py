"""Arranging the queue: its columns, single keys, and saved views."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions import queue_views as actions
from servicedesk.rules.errors import Invalid, NotAllowed
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import Sentence
from servicedesk.store import queue_views as store
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.language import say
from servicedesk.web.workbench import columns
from servicedesk.web.workbench.listing import address, arguments_of, listing

bp = Blueprint("arranging", __name__, url_prefix="/workbench/queue")
PAGE = "arranging.show"


@bp.get("")
@demands(Permission.QUEUE_READ)
def show(problem: Sentence | None = None, status: int = 200) -> tuple[str, int]:
    """Show how the reader's queue is arranged."""
    session = reading()
    settings = store.chosen_by(session, g.actor)
    views = store.views_of(session, g.actor)
    chosen = set(settings.columns or columns.USUAL)
    return render_template(
        "workbench/arrange.html",
        problem=say(problem) if problem else None,
        settings=settings,
        columns=[(name, each.label, name in chosen) for name, each in columns.COLUMNS.items() if name != columns.TITLE],
        views=[(view, _may_change(view)) for view in views],
        address=address,
    ), status


def _may_change(view: Any) -> bool:
    return not view.group_code or view.group_code in g.actor.supervises


@bp.post("")
@demands(Permission.QUEUE_READ, page=PAGE)
def arrange() -> Response:
    """Keep columns and keys."""
    with writing() as session:
        names = columns.known(request.form.getlist("column"))
        actions.arrange(session, names, bool(request.form.get("shortcuts")), g.actor, utc_now())
    flash(_("Your queue is arranged like this from now on."), "success")
    return redirect(url_for(".show"), 303)


@bp.post("/views")
@demands(Permission.QUEUE_READ, page="workbench.queue")
def save() -> Response | tuple[str, int]:
    """Keep the filters, the order and the columns of the list one came from under a name."""
    here = urlsplit(request.form.get("here", ""))
    group = here.path.removeprefix(url_for("workbench.queue")).strip("/")
    asked = listing(reading(), group, arguments_of(here.query))
    filters = {**asked.chosen, **({"group": [group]} if group else {})}
    shown = store.chosen_by(reading(), g.actor).columns
    new = actions.NewView(
        request.form.get("name", ""), filters, asked.wanted.sort, shown, request.form.get("group", "")
    )
    try:
        with writing() as session:
            view = actions.save_view(session, new, g.actor, utc_now())
            target = address("", view.filters, sort=view.sort, view=view.id)
    except (Invalid, NotAllowed) as error:
        return show(error.sentence, 422 if isinstance(error, Invalid) else 403)
    flash(_("The view was saved."), "success")
    return redirect(target, 303)


@bp.post("/views/<int:view_id>/<any(rename, remove, up, first, usual):verb>")
@demands(Permission.QUEUE_READ, page=PAGE)
def change(view_id: int, verb: str) -> Response | tuple[str, int]:
    """Rename, remove or move a view, or begin with it."""
    try:
        with writing() as session:
            if verb == "rename":
                actions.rename_view(session, view_id, request.form.get("name", ""), g.actor, utc_now())
            elif verb == "remove":
                actions.remove_view(session, view_id, g.actor)
            elif verb == "up":
                actions.raise_view(session, view_id, g.actor)
            else:
                actions.begin_with(session, view_id if verb == "first" else None, g.actor, utc_now())
    except (Invalid, NotAllowed) as error:
        return show(error.sentence, 422 if isinstance(error, Invalid) else 403)
    flash(_("The change was kept."), "success")
    return redirect(url_for(".show"), 303)
