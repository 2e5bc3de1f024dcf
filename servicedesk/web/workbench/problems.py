"""Problems (F11): the list with what suggests new ones, opening one over requests, and what becomes known of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import format_decimal, gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response
from wtforms import Form, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length

from servicedesk.actions.problem_opening import open_problem
from servicedesk.actions.problems import dismiss, follow
from servicedesk.actions.tickets import NewTicket
from servicedesk.rules import problems as rules
from servicedesk.rules.errors import AlreadyDone, Invalid
from servicedesk.rules.permissions import Permission
from servicedesk.rules.problems import Phase
from servicedesk.rules.richtext import from_plain
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store import catalogue
from servicedesk.store import problems as store
from servicedesk.store.tickets import next_number
from servicedesk.web import labels
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import LARGEST_ID, fingerprint, place, whole
from servicedesk.web.labels import label, level
from servicedesk.web.language import locale_code, say
from servicedesk.web.problem_words import PHASES
from servicedesk.web.workbench.choices import category_options

bp = Blueprint("problems", __name__)
ADDRESSES = ", ".join(action.value for action in rules.OWN)


class ProblemForm(Form):
    """A problem as it is opened."""

    title = StringField(_("Title"), [InputRequired(), Length(max=200)], id="problem-title")
    category = SelectField(_("Category"), [InputRequired()], id="problem-category")
    description = TextAreaField(_("What is known so far"), [InputRequired()], id="problem-description")


class DismissForm(Form):
    """Why a suggestion is not followed."""

    reason = StringField(_("Reason"), [InputRequired(), Length(max=300)], id="dismiss-reason")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the list, in words."""

    number: str
    title: str
    category: str
    group: str
    phase: str
    priority: int
    priority_label: str
    incidents: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Suggested:
    """Many requests of one category; `usual` is how many come in that time otherwise."""

    id: int
    category: str
    count: int
    usual: str
    since: datetime


@bp.get("/problems")
@demands(Permission.QUEUE_READ)
def index() -> str:
    """Show the problems of the reader's groups, and what suggests that there is one more."""
    return _index(None)


@bp.post("/problems/suggestions/<int:suggestion_id>/dismiss")
@demands(Permission.QUEUE_READ, page="problems.index")
def turn_down(suggestion_id: int) -> Response | tuple[str, int]:
    """Dismiss a suggestion, with the reason."""
    try:
        with writing() as session:
            dismiss(session, suggestion_id, _groups(), request.form.get("reason", ""), g.actor.person_id, utc_now())
    except Invalid as error:
        return _index(error.sentence), 422
    flash(gettext("The suggestion was dismissed."), "success")
    return redirect(url_for(".index"), 303)


@bp.get("/problems/new")
@demands(Permission.QUEUE_READ)
def new() -> str:
    """Show the form of a problem over the requests that the address names."""
    tickets = store.named(reading(), _asked(), g.actor)
    first = tickets[0] if tickets else None
    data = {"title": first.title, "category": first.category_key} if first else {}
    return _form(ProblemForm(data=data), [row.number for row in tickets], None)


@bp.post("/problems/over")
@demands(Permission.QUEUE_READ, page="workbench.queue")
def over() -> Response:
    """Lead from requests selected in the queue to the form of a problem over them."""
    picked = [each.partition(":")[0] for each in request.form.getlist("ticket")]
    if not picked:
        flash(gettext("Select the requests first, then what to do with them."), "warning")
        return redirect(url_for("workbench.queue"), 303)
    return redirect(url_for(".new", tickets=",".join(picked[: store.MOST_TICKETS])), 303)


@bp.post("/problems/new")
@demands(Permission.QUEUE_READ, page="problems.new")
def create() -> Response | tuple[str, int]:
    """Open the problem, and go to it."""
    form, chosen = ProblemForm(request.form), request.form.getlist("tickets")
    tree = catalogue.current(reading())
    category = tree.categories.get(form.category.data or "")
    try:
        if category is None or not category.selectable or category.retired:
            raise Invalid(N_("Choose the category of the requests that the problem causes."))
        if not (form.title.data or "").strip() or len(form.title.data or "") > 200:
            raise Invalid(N_("Write a title of at most 200 characters."))
        made, left_out = _open(form, chosen, category.key, tree.services[category.service_id].zone)
    except Invalid as error:
        return _form(form, chosen, error.sentence), 422
    except AlreadyDone as done:
        return redirect(url_for("portal.ticket", number=done.made), 303)
    flash(gettext("The problem %(number)s was opened.", number=made), "success")
    for number, why in left_out.items():
        flash(gettext("%(number)s was not linked: %(why)s", number=number, why=say(why)), "warning")
    return redirect(url_for("portal.ticket", number=made), 303)


