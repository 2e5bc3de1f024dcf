"""Administration of rules: in their order, written, tried on past requests, switched on, and what each did."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions import automation as actions
from servicedesk.rules import automation as rules
from servicedesk.rules.automation import STATED, TIMED, Rule, Trigger
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.errors import Conflict, Invalid, NotFound
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import Sentence
from servicedesk.store import automation as store
from servicedesk.store import catalogue, queue, standard_answers
from servicedesk.store.models.automation import AutomationRule
from servicedesk.web import labels, parked, rule_words
from servicedesk.web.access import demands
from servicedesk.web.admin.automation_form import ASKS, DOES, RuleForm, data_of, fill_choices, shown_with, then
from servicedesk.web.answers.forms import AUDIENCES
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import whole
from servicedesk.web.labels import label
from servicedesk.web.language import locale_code, say
from servicedesk.web.workbench.choices import staff_name

bp = Blueprint("automation", __name__, url_prefix="/admin/rules")
SHOWN = 50


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule in words."""

    id: int
    name: str
    trigger: str
    is_on: bool
    is_tried: bool
    revision: int
    is_first: bool
    is_last: bool


@bp.get("")
@demands(Permission.ADMINISTRATION)
def index() -> str:
    """List the rules of each service the person administers, in their order."""
    session = reading()
    services = _services(catalogue.current(session))
    rows = store.rules_of(session, list(services))
    by_service = [(key, name, [row for row in rows if row.service_id == key]) for key, name in services.items()]
    return render_template("admin/rules.html", services=[(key, name, _lines(own)) for key, name, own in by_service])


def _lines(rows: list[AutomationRule]) -> list[RuleLine]:
    return [
        RuleLine(
            id=row.id,
            name=row.name,
            trigger=label(rule_words.TRIGGERS, row.trigger),
            is_on=row.is_on,
            is_tried=row.tried_revision == row.revision,
            revision=row.revision,
            is_first=row is rows[0],
            is_last=row is rows[-1],
        )
        for row in rows
    ]


def _services(tree: Catalogue) -> dict[str, str]:
    language = locale_code()
    return {
        key: service.name.get(language) for key, service in tree.services.items() if g.actor.administers_service(key)
    }


@bp.route("/new", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="automation.new")
def new() -> str | Response | tuple[str, int]:
    """Write a new rule of a service."""
    tree = catalogue.current(reading())
    services = _services(tree)
    service_id = request.args.get("service") or next(iter(services), "")
    if service_id not in services:
        raise NotFound()
    form = _form(tree, service_id, {"trigger": Trigger.OPENED.value})
    if request.method == "POST" and "show" not in request.form and (row := _saved(form, service_id, None)):
        flash(_("The rule is kept. Try it on past requests, then switch it on."), "success")
        return redirect(url_for(".rule", rule_id=row), 303)
    return _shown(form, None, service_id, services[service_id])


@bp.route("/<int:rule_id>/edit", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="automation.edit")
def edit(rule_id: int) -> str | Response | tuple[str, int]:
    """Change a rule; it is off until it was tried again."""
    row, tree = _row(rule_id), catalogue.current(reading())
    form = _form(tree, row.service_id, data_of(rules.from_json(row.content), row.revision))
    if request.method == "POST" and "show" not in request.form and _saved(form, row.service_id, rule_id):
        flash(_("The rule is kept and off. Try it on past requests, then switch it on."), "success")
        return redirect(url_for(".rule", rule_id=rule_id), 303)
    return _shown(form, rule_id, row.service_id, _services(tree)[row.service_id])


def _form(tree: Catalogue, service_id: str, data: dict[str, Any]) -> RuleForm:
    staff = [(str(who.code), staff_name(who)) for who in queue.technicians(reading(), list(tree.groups)) if who.code]
    form = RuleForm() if request.method == "POST" else RuleForm(formdata=parked.restored(), data=data)
    return fill_choices(form, tree, service_id, staff)


