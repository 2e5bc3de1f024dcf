"""Answers for readers: by subject, most asked, one of them, and whether it helped (D3)."""

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions import answers as actions
from servicedesk.rules.answers import LANGUAGES
from servicedesk.rules.errors import NotFound
from servicedesk.rules.permissions import Permission, may
from servicedesk.rules.sentences import N_
from servicedesk.store import answers as store
from servicedesk.store import catalogue
from servicedesk.web.access import demands
from servicedesk.web.answers import shelves
from servicedesk.web.db import reading, writing
from servicedesk.web.limits import limiter, sender, submissions

bp = Blueprint("answers", __name__)
bp.add_app_template_global(shelves.about, "answers_about")
MOST_ASKED = 8
PAGE = 20
VOTED = "voted"
MOST_REMEMBERED = 100
"""Answers whose votes one browser remembers, in its cookie."""


@bp.get("/answers")
@demands(Permission.ANSWER_READ)
def index() -> str:
    """Show the answers most asked for and the subjects there are answers about, or those of one subject."""
    key = request.args.get("category")
    if key:
        return _of_category(key)
    most_asked = store.most_asked(reading(), g.actor, MOST_ASKED)
    return render_template(
        "answers/index.html",
        most_asked=shelves.cards(most_asked),
        subjects=shelves.subjects(),
        may_write=may(g.actor, Permission.ANSWER_WRITE),
    )


def _of_category(key: str) -> str:
    tree = catalogue.current(reading())
    if key not in tree.categories:
        raise NotFound(N_("There are no answers here. Choose one of the subjects."))
    after = request.args.get("after", 0, type=int)
    rows, has_more = store.page(reading(), g.actor, shelves.below(tree, key), after, PAGE)
    return render_template(
        "answers/category.html",
        category=tree.categories[key],
        crumbs_above=shelves.crumbs(tree, key),
        cards=shelves.cards(rows),
        first_url=url_for(".index", category=key) if after else None,
        next_url=url_for(".index", category=key, after=rows[-1].id) if has_more else None,
    )


@bp.get("/answers/<key>")
@demands(Permission.ANSWER_READ)
def show(key: str) -> str:
    """Show one answer in the reader's language, or in the one asked for."""
    wanted = request.args.get("language")
    page = shelves.page(store.one(reading(), g.actor, key), wanted if wanted in LANGUAGES else None)
    return render_template("answers/answer.html", page=page, has_voted=key in session.get(VOTED, ()))


@bp.post("/answers/<key>/vote")
@demands(Permission.ANSWER_READ, page="answers.show")
@limiter.limit(submissions, key_func=sender)
def vote(key: str) -> Response:
    """Count whether the answer helped, once per browser."""
    helped = request.form.get("helped") == "yes"
    voted = session.get(VOTED, [])
    if key not in voted:
        with writing() as desk:
            actions.vote(desk, g.actor, key, helped)
        session[VOTED] = [*voted, key][-MOST_REMEMBERED:]
    flash(_("Thank you. Your vote helps us to write better answers."), "success")
    return redirect(url_for(".show", key=key), 303)