def _open(form: ProblemForm, chosen: Sequence[str], key: str, zone: str) -> tuple[str, Mapping[str, Sentence]]:
    now, typed = utc_now(), request.form.get("idempotency_key", "")
    with writing() as session:
        number = next_number(session, now, ZoneInfo(zone))
    new_problem = NewTicket(
        number=number,
        category_key=key,
        title=(form.title.data or "").strip(),
        body=from_plain(form.description.data or ""),
        origin="person",
        answers={},
        form_key=fingerprint([typed, request.path]) if typed else "",
    )
    with writing() as session:
        problem, left_out = open_problem(session, new_problem, chosen, g.actor, now)
        if suggestion := _suggestion():
            follow(session, suggestion, _groups(), g.actor.person_id, now)
        return problem.number, left_out


def _asked() -> list[str]:
    """Return the numbers of the address: those of a suggestion, or one by one, or with commas between them."""
    if suggestion := _suggestion():
        return list(store.of_suggestion(reading(), suggestion, g.actor))
    return [number for each in request.args.getlist("tickets") for number in each.split(",") if number]


def _suggestion() -> int | None:
    found = whole(request.values, "suggestion")
    return found if found is not None and 0 < found <= LARGEST_ID else None


@bp.app_template_global("suggested_problems")
def suggested() -> int:
    """Return how many suggestions of the reader's groups nobody has decided."""
    if "suggested_problems" not in g:
        g.suggested_problems = len(store.suggestions(reading(), _groups()))
    return int(g.suggested_problems)


def _groups() -> list[str]:
    return sorted(g.actor.groups | g.actor.supervises)


def _index(problem: Sentence | None) -> str:
    session, named = reading(), request.args.get("phase", "")
    phase = Phase(named) if named in set(Phase) else None
    rows = store.page(session, g.actor, phase, place("before") or None)
    tree, language = catalogue.current(session), locale_code()
    shown = rows[: store.PAGE]
    named_phases = [(each, gettext(PHASES[each]), each is phase) for each in Phase]
    return render_template(
        "workbench/problems.html",
        lines=[_line(row, tree, language) for row in shown],
        phases=[("", gettext("Open"), phase is None), *named_phases],
        next_url=url_for(".index", phase=phase, before=shown[-1].id) if len(rows) > store.PAGE else None,
        suggestions=[_suggested(row, tree, language) for row in store.suggestions(session, _groups())],
        form=DismissForm(request.form),
        problem=say(problem) if problem else None,
    )


def _line(row: Any, tree: Any, language: str) -> Line:
    return Line(
        number=row.number,
        title=row.title,
        category=_category(row.category_key, tree, language),
        group=row.group_code,
        phase=gettext(PHASES[row.phase]),
        priority=row.priority,
        priority_label=level(row.priority),
        incidents=row.incidents,
        changed_at=row.changed_at,
    )


def _category(key: str, tree: Any, language: str) -> str:
    return str(tree.path_name(key, language)) if key in tree.categories else key


def _suggested(row: Any, tree: Any, language: str) -> Suggested:
    return Suggested(
        id=row.id,
        category=_category(row.category_key, tree, language),
        count=row.count,
        usual=format_decimal(row.usual, "0.#"),
        since=row.since,
    )


def _form(form: ProblemForm, chosen: Sequence[str], problem: Sentence | None) -> Any:
    options = category_options(catalogue.current(reading()), "")
    form.category.choices = [SelectChoice("", gettext("Choose a category"))] + [
        SelectChoice(key, path, optgroup=service) for service, found in options for key, path in found
    ]
    offered = request.form.getlist("offered") if request.method == "POST" else chosen
    tickets = store.named(reading(), offered, g.actor)
    return render_template(
        "workbench/problem_new.html",
        form=form,
        tickets=[(row.number, row.title, row.state, label(labels.STATES, row.state)) for row in tickets],
        chosen=set(chosen),
        suggestion=_suggestion(),
        key=request.form.get("idempotency_key") or token_urlsafe(24),
        problem=say(problem) if problem else None,
    )
