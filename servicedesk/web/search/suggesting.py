"""What may make asking needless: answers and better subjects while one types, and 'this solved it' (B10)."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_timedelta
from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions import answers as actions
from servicedesk.actions.drafts import forget_draft
from servicedesk.actions.figures import note_needless
from servicedesk.rules.catalogue import Category
from servicedesk.rules.permissions import ActorKind, Permission
from servicedesk.store import answers as answer_store
from servicedesk.store.answer_search import answers_fitting
from servicedesk.store.answer_times import usual_answer_time
from servicedesk.web.access import demands
from servicedesk.web.answers import shelves
from servicedesk.web.answers.views import VOTED, noted_before
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.language import locale_code
from servicedesk.web.limits import limiter, sender, submissions
from servicedesk.web.portal import choosing

bp = Blueprint("suggesting", __name__)
MOST_ANSWERS = 3
MOST_SUBJECTS = 2
SHORTEST, LONGEST = 4, 200
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ONE_UNIT = 1_000_000
"""How many of a unit make the next one, for a time that is told in one unit only."""


@bp.get("/catalogue/<key>/suggestions")
@demands(Permission.CATALOGUE_READ)
def show(key: str) -> str:
    """Show what fits the title typed so far; nothing where the subject already fits and nothing is known."""
    words = request.args.get("title", "").strip()[:LONGEST]
    is_enough = len(words) >= SHORTEST
    fitting = answers_fitting(reading(), g.actor, words, locale_code(), MOST_ANSWERS) if is_enough else ()
    return render_template(
        "portal/suggestions.html",
        key=key,
        words=words,
        answers=[(row.key, card) for row, card in zip(fitting, shelves.cards(fitting), strict=True)],
        subjects=_better_subjects(words, key) if is_enough else (),
    )


def _better_subjects(words: str, key: str) -> list[choosing.Card]:
    """Return what fits the words better than the subject chosen; nothing where that one is among the best."""
    best = choosing.found(words)[: MOST_SUBJECTS + 1]
    return [] if any(card.key == key for card in best) else list(best[:MOST_SUBJECTS])


@bp.post("/catalogue/<key>/solved")
@demands(Permission.ANSWER_READ)
@limiter.limit(submissions, key_func=sender)
def solved(key: str) -> Response:
    """Count the answer that made the request needless, and forget what was begun."""
    choosing.subject(key)
    answer = request.form.get("answer", "")
    answer_store.one(reading(), g.actor, answer)
    is_counted = noted_before(VOTED, answer)
    with writing() as session:
        if not is_counted:
            actions.vote(session, g.actor, answer, helped=True)
            note_needless(session, key, ZoneInfo(current_app.extensions["desk_settings"].site.zone), utc_now())
        if g.actor.kind is ActorKind.PERSON:
            forget_draft(session, g.actor.person_id, key, utc_now())
    return redirect(url_for(".thanks", key=key, answer=answer), 303)


@bp.get("/catalogue/<key>/solved")
@demands(Permission.ANSWER_READ)
def thanks(key: str) -> str:
    """Say that nothing was filed, and where to go on."""
    subject = choosing.subject(key)
    answer = shelves.page(answer_store.one(reading(), g.actor, request.args.get("answer", "")), None)
    return render_template("portal/solved.html", subject=subject, answer=answer)


@bp.app_template_global()
def usual_wait(category: Category) -> str:
    """Return how long half of the people waited for a first answer, in a sentence; empty where nobody can say."""
    found = usual_answer_time(reading(), category.key, category.group)
    if found is None:
        return ""
    is_days = found.wait >= 2 * DAY
    length = DAY if is_days else HOUR
    # Rounded up: nobody is promised less than what was counted.
    rounded = -(-found.wait // length) * length
    time = format_timedelta(rounded, granularity="day" if is_days else "hour", threshold=ONE_UNIT, locale=get_locale())
    if found.is_of_category:
        return _(
            "In the last three months half of the requests on this subject had a first answer within %(time)s.",
            time=time,
        )
    return _(
        "In the last three months half of the requests to this office had a first answer within %(time)s.", time=time
    )
