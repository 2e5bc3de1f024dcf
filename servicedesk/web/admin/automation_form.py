"""The form of a rule: when it looks, what a request has to be like, what is then done."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from servicedesk.rules.answers import Stage
from servicedesk.rules.automation import IDLE_STATES, STATED, TIMED, Conditions, Deeds, Rule, Trigger
from servicedesk.rules.catalogue import Audience, Catalogue
from servicedesk.rules.errors import Invalid
from servicedesk.rules.priority import LEVELS
from servicedesk.rules.standard_answers import Sequel
from servicedesk.store import standard_answers
from servicedesk.web import labels, rule_words
from servicedesk.web.answers.forms import AUDIENCES
from servicedesk.web.db import reading
from servicedesk.web.labels import impact, label, level
from servicedesk.web.language import locale_code, say
from servicedesk.web.workbench.choices import JOINT
from servicedesk.web.workbench.forms import choices
from servicedesk.web.workbench.standard_panel import SEQUELS

DO = "do_"
ASKS: Mapping[str, tuple[str, ...]] = {
    "categories": ("categories",),
    "groups": ("groups",),
    "kinds": ("kinds",),
    "origins": ("origins",),
    "priority_from": ("priority_from",),
    "urgency_from": ("urgency_from",),
    "audiences": ("audiences",),
    "courses": ("courses",),
    "words": ("words",),
    "field": ("field", "value"),
    "hours": ("hours",),
    "technician": ("technician",),
}
"""What can be asked of a request: a tick each, with its fields."""
DOES: Mapping[str, tuple[str, ...]] = {
    "category": ("do_category",),
    "group": ("do_group",),
    "technician": ("do_technician",),
    "urgency": ("do_urgency", "do_impact"),
    "watcher": ("do_watcher",),
    "link": ("do_link",),
    "advise": ("do_advise",),
    "note": ("do_note",),
    "answer": ("do_answer",),
    "wait_days": ("do_wait_days",),
    "reply": ("do_reply", "do_reply_en"),
    "escalate": ("do_escalate",),
}
"""What can be done, in the order in which it is."""
BROUGHT: Mapping[str, tuple[str, ...]] = {"reply": ("wait_days",), "note": ("advise",)}
"""Fields that belong to another tick too: a wait has its reason, a question its words."""
MOST_ANSWERS = 300
REQUESTERS = tuple(each for each in Audience if each is not Audience.EVERYONE)


def ticks(words: str) -> SelectMultipleField:
    """Return a list of boxes to tick."""
    return SelectMultipleField(words, widget=ListWidget(), option_widget=CheckboxInput(), validate_choice=False)


class RuleForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A rule as it is written; `rules.automation.check` knows what makes it complete."""

    seen = HiddenField()
    name = StringField(_l("Name of the rule"))
    trigger = SelectField(_l("When"), validate_choice=False)
    idle_hours = IntegerField(_l("How many hours"), [Optional()])
    idle_state = SelectField(_l("In which state"), validate_choice=False)
    in_opening_hours = BooleanField(_l("Only opening hours count"))
    asks = ticks(_l("What is asked of the request"))
    does = ticks(_l("What is then done"))
    any_of = BooleanField(_l("One of these is enough"))
    categories = SelectMultipleField(_l("Category, or anything below it"), validate_choice=False)
    groups = SelectMultipleField(_l("Group"), validate_choice=False)
    kinds = SelectMultipleField(_l("Type"), validate_choice=False)
    origins = SelectMultipleField(_l("Origin"), validate_choice=False)
    priority_from = SelectField(_l("Priority at least"), validate_choice=False)
    urgency_from = SelectField(_l("Urgency at least"), validate_choice=False)
    audiences = ticks(_l("Who the requester is"))
    courses = StringField(_l("Degree courses or areas"), description=_l("Codes, separated by commas."))
    words = StringField(
        _l("Words in title or description"), description=_l("Separated by commas: any of them will do.")
    )
    field = SelectField(_l("Field of the form"), validate_choice=False)
    value = StringField(_l("What is filled in there"), description=_l("Empty: anything."))
    hours = SelectField(_l("When it happens"), validate_choice=False)
    technician = SelectField(_l("Who has it"), validate_choice=False)
    do_category = SelectField(_l("Change the category"), validate_choice=False)
    do_group = SelectField(_l("Give it to the group"), validate_choice=False)
    do_technician = SelectField(_l("Give it to the technician"), validate_choice=False)
    do_urgency = SelectField(_l("Urgency"), validate_choice=False)
    do_impact = SelectField(_l("Impact"), validate_choice=False)
    do_watcher = SelectField(_l("Let watch"), validate_choice=False)
    do_note = TextAreaField(_l("Internal note"), description=_l("Where a group is asked for advice: the question."))
    do_answer = SelectField(_l("Send a standard answer"), validate_choice=False)
    do_wait_days = IntegerField(_l("Let it wait for some days"), [Optional()])
    do_advise = SelectField(_l("Ask another group for advice"), validate_choice=False)
    do_link = StringField(_l("Tie it to another request"), description=_l("Its number."))
    do_reply = TextAreaField(_l("Reply to the requester, in Italian"))
    do_reply_en = TextAreaField(_l("Reply to the requester, in English"))
    do_escalate = TextAreaField(_l("Tell the supervisors, with this reason"))

    def written(self) -> Rule:
        """Return what was typed. Raises Invalid for what no list offers."""
        data = self.data
        if data["trigger"] not in set(Trigger):
            raise Invalid("")
        trigger, ticked = Trigger(data["trigger"]), _ticked(data)
        return Rule(
            name=(data["name"] or "").strip(),
            trigger=trigger,
            conditions=_conditions(ticked),
            deeds=_deeds(ticked),
            idle_hours=(data["idle_hours"] or 0) if trigger in TIMED else 0,
            idle_state=(data["idle_state"] or "") if trigger in STATED else "",
            in_opening_hours=bool(data["in_opening_hours"]) and trigger in STATED,
        )

    def seen_number(self) -> int:
        """Return the revision the form was made from; 0 where it carries none."""
        typed = self.seen.data or ""
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0

    def refuse(self, error: Invalid) -> None:
        """Put a rule's sentences beside their fields."""
        for name, sentence in error.fields.items():
            self[name].errors = (*self[name].errors, say(sentence))


