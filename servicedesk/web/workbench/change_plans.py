"""Changes (F11): opening one, over problems that it is to fix, and writing its plan."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from secrets import token_urlsafe
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from servicedesk.actions.change_opening import Outcomes, open_change
from servicedesk.actions.details import Details
from servicedesk.actions.tickets import NewTicket, act
from servicedesk.rules.changes import PLANNED, Phase, Plan
from servicedesk.rules.errors import AlreadyDone, Conflict, Invalid, NotFound, NotNow
from servicedesk.rules.permissions import Permission
from servicedesk.rules.richtext import from_plain
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.rules.states import Action
from servicedesk.store import catalogue, queue
from servicedesk.store import changes as store
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.tickets import locked, next_number
from servicedesk.web import change_words as words
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import fingerprint
from servicedesk.web.language import say
from servicedesk.web.workbench.change_form import NOT_KEPT, ChangeForm, change_form, data_of
from servicedesk.web.workbench.changes import bp as bp

CHOOSE = Sentence(N_("Choose a category: it says which group plans the change."))


@bp.route("/changes/new", methods=["GET", "POST"])
@demands(Permission.QUEUE_READ, page="changes.new")
def new() -> str | Response | tuple[str, int]:
    """Show the form of a new change, filled from the problems that the address names, and open it."""
    session = reading()
    tree = catalogue.current(session)
    named = request.form.getlist("problems") or request.args.getlist("problem")
    problems = store.problems_named(session, named, g.actor)
    form = change_form(tree, _begun(problems), ())
    numbers = [row.number for row in problems]
    if request.method == "POST":
        try:
            made, tied = _open(form, tree, numbers)
        except AlreadyDone as done:
            return redirect(url_for("portal.ticket", number=done.made), 303)
        except Invalid as error:
            form.refuse(error)
            return _new_page(form, problems), 422
        flash(gettext("The change %(number)s was opened as a draft.", number=made), "success")
        for number, why in tied.items():
            if why:
                flash(gettext("%(number)s was not linked: %(why)s", number=number, why=say(why)), "warning")
        return redirect(url_for("portal.ticket", number=made), 303)
    return _new_page(form, problems)


def _begun(problems: Sequence[Any]) -> Mapping[str, Any]:
    """What the form of a change holds that is to fix these problems."""
    if not problems:
        return {}
    first = problems[0]
    return {
        "title": first.title,
        "category": first.category_key,
        "reason": "\n\n".join(filter(None, (row.root_cause for row in problems))),
        "services": sorted({row.service_id for row in problems}),
    }


def _new_page(form: ChangeForm, problems: Sequence[Any]) -> str:
    form.idempotency_key.data = form.idempotency_key.data or token_urlsafe(24)
    return render_template("workbench/change_new.html", form=form, problems=problems, type_hints=type_hints())


def type_hints() -> dict[str, str]:
    """Return what each type of change means."""
    return {code: gettext(hint) for code, hint in words.TYPE_HINTS.items()}


def _open(form: ChangeForm, tree: Any, problems: Sequence[str]) -> tuple[str, Outcomes]:
    title, typed, now = form.title_typed(), form.plan_typed(tree), utc_now()
    category = tree.categories.get(form.category.data or "")
    if category is None or not category.selectable or category.retired:
        raise Invalid(NOT_KEPT, {"category": CHOOSE})
    planned = _touching(typed, category.service_id)
    with writing() as session:
        number = next_number(session, now, ZoneInfo(tree.services[category.service_id].zone))
    filed = NewTicket(
        number=number,
        category_key=category.key,
        title=title,
        body=from_plain(typed.reason or title),
        origin="person",
        answers={},
        form_key=fingerprint([form.idempotency_key.data, request.path]),
    )
    with writing() as session:
        change, tied = open_change(session, filed, planned, problems, g.actor, now)
        return change.number, tied


def _touching(plan: Plan, service_id: str) -> Plan:
    """A change touches at least the service of its own category."""
    return plan if service_id in plan.services else replace(plan, services=(*plan.services, service_id))


@bp.route("/changes/<number>/plan", methods=["GET", "POST"])
@demands(Permission.TICKET_WORK, page="changes.plan")
def plan(number: str) -> str | Response | tuple[str, int]:
    """Show the plan of a change in its form, and keep what the form brings."""
    session = reading()
    ticket = session.get_one(Ticket, g.facts.id)
    change = store.change_of(session, ticket.id)
    if change is None or change.phase not in PLANNED:
        raise NotFound()
    tree, kept = catalogue.current(session), store.plan_of(change)
    members = queue.technicians(session, [ticket.group_code])
    form = change_form(tree, {**data_of(kept), "title": ticket.title, "seen_seq": str(ticket.last_seq)}, members)
    if request.method == "GET":
        return _plan_page(form, ticket, change.phase)
    try:
        _keep(number, form, _touching(form.plan_typed(tree), ticket.service_id))
    except Invalid as error:
        form.refuse(error)
        return _plan_page(form, ticket, change.phase), 422
    except (Conflict, NotNow) as error:
        form.form_errors.append(say(error.sentence))
        form.seen_seq.data = str(ticket.last_seq)
        return _plan_page(form, ticket, change.phase), 409
    flash(gettext(words.DONE[Action.PLAN]), "success")
    if change.phase == Phase.DRAFT and g.facts.phase != Phase.DRAFT:
        flash(gettext("It is a draft again and has to be approved anew."), "warning")
    return redirect(url_for("portal.ticket", number=number), 303)


def _keep(number: str, form: ChangeForm, typed: Plan) -> None:
    seen = form.seen_seq.data or ""
    seen_seq = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else -1
    details = Details(plan=typed, title=form.title_typed(), seen_seq=seen_seq)
    with writing() as session:
        act(session, locked(session, number, g.actor), Action.PLAN, g.actor, utc_now(), details)


def _plan_page(form: ChangeForm, ticket: Ticket, phase: str) -> str:
    return render_template(
        "workbench/change_plan.html",
        form=form,
        number=ticket.number,
        is_decided=phase != Phase.DRAFT,
        type_hints=type_hints(),
    )
