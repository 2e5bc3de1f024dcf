"""One search over everything a person can ask or read, its finds grouped (B2, D2)."""

from operator import attrgetter

from flask import Blueprint, g, render_template, request

from servicedesk.rules.answers import Kind
from servicedesk.rules.permissions import Permission
from servicedesk.store.answer_search import answers_fitting
from servicedesk.web.access import demands
from servicedesk.web.answers import shelves
from servicedesk.web.db import reading
from servicedesk.web.house import manuals
from servicedesk.web.language import locale_code
from servicedesk.web.portal import choosing
from servicedesk.web.portal.home_services import first_of_chosen

bp = Blueprint("search", __name__)
LONGEST = 200
MOST_SHOWN = 10


@bp.get("/search")
@demands(Permission.CATALOGUE_READ)
def show() -> str:
    """Show what fits the words typed, the best first in each group."""
    words = request.args.get("q", "").strip()[:LONGEST]
    fitting = answers_fitting(reading(), g.actor, words, locale_code(), MOST_SHOWN) if words else ()
    answers = first_of_chosen(fitting, attrgetter("category_key"))
    return render_template(
        "search/search.html",
        words=words,
        subjects=first_of_chosen(choosing.found(words)[:MOST_SHOWN] if words else (), attrgetter("key")),
        answers=shelves.cards([row for row in answers if row.kind == Kind.QUESTION]),
        documents=shelves.cards([row for row in answers if row.kind == Kind.DOCUMENT]),
        manuals=manuals.fitting(words)[:MOST_SHOWN] if words else (),
    )
