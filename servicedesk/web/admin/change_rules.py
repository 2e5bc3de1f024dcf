"""Administration of changes: who has to agree to them, and the times in which nothing is changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired

from servicedesk.actions import change_rules as actions
from servicedesk.rules.calendar import instant
from servicedesk.rules.changes import DEFAULTS, Ask, ChangeType, Who
from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue
from servicedesk.store import changes as store
from servicedesk.web import parked
from servicedesk.web.access import demands
from servicedesk.web.change_words import TYPES
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.language import locale_code, say
from servicedesk.web.workbench.change_form import site_zone

bp = Blueprint("change_rules", __name__, url_prefix="/admin/planned-changes")
WHO: Mapping[tuple[Who, bool], str] = {
    (Who.SUPERVISORS, True): N_("All supervisors of the groups that the change touches"),
    (Who.SUPERVISORS, False): N_("Any supervisor of the groups that the change touches"),
    (Who.BOARD, False): N_("Any member of the change board"),
    (Who.BOARD, True): N_("All members of the change board"),
}


class RuleForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Who has to agree to changes of a type."""

    service = SelectField(_("Service"), id="rule-service", validate_choice=False)
    change_type = SelectField(_("Type of change"), id="rule-type", validate_choice=False)
    who = SelectField(_("Who has to agree"), id="rule-who", validate_choice=False)
    board = SelectField(_("Change board"), id="rule-board", validate_choice=False)
    days = IntegerField(_("Days to decide"), id="rule-days")


class FreezeForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A time in which nothing is changed."""

    service = SelectField(_("Service"), id="freeze-service", validate_choice=False)
    starts_at = StringField(_("Window from"), [InputRequired()], id="freeze-starts-at")
    ends_at = StringField(_("Window until"), [InputRequired()], id="freeze-ends-at")
    reason = StringField(_("Reason"), [InputRequired()], id="freeze-reason")


@bp.get("")
@demands(Permission.ADMINISTRATION)
def index() -> str:
    """Show the rules, the freezes to come, and the form of each."""
    return _page(_rule_form(), _freeze_form())


@bp.post("/rules")
@demands(Permission.ADMINISTRATION, page="change_rules.index")
def set_rule() -> Response | tuple[str, int]:
    """Keep a rule."""
    form = _rule_form()
    change_type = ChangeType(form.change_type.data) if form.change_type.data in DEFAULTS else ChangeType.NORMAL
    who, _dot, need = (form.who.data or "").partition(".")
    ask = Ask(Who(who) if who in set(Who) else Who.SUPERVISORS, need == "all", form.board.data or "", _days(form))
    try:
        with writing() as session:
            tree = catalogue.current(session)
            actions.set_rule(session, _service_typed(form), change_type, ask, tree, g.actor, utc_now())
    except Invalid as error:
        _refuse(form, error)
        return _page(form, _freeze_form(is_typed=False)), 422
    flash(gettext("The rule is kept: it holds for what is put forward from now on."), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/rules/remove")
@demands(Permission.ADMINISTRATION, page="change_rules.index")
def unset_rule() -> Response:
    """Take a rule away."""
    named = request.form.get("change_type", "")
    if named not in DEFAULTS:
        raise NotFound()
    with writing() as session:
        actions.unset_rule(session, request.form.get("service", ""), ChangeType(named), g.actor, utc_now())
    flash(gettext("The rule was removed: what is usual holds again."), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/freezes")
@demands(Permission.ADMINISTRATION, page="change_rules.index")
def freeze() -> Response | tuple[str, int]:
    """Keep a time in which nothing is changed."""
    form = _freeze_form()
    try:
        with writing() as session:
            starts_at, ends_at = _instant(form.starts_at.data), _instant(form.ends_at.data)
            reason = form.reason.data or ""
            actions.freeze(session, _service_typed(form), starts_at, ends_at, reason, g.actor, utc_now())
    except Invalid as error:
        _refuse(form, error)
        return _page(_rule_form(is_typed=False), form), 422
    flash(gettext("The time is kept: only emergencies are put forward for it."), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/freezes/<int:number>/end")
@demands(Permission.ADMINISTRATION, page="change_rules.index")
def thaw(number: int) -> Response:
    """End a freeze."""
    with writing() as session:
        actions.thaw(session, number, g.actor, utc_now())
    flash(gettext("Changes may be put forward for this time again."), "success")
    return redirect(url_for(".index"), 303)


def _page(rule: RuleForm, freeze_form: FreezeForm) -> str:
    session = reading()
    tree, found = catalogue.current(session), store.rules(session)
    return render_template(
        "admin/change_rules.html",
        rules=[
            {
                "service": _service(service_id, tree),
                "service_id": service_id,
                "change_type": change_type,
                "type": gettext(TYPES[change_type]),
                "who": who_in_words(ask),
                "days": ask.days,
            }
            for (service_id, change_type), ask in found.items()
        ],
        usual=[(gettext(TYPES[each]), who_in_words(ask), ask.days) for each, ask in DEFAULTS.items()],
        freezes=[
            (each.id, _service(each.service_id, tree), each.starts_at, each.ends_at, each.reason)
            for each in store.freezes(session, utc_now())
        ],
        rule_form=rule,
        freeze_form=freeze_form,
    )


def who_in_words(ask: Ask) -> str:
    """Return who has to agree."""
    board = f" ({ask.board})" if ask.who is Who.BOARD else ""
    return gettext(WHO[ask.who, ask.need_all]) + board


def _service(service_id: str, tree: Any) -> str:
    if not service_id:
        return gettext("All services")
    return str(tree.services[service_id].name.get(locale_code())) if service_id in tree.services else service_id


def _service_typed(form: RuleForm | FreezeForm) -> str:
    """Return the id of the service chosen, empty for all. Raises NotFound for one that is not there."""
    typed = form.service.data or ""
    if typed and typed not in catalogue.current(reading()).services:
        raise NotFound()
    return typed


def _services() -> list[SelectChoice]:
    """Return the services that the person administers; all of them first for whoever does."""
    tree = catalogue.current(reading())
    offered = ["", *tree.services]
    return [SelectChoice(each, _service(each, tree)) for each in offered if g.actor.administers_service(each)]


def _rule_form(is_typed: bool = True) -> RuleForm:
    form = _filled(RuleForm, {"days": DEFAULTS[ChangeType.EMERGENCY].days}, is_typed)
    form.service.choices = _services()
    form.change_type.choices = [SelectChoice(each.value, gettext(TYPES[each])) for each in DEFAULTS]
    form.who.choices = [
        SelectChoice(f"{who.value}.{'all' if need_all else 'any'}", gettext(words))
        for (who, need_all), words in WHO.items()
    ]
    groups = [each for each in catalogue.current(reading()).groups.values() if each.active]
    nobody = SelectChoice("", gettext("No board"))
    form.board.choices = [nobody, *(SelectChoice(each.code, each.name.get(locale_code())) for each in groups)]
    return form


def _freeze_form(is_typed: bool = True) -> FreezeForm:
    form = _filled(FreezeForm, {}, is_typed)
    form.service.choices = _services()
    return form


def _filled(kind: Any, data: Mapping[str, Any], is_typed: bool) -> Any:
    if request.method == "POST":
        return kind() if is_typed else kind(formdata=None, data=data)
    return kind(parked.restored(), data=data)


def _days(form: RuleForm) -> int:
    return form.days.data if form.days.data is not None else 0


def _instant(typed: str | None) -> datetime | None:
    try:
        wall = datetime.fromisoformat(typed or "")
        return instant(wall, site_zone()) if wall.tzinfo is None and 2000 < wall.year < 2200 else None
    except (ValueError, OverflowError):
        return None


def _refuse(form: FlaskForm, error: Invalid) -> None:
    for name, sentence in error.fields.items():
        form[name].errors = (*form[name].errors, say(sentence))
