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
from servicedesk.web.inputs import place
from servicedesk.web.limits import limiter, sender, submissions
from servicedesk.web.uploads import as_download

bp = Blueprint("answers", __name__)
bp.add_app_template_global(shelves.about, "answers_about")
MOST_ASKED = 8
PAGE = 20
VOTED, READ = "voted", "read"
MOST_REMEMBERED = 40
"""Answers that one browser remembers as read, and as voted on: its cookie has to hold them."""
NO_FILE = N_("This file is not here any more. Look at the answer again.")


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
    after = place("after")
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
    has_read = key in session.get(READ, ())
    return render_template("answers/answer.html", page=page, has_voted=key in session.get(VOTED, ()), has_read=has_read)


@bp.post("/answers/<key>/read")
@demands(Permission.ANSWER_READ, page="answers.show")
@limiter.limit(submissions, key_func=sender)
def read(key: str) -> tuple[str, int]:
    """Count a reader, once per browser; the page asks for it by itself, for opening an address changes nothing."""
    if not noted_before(READ, key):
        with writing() as desk:
            actions.count_view(desk, g.actor, key)
    return "", 204


@bp.get("/answers/<key>/files/<file_id>")
@demands(Permission.ANSWER_READ)
def download(key: str, file_id: str) -> Response:
    """Send a file of an answer: of the published version to its readers, of any version to those who write them."""
    if not may(g.actor, Permission.ANSWER_WRITE) and file_id not in store.one(reading(), g.actor, key).files:
        raise NotFound(NO_FILE)
    found = store.file_of(reading(), key, file_id)
    if found is None:
        raise NotFound(NO_FILE)
    return as_download(found.id, found.name, found.content_type, found.size)


@bp.post("/answers/<key>/vote")
@demands(Permission.ANSWER_READ, page="answers.show")
@limiter.limit(submissions, key_func=sender)
def vote(key: str) -> Response:
    """Count whether the answer helped, once per browser."""
    helped = request.form.get("helped") == "yes"
    if not noted_before(VOTED, key):
        with writing() as desk:
            actions.vote(desk, g.actor, key, helped)
    flash(_("Thank you. Your vote helps us to write better answers."), "success")
    return redirect(url_for(".show", key=key), 303)


def noted_before(what: str, key: str) -> bool:
    """Whether this browser did this before with this answer; from now on it did."""
    before = session.get(what, [])
    session[what] = [*(each for each in before if each != key), key][-MOST_REMEMBERED:]
    return key in before