def shown_with(name: str) -> tuple[str, ...]:
    """Return the ticks with which the fields of one stand."""
    return (name, *BROUGHT.get(name, ()))


def _ticked(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was typed, without what belongs to boxes that are not ticked."""
    chosen = {*(data["asks"] or ()), *(DO + name for name in data["does"] or ())}
    fields = {field for name, own in ASKS.items() if name in chosen for field in own}
    for name, own in DOES.items():
        if chosen & {DO + each for each in shown_with(name)}:
            fields.update(own)
    known = {field for own in (*ASKS.values(), *DOES.values()) for field in own}
    return {name: value if name in fields or name not in known else None for name, value in data.items()}


def _conditions(data: Mapping[str, Any]) -> Conditions:
    return Conditions(
        categories=tuple(data["categories"] or ()),
        groups=tuple(data["groups"] or ()),
        kinds=tuple(data["kinds"] or ()),
        origins=tuple(data["origins"] or ()),
        priority_from=_number(data["priority_from"]),
        urgency_from=_number(data["urgency_from"]),
        audiences=tuple(data["audiences"] or ()),
        courses=_listed(data["courses"]),
        words=_listed(data["words"]),
        field=data["field"] or "",
        value=(data["value"] or "").strip(),
        hours=data["hours"] or "",
        technician=data["technician"] or "",
        any_of=bool(data["any_of"]),
    )


def _deeds(data: Mapping[str, Any]) -> Deeds:
    return Deeds(
        category=data["do_category"] or "",
        group=data["do_group"] or "",
        technician=data["do_technician"] or "",
        urgency=_number(data["do_urgency"]),
        impact=_number(data["do_impact"]),
        watcher=data["do_watcher"] or "",
        note=(data["do_note"] or "").strip(),
        reply=(data["do_reply"] or "").strip(),
        reply_en=(data["do_reply_en"] or "").strip(),
        escalate=(data["do_escalate"] or "").strip(),
        answer=data["do_answer"] or "",
        wait_days=data["do_wait_days"] or 0,
        advise=data["do_advise"] or "",
        link=(data["do_link"] or "").strip(),
    )


def _number(typed: str | None) -> int:
    return int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) == 1 else 0


def _listed(typed: str | None) -> tuple[str, ...]:
    return tuple(each.strip() for each in (typed or "").split(",") if each.strip())


def data_of(rule: Rule, revision: int) -> dict[str, Any]:
    """Return a rule as the form shows it."""
    conditions = rule.conditions
    deeds = rule.deeds
    return {
        "seen": str(revision),
        "name": rule.name,
        "trigger": rule.trigger.value,
        "idle_hours": rule.idle_hours or None,
        "idle_state": rule.idle_state,
        "in_opening_hours": rule.in_opening_hours,
        "asks": [name for name in ASKS if getattr(conditions, name)],
        "does": [name for name in DOES if getattr(deeds, name)],
        "any_of": conditions.any_of,
        "categories": list(conditions.categories),
        "groups": list(conditions.groups),
        "kinds": list(conditions.kinds),
        "origins": list(conditions.origins),
        "priority_from": str(conditions.priority_from or ""),
        "urgency_from": str(conditions.urgency_from or ""),
        "audiences": list(conditions.audiences),
        "courses": ", ".join(conditions.courses),
        "words": ", ".join(conditions.words),
        "field": conditions.field,
        "value": conditions.value,
        "hours": conditions.hours,
        "technician": conditions.technician,
        **{DO + name: str(getattr(deeds, name) or "") for name in Deeds.__slots__},
        "do_wait_days": deeds.wait_days or None,
    }


def fill_choices(form: RuleForm, tree: Catalogue, service_id: str, staff: Sequence[tuple[str, str]]) -> RuleForm:
    """Offer what the service and its catalogue have; `staff` are (code, name)."""
    language = locale_code()
    own = [each for each in tree.categories.values() if each.service_id == service_id and not each.retired]
    reached = [(each.key, tree.path_name(each.key, language, JOINT)) for each in own if each.selectable]
    paths = [(each.key, tree.path_name(each.key, language, JOINT)) for each in own]
    named = [(each.code, each.name.get(language)) for each in tree.groups.values() if each.active]
    fields = sorted({(one.key, one.label.get(language)) for each in own for one in each.fields})
    nothing = ("", gettext("as it is"))
    anything = ("", gettext("any"))
    levels = [(str(number), level(number)) for number in LEVELS]
    form.trigger.choices = choices(*((name, label(rule_words.TRIGGERS, name)) for name in rule_words.TRIGGERS))
    form.idle_state.choices = choices(*((state.value, label(labels.STATES, state)) for state in IDLE_STATES))
    form.categories.choices = choices(*paths)
    form.groups.choices = choices(*named)
    form.kinds.choices = choices(*((kind, label(labels.KINDS, kind)) for kind in labels.KINDS))
    form.origins.choices = choices(*((origin, label(labels.ORIGINS, origin)) for origin in labels.ORIGINS))
    form.priority_from.choices = choices(anything, *levels)
    form.urgency_from.choices = choices(anything, *levels)
    form.audiences.choices = choices(*((each.value, gettext(AUDIENCES[each])) for each in REQUESTERS))
    form.asks.choices = choices(*((name, str(form[own[0]].label.text)) for name, own in ASKS.items()))
    form.does.choices = choices(*((name, _does(form, name)) for name in DOES))
    form.do_advise.choices = choices(("", gettext("nobody")), *named)
    form.do_answer.choices = choices(("", gettext("none")), *_answers())
    form.field.choices = choices(("", gettext("none")), *fields)
    form.hours.choices = choices(anything, *((each, label(rule_words.HOURS, each)) for each in rule_words.HOURS))
    form.technician.choices = choices(
        anything, *((each, label(rule_words.TECHNICIANS, each)) for each in rule_words.TECHNICIANS)
    )
    form.do_category.choices = choices(nothing, *reached)
    form.do_group.choices = choices(nothing, *named)
    form.do_technician.choices = choices(nothing, *staff)
    form.do_watcher.choices = choices(("", gettext("nobody")), *staff)
    form.do_urgency.choices = choices(nothing, *levels)
    form.do_impact.choices = choices(nothing, *((str(number), impact(number)) for number in LEVELS))
    return form


def _does(form: RuleForm, name: str) -> str:
    words = {"urgency": _l("Set urgency and impact"), "reply": _l("Write to the requester")}
    return str(words.get(name) or form[DOES[name][0]].label.text)


def _answers() -> list[tuple[str, str]]:
    found, _has_more = standard_answers.versions_in(reading(), Stage.PUBLISHED, "", None, MOST_ANSWERS)
    return [(each.shortcut, f"{each.name} (/{each.shortcut}){then(each.sequel)}") for each in found]


def then(sequel: str, group: str = "", tree: Catalogue | None = None) -> str:
    """Return what follows on a standard answer, after an arrow; empty where nothing does."""
    if sequel == Sequel.NOTHING:
        return ""
    known = tree.groups.get(group) if tree else None
    where = known.name.get(locale_code()) if known else group
    return f" → {label(SEQUELS, sequel)}" + (f": {where}" if sequel == Sequel.FORWARD and where else "")
