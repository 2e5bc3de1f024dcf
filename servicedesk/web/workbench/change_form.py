"""The form in which a change is planned: nothing but title, category and reason is needed for a draft."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from servicedesk.rules.calendar import instant
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.changes import MOST_CATEGORIES, ChangeType, Plan
from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.web import change_words as words
from servicedesk.web import parked
from servicedesk.web.inputs import LARGEST_ID
from servicedesk.web.language import locale_code, say
from servicedesk.web.workbench.choices import category_options, staff_name

UNREADABLE = Sentence(N_("Write day and time, such as 2027-02-16T09:00."))
NOT_KEPT = N_("The change was not kept: see what is marked below.")
LONGEST_TITLE = 200


class ChangeForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A change as it is planned; `rules.changes` knows what makes it complete."""

    title = StringField(_("Title"), [InputRequired()], id="change-title")
    category = SelectField(_("Category"), [InputRequired()], id="change-category", validate_choice=False)
    change_type = RadioField(_("Type of change"), id="change-type", validate_choice=False)
    reason = TextAreaField(_("Why it is needed"), [InputRequired()], id="change-reason")
    harm = SelectField(_("What happens if it goes wrong"), id="change-harm", validate_choice=False)
    likelihood = SelectField(_("How likely that is"), id="change-likelihood", validate_choice=False)
    plan = TextAreaField(_("What is done, step by step"), id="change-plan")
    back_out = TextAreaField(_("The way back"), id="change-back-out")
    verification = TextAreaField(_("How one sees that it worked"), id="change-verification")
    services = SelectMultipleField(
        _("Services that it touches"), widget=ListWidget(), option_widget=CheckboxInput(), validate_choice=False
    )
    category_1 = SelectField(_("Also touches the category"), id="change-category-1", validate_choice=False)
    category_2 = SelectField(_("Second category"), id="change-category-2", validate_choice=False)
    category_3 = SelectField(_("Third category"), id="change-category-3", validate_choice=False)
    starts_at = StringField(_("Window from"), id="change-starts-at")
    ends_at = StringField(_("Window until"), id="change-ends-at")
    implementer = SelectField(_("Carried out by"), id="change-implementer", validate_choice=False)
    seen_seq = HiddenField()
    idempotency_key = HiddenField()

    @property
    def others(self) -> list[SelectField]:
        """Return the fields of the categories touched besides its own."""
        return [self[f"category_{number + 1}"] for number in range(MOST_CATEGORIES)]

    def plan_typed(self, tree: Catalogue) -> Plan:
        """Return what was typed. Raises Invalid, whose `fields` name what cannot be read."""
        found: dict[str, Sentence] = {}
        starts_at, ends_at = (self._instant(name, found) for name in ("starts_at", "ends_at"))
        if found:
            raise Invalid(NOT_KEPT, found)
        chosen = dict.fromkeys(field.data for field in self.others if field.data in tree.categories)
        return Plan(
            change_type=ChangeType(self.change_type.data)
            if self.change_type.data in set(ChangeType)
            else ChangeType.NORMAL,
            reason=_text(self.reason),
            harm=_grade(self.harm, words.HARMS),
            likelihood=_grade(self.likelihood, words.LIKELIHOODS),
            plan=_text(self.plan),
            back_out=_text(self.back_out),
            verification=_text(self.verification),
            services=tuple(each for each in tree.services if each in (self.services.data or ())),
            categories=tuple(chosen),
            starts_at=starts_at,
            ends_at=ends_at,
            implementer_id=_number(self.implementer.data),
        )

    def _instant(self, name: str, found: dict[str, Sentence]) -> datetime | None:
        typed = (self[name].data or "").strip()
        if not typed:
            return None
        try:
            wall = datetime.fromisoformat(typed)
            if wall.tzinfo is None and 2000 < wall.year < 2200:
                return instant(wall.replace(second=0, microsecond=0), site_zone())
        except (ValueError, OverflowError):
            pass
        found[name] = UNREADABLE
        return None

    def refuse(self, error: Invalid) -> None:
        """Put an action's sentences beside their fields."""
        named = {"implementer_id": "implementer", "categories": "category_1"}
        for name, sentence in error.fields.items():
            field = self[named.get(name, name)]
            field.errors = (*field.errors, say(sentence))
        if not error.fields:
            self.form_errors.append(say(error.sentence))

    def title_typed(self) -> str:
        """Return the title. Raises Invalid for one that is missing or too long."""
        title = " ".join((self.title.data or "").split())
        if not title or len(title) > LONGEST_TITLE:
            sentence = Sentence(N_("Write a title of at most %(count)s characters."), {"count": LONGEST_TITLE})
            raise Invalid(NOT_KEPT, {"title": sentence})
        return title


def change_form(tree: Catalogue, data: Mapping[str, Any], members: Sequence[Any]) -> ChangeForm:
    """Return the form with what was typed, else with `data`; `members` are those who may carry it out."""
    form = ChangeForm() if request.method == "POST" else ChangeForm(parked.restored(), data=data)
    options = category_options(tree, "")
    offered = [SelectChoice(key, path, optgroup=service) for service, found in options for key, path in found]
    form.category.choices = [SelectChoice("", gettext("Choose a category")), *offered]
    for field in form.others:
        field.choices = [SelectChoice("", gettext("No other category")), *offered]
    form.change_type.choices = [SelectChoice(code, gettext(name)) for code, name in words.TYPES.items()]
    form.change_type.data = form.change_type.data or ChangeType.NORMAL.value
    form.harm.choices = _graded(words.HARMS)
    form.likelihood.choices = _graded(words.LIKELIHOODS)
    form.services.choices = [SelectChoice(each.id, each.name.get(locale_code())) for each in tree.services.values()]
    nobody = SelectChoice("", gettext("Whoever begins it"))
    form.implementer.choices = [nobody, *(SelectChoice(str(who.id), staff_name(who)) for who in members)]
    return form


def data_of(plan: Plan) -> dict[str, Any]:
    """Return a plan as the form shows it."""
    categories = {f"category_{number + 1}": key for number, key in enumerate(plan.categories)}
    return {
        "change_type": plan.change_type.value,
        "harm": str(plan.harm or ""),
        "likelihood": str(plan.likelihood or ""),
        "services": list(plan.services),
        **{name: getattr(plan, name) for name in ("reason", "plan", "back_out", "verification")},
        **categories,
        "starts_at": _wall(plan.starts_at),
        "ends_at": _wall(plan.ends_at),
        "implementer": str(plan.implementer_id or ""),
    }


def site_zone() -> ZoneInfo:
    """Return the zone in which windows are written and shown."""
    return ZoneInfo(current_app.extensions["desk_settings"].site.zone)


def _graded(grades: Mapping[int, str]) -> list[SelectChoice]:
    first = SelectChoice("", gettext("Not yet considered"))
    return [first, *(SelectChoice(str(grade), gettext(name)) for grade, name in grades.items())]


def _grade(field: SelectField, grades: Mapping[int, str]) -> int | None:
    return next((grade for grade in grades if str(grade) == field.data), None)


def _text(field: TextAreaField) -> str:
    return (field.data or "").replace("\r\n", "\n").strip()


def _number(typed: str | None) -> int | None:
    read = int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) < 11 else 0
    return read if 0 < read <= LARGEST_ID else None


def _wall(at: datetime | None) -> str:
    return at.astimezone(site_zone()).strftime("%Y-%m-%dT%H:%M") if at else ""