def _shown(form: RuleForm, rule_id: int | None, service_id: str, service: str) -> str | tuple[str, int]:
    address = url_for(".edit", rule_id=rule_id) if rule_id else url_for(".new", service=service_id)
    page = render_template(
        "admin/rule_form.html",
        form=form,
        address=address,
        rule_id=rule_id,
        service=service,
        asks=ASKS,
        does=DOES,
        shown_with=shown_with,
        timed=sorted(TIMED),
        stated=sorted(STATED),
    )
    return (page, 422) if request.method == "POST" and "show" not in request.form else page


def _saved(form: RuleForm, service_id: str, rule_id: int | None) -> int | None:
    form.validate()
    if form.errors:
        return None
    try:
        with writing() as session:
            return actions.save(session, g.actor, service_id, form.written(), rule_id, form.seen_number(), utc_now()).id
    except Invalid as error:
        form.refuse(error)
    except Conflict as error:
        form.form_errors.append(say(error.sentence))
    return None


def _row(rule_id: int) -> AutomationRule:
    return store.rule_with(reading(), rule_id, list(_services(catalogue.current(reading()))))


@bp.get("/<int:rule_id>")
@demands(Permission.ADMINISTRATION)
def rule(rule_id: int) -> str:
    """Show a rule: whether it is on, what it did, and, once asked, what it would have done."""
    return _page(rule_id)


def _page(rule_id: int, problem: str = "") -> str:
    session, now = reading(), utc_now()
    row, tree = _row(rule_id), catalogue.current(reading())
    written = rules.from_json(row.content)
    trial = actions.try_out(session, row.service_id, written, now) if request.args.get("tried") else None
    return render_template(
        "admin/rule.html",
        rule=row,
        problem=problem,
        service=_services(tree)[row.service_id],
        trigger=label(rule_words.TRIGGERS, row.trigger),
        conditions=list(_conditions(written, tree)),
        deeds=list(_deeds(written, tree)),
        is_tried=row.tried_revision == row.revision,
        trial=trial,
        is_timed=written.trigger in TIMED,
        sends=_answer(written.deeds.answer, tree) if trial and written.deeds.answer else "",
        tickets=store.numbers_of(session, trial.found[:SHOWN], g.actor) if trial else (),
        states=labels.STATES,
        firings=[
            (each.at, each.number, [_(rule_words.DEEDS[name]) for name in each.done], _refused(each.refused))
            for each in store.firings(session, rule_id)
        ],
    )


def _refused(refused: dict[str, Any]) -> list[str]:
    return [f"{_(rule_words.DEEDS[name])}: {say(Sentence.from_json(why))}" for name, why in refused.items()]


def _conditions(written: Rule, tree: Catalogue) -> Any:
    """Yield (what, which) of each condition in words."""
    language, it = locale_code(), written.conditions
    if written.trigger in TIMED:
        state = label(labels.STATES, written.idle_state) if written.idle_state else ""
        counted = _("opening hours only") if written.in_opening_hours else ""
        yield _("Hours"), ", ".join(filter(None, [str(written.idle_hours), counted, state]))
    if it.categories:
        yield _("Category"), "; ".join(tree.path_name(key, language) for key in it.categories if key in tree.categories)
    if it.groups:
        yield _("Group"), ", ".join(tree.groups[code].name.get(language) for code in it.groups if code in tree.groups)
    if it.kinds:
        yield _("Type"), ", ".join(label(labels.KINDS, kind) for kind in it.kinds)
    if it.origins:
        yield _("Origin"), ", ".join(label(labels.ORIGINS, origin) for origin in it.origins)
    if it.priority_from:
        yield _("Priority at least"), labels.level(it.priority_from)
    if it.urgency_from:
        yield _("Urgency at least"), labels.level(it.urgency_from)
    if it.audiences:
        yield _("Who the requester is"), ", ".join(label(AUDIENCES, each) for each in it.audiences)
    if it.courses:
        yield _("Degree courses or areas"), ", ".join(it.courses)
    if it.words:
        yield _("Words in title or description"), ", ".join(it.words)
    if it.field:
        yield _("Field of the form"), f"{it.field} = {it.value}" if it.value else it.field
    if it.hours:
        yield _("When it happens"), label(rule_words.HOURS, it.hours)
    if it.technician:
        yield _("Who has it"), label(rule_words.TECHNICIANS, it.technician)


