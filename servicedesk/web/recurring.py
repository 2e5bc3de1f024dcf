"""Recurring requests for who leads a group: the list, the form with the dates it makes, one with what it opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from servicedesk.actions import recurring as actions
from servicedesk.actions.recurring import ForWhom
from servicedesk.rules import recurring as rules
from servicedesk.rules.calendar import local_day
from servicedesk.rules.catalogue import Catalogue, Category
from servicedesk.rules.errors import Conflict, Invalid, NotAllowed, NotFound
from servicedesk.rules.permissions import Permission
from servicedesk.rules.recurring import Recurring
from servicedesk.rules.rhythm import Occurrence, Rhythm, next_ones
from servicedesk.rules.sentences import Sentence
from servicedesk.store import catalogue
from servicedesk.store import recurring as store
from servicedesk.store.models.recurring import RecurringTicket
from servicedesk.store.tickets import claim_form_key
from servicedesk.web import labels, rule_words, uploads
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import fingerprint, place, whole
from servicedesk.web.labels import label
from servicedesk.web.language import locale_code, say
from servicedesk.web.recurring_files import Held, held_files
from servicedesk.web.recurring_form import RecurringForm, data_of, new_data, recurring_form
from servicedesk.web.recurring_words import facts, rhythm_words, standing, weekdays
from servicedesk.web.workbench.choices import category_options

bp = Blueprint("recurring", __name__, url_prefix="/recurring")
DATES = 10


@dataclass(frozen=True, slots=True)
class Line:
    """One in the list, in words; `reason` says why the desk itself paused it."""

    id: int
    name: str
    category: str
    rhythm: str
    next_at: datetime | None
    standing: str
    reason: str


@bp.get("")
@demands(Permission.RECURRING_WRITE)
def index() -> str:
    """List those the person may change, by name."""
    session = reading()
    after = (request.args["name"], place("after")) if "name" in request.args else None
    rows, has_more = store.page(session, g.actor, after)
    tree = catalogue.current(session)
    last = rows[-1] if has_more else None
    return render_template(
        "workbench/recurring.html",
        lines=[_line(row, tree) for row in rows],
        next_url=url_for(".index", name=last.name, after=last.id) if last else None,
    )


def _line(row: RecurringTicket, tree: Catalogue) -> Line:
    it, known = rules.from_json(row.content), row.category_key in tree.categories
    path = tree.path_name(row.category_key, locale_code()) if known else row.category_key
    words, reason = standing(row)
    return Line(row.id, row.name, path, rhythm_words(it.rhythm), row.next_at, words, reason)


@bp.route("/new", methods=["GET", "POST"])
@demands(Permission.RECURRING_WRITE, page="recurring.new")
def new() -> str | Response | tuple[str, int]:
    """Let a category be chosen, then show its form, and keep what it brings."""
    tree = catalogue.current(reading())
    category = _category(tree, request.args.get("category", ""))
    if category is None:
        return render_template(
            "workbench/recurring_category.html", options=_options(tree), recurring_id=None, chosen=""
        )
    today = local_day(utc_now(), store.days_of(reading(), tree, category.key).zone)
    return _answered(recurring_form(category, tree, new_data(today, g.actor.person_id)), category, tree, None)


@bp.route("/<int:recurring_id>/edit", methods=["GET", "POST"])
@demands(Permission.RECURRING_WRITE, page="recurring.edit")
def edit(recurring_id: int) -> str | Response | tuple[str, int]:
    """Show the form of one, in its own category or the one now chosen, and keep what it brings."""
    row, tree = store.one(reading(), g.actor, recurring_id), catalogue.current(reading())
    it = rules.from_json(row.content)
    category = _category(tree, request.args.get("category", it.category))
    if category is None:
        options = _options(tree)
        return render_template(
            "workbench/recurring_category.html", options=options, recurring_id=recurring_id, chosen=it.category
        )
    whom = ForWhom(row.requester_id, row.office_name, row.office_email)
    return _answered(recurring_form(category, tree, data_of(it, whom, row.revision)), category, tree, recurring_id)


def _category(tree: Catalogue, key: str) -> Category | None:
    """Return a category in which the person may have requests open themselves; None to choose one."""
    found = tree.categories.get(key)
    is_fit = found is not None and found.selectable and not found.retired
    return found if is_fit and actions.may_keep(g.actor, tree, key) else None


def _options(tree: Catalogue) -> list[tuple[str, list[tuple[str, str]]]]:
    offered = category_options(tree, "")
    own = [(name, [each for each in found if actions.may_keep(g.actor, tree, each[0])]) for name, found in offered]
    return [(name, found) for name, found in own if found]


def _answered(
    form: RecurringForm, category: Category, tree: Catalogue, recurring_id: int | None
) -> str | Response | tuple[str, int]:
    """Return the form with the dates it makes; keep it where that was asked for and nothing is wrong."""
    form.idempotency_key.data = form.idempotency_key.data or token_urlsafe(24)
    held = held_files(form, category, recurring_id)
    if request.method == "POST" and "show" not in request.form and (kept := _saved(form, category, held, recurring_id)):
        return kept
    held.refuse(form)
    dates: Sequence[Occurrence] = ()
    try:
        dates = _dates(form.rhythm(), category.key, tree)
    except Invalid as error:
        if "show" in request.form:
            form.refuse(error)
    address = url_for(".edit", recurring_id=recurring_id) if recurring_id else url_for(".new")
    page = render_template(
        "workbench/recurring_form.html",
        form=form,
        category=category,
        path=tree.path_name(category.key, locale_code()),
        recurring_id=recurring_id,
        kept=held.shown,
        address=f"{address}?category={category.key}",
        choose=f"{address}?category=",
        dates=dates,
        weekdays=weekdays(),
        is_asked="show" in request.form,
    )
    return page, 422 if form.errors else 200


def _saved(form: RecurringForm, category: Category, held: Held, recurring_id: int | None) -> Response | None:
    """Keep what was typed; None, with what is wrong beside the fields, when the form has to be shown again."""
    if not form.validate() or held.refused:
        return None
    try:
        return _kept(form, *form.written(category, held.names), held, recurring_id)
    except Invalid as error:
        form.refuse(error)
    except (Conflict, NotAllowed) as error:
        form.form_errors.append(say(error.sentence))
    return None


def _dates(rhythm: Rhythm, key: str, tree: Catalogue) -> list[Occurrence]:
    days = store.days_of(reading(), tree, key)
    return next_ones(rhythm, utc_now(), days.zone, days.is_open, DATES)


def _kept(form: RecurringForm, it: Recurring, whom: ForWhom, held: Held, recurring_id: int | None) -> Response:
    now, key = utc_now(), fingerprint([form.idempotency_key.data or "", request.path])
    with writing() as session:
        if recurring_id is None and claim_form_key(session, key, "recurring", now):
            return redirect(url_for(".index"), 303)
        kept = actions.save(session, g.actor, it, whom, recurring_id, form.seen_number(), now, held.files).id
    flash(gettext("The recurring request is kept. The next dates are below."), "success")
    return redirect(url_for(".show", recurring_id=kept), 303)


@bp.get("/<int:recurring_id>")
@demands(Permission.RECURRING_WRITE)
def show(recurring_id: int) -> str:
    """Show one: whether it is on, its next dates, what it says, and the requests it opened."""
    return _page(recurring_id)


def _page(recurring_id: int, problem: str = "") -> str:
    session = reading()
    row, tree = store.one(session, g.actor, recurring_id), catalogue.current(session)
    it = rules.from_json(row.content)
    names = store.names_of(session, {each for each in (row.requester_id, row.owner_id) if each is not None})
    words, reason = standing(row)
    obstacle = actions.obstacle(session, row, it, tree, utc_now())
    return render_template(
        "workbench/recurring_show.html",
        row=row,
        problem=problem,
        standing=words,
        reason=reason or (say(obstacle) if obstacle else ""),
        can_resume=obstacle is None,
        facts=facts(it, row, tree, names),
        dates=_dates(it.rhythm, it.category, tree) if row.is_on and it.category in tree.categories else (),
        weekdays=weekdays(),
        files=store.files_of(session, row.id),
        runs=[(each, _refused(each.refused)) for each in store.runs(session, recurring_id, g.actor)],
        states=labels.STATES,
    )


def _refused(refused: dict[str, Any]) -> list[str]:
    return [f"{label(rule_words.DEEDS, name)}: {say(Sentence.from_json(why))}" for name, why in refused.items()]


@bp.get("/<int:recurring_id>/files/<upload_id>")
@demands(Permission.RECURRING_WRITE)
def file(recurring_id: int, upload_id: str) -> Response:
    """Send one of its files as a download."""
    row = store.one(reading(), g.actor, recurring_id)
    found = next((each for each in store.files_of(reading(), row.id) if each.id == upload_id), None)
    if found is None:
        raise NotFound()
    return uploads.as_download(found.id, found.name, found.content_type, found.size)


@bp.post("/<int:recurring_id>/<any(pause,resume):way>")
@demands(Permission.RECURRING_WRITE, page="recurring.show")
def switch(recurring_id: int, way: str) -> Response | tuple[str, int]:
    """Pause one, or let it go on from now."""
    seen = whole(request.form, "seen", 0)
    try:
        with writing() as session:
            change = actions.pause if way == "pause" else actions.resume
            change(session, g.actor, recurring_id, seen, utc_now())
    except (Invalid, Conflict) as error:
        return _page(recurring_id, say(error.sentence)), 409 if isinstance(error, Conflict) else 422
    done = gettext("It is paused and opens nothing.") if way == "pause" else gettext("It goes on from now.")
    flash(done, "success")
    return redirect(url_for(".show", recurring_id=recurring_id), 303)


@bp.post("/<int:recurring_id>/remove")
@demands(Permission.RECURRING_WRITE, page="recurring.show")
def remove(recurring_id: int) -> Response:
    """Forget one with its files; what it opened stays."""
    with writing() as session:
        removed = actions.remove(session, g.actor, recurring_id, utc_now())
    uploads.remove_bytes(removed)
    flash(gettext("The recurring request was removed. What it opened stays."), "success")
    return redirect(url_for(".index"), 303)