def _deeds(written: Rule, tree: Catalogue) -> Any:
    """Yield (what, which) of each deed in words."""
    language, it = locale_code(), written.deeds
    if it.category:
        known = it.category in tree.categories
        yield _("Change the category"), tree.path_name(it.category, language) if known else it.category
    if it.group:
        yield (
            _("Give it to the group"),
            tree.groups[it.group].name.get(language) if it.group in tree.groups else it.group,
        )
    if it.technician:
        yield _("Give it to the technician"), it.technician
    if it.urgency:
        yield _("Urgency and impact"), f"{labels.level(it.urgency)}, {labels.impact(it.impact)}"
    if it.watcher:
        yield _("Let watch"), it.watcher
    if it.link:
        yield _("Tie it to another request"), it.link
    if it.advise:
        known_group = tree.groups.get(it.advise)
        yield _("Ask another group for advice"), known_group.name.get(language) if known_group else it.advise
    if it.answer:
        yield _("Send a standard answer"), _answer(it.answer, tree)
    if it.wait_days:
        yield _("Let it wait for some days"), str(it.wait_days)
    for name, words in (("note", _("Internal note")), ("reply", _("Reply")), ("escalate", _("Tell the supervisors"))):
        if text := getattr(it, name):
            yield words, text


def _answer(shortcut: str, tree: Catalogue) -> str:
    """Return a standard answer's shortcut with what follows on it."""
    answer = standard_answers.published_as(reading(), shortcut)
    if answer is None:
        return f"/{shortcut} ({_('not published any more')})"
    return f"/{shortcut}{then(answer.sequel, answer.forward_group, tree)}"


@bp.post("/<int:rule_id>/try")
@demands(Permission.ADMINISTRATION, page="automation.rule")
def try_out(rule_id: int) -> Response:
    """Try the rule as it is on the last 30 days; nothing happens to any request."""
    services = list(_services(catalogue.current(reading())))
    with writing() as session:
        actions.mark_tried(session, g.actor, store.rule_with(session, rule_id, services))
    return redirect(url_for(".rule", rule_id=rule_id, tried=1), 303)


@bp.post("/<int:rule_id>/<any(on,off):way>")
@demands(Permission.ADMINISTRATION, page="automation.rule")
def switch(rule_id: int, way: str) -> Response | tuple[str, int]:
    """Switch a rule on or off."""
    seen = whole(request.form, "seen", 0)

    def change(session: Any, row: AutomationRule) -> None:
        actions.switch(session, g.actor, row, way == "on", seen, utc_now())

    done = _("The rule is on: it looks at what happens from now on.") if way == "on" else _("The rule is off.")
    return _change(rule_id, change, done, url_for(".rule", rule_id=rule_id))


@bp.post("/<int:rule_id>/<any(up,down):way>")
@demands(Permission.ADMINISTRATION, page="automation.index")
def move(rule_id: int, way: str) -> Response | tuple[str, int]:
    """Put a rule one place earlier or later."""

    def change(session: Any, row: AutomationRule) -> None:
        actions.move(session, g.actor, row, way == "up", utc_now())

    return _change(rule_id, change, _("The order was changed."), url_for(".index"))


@bp.post("/<int:rule_id>/remove")
@demands(Permission.ADMINISTRATION, page="automation.rule")
def remove(rule_id: int) -> Response | tuple[str, int]:
    """Forget a rule."""

    def change(session: Any, row: AutomationRule) -> None:
        actions.remove(session, g.actor, row, utc_now())

    return _change(rule_id, change, _("The rule was removed. What it did stays on the requests."), url_for(".index"))


def _change(
    rule_id: int, change: Callable[[Any, AutomationRule], None], done: str, then: str
) -> Response | tuple[str, int]:
    """Do it and go on, or show the rule with what stands in the way."""
    services = list(_services(catalogue.current(reading())))
    try:
        with writing() as session:
            change(session, store.rule_with(session, rule_id, services))
    except (Invalid, Conflict) as error:
        return _page(rule_id, say(error.sentence)), 409 if isinstance(error, Conflict) else 422
    flash(done, "success")
    return redirect(then, 303)
