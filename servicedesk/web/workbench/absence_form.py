"""The form of an absence."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired

from servicedesk.rules.absences import Entry, Handling
from servicedesk.rules.sentences import N_
from servicedesk.web.labels import label
from servicedesk.web.workbench.choices import staff_name

HANDLINGS: Mapping[str, str] = {
    Handling.KEEP: N_("They stay as they are"),
    Handling.SHOW: N_("They stay, and the colleague looks after them"),
    Handling.HAND: N_("They go to the colleague"),
    Handling.BACK: N_("They go back to the group"),
}


class AbsenceForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Who is away, when, who stands in; `problem` is why it was not kept."""

    problem = ""
    person = SelectField(_("Who"), [InputRequired()], id="absence-person", validate_choice=False)
    first = StringField(_("First day"), [InputRequired()], id="absence-first")
    last = StringField(_("Last day"), [InputRequired()], id="absence-last")
    substitute = SelectField(_("Who stands in"), id="absence-substitute", validate_choice=False)
    handling = RadioField(_("What becomes of the open requests"), validate_choice=False)
    note = StringField(_("Note for whoever stands in"), id="absence-note")


def absence_form(typed: Any, data: Mapping[str, str], people: Sequence[Any], substitutes: Sequence[Any]) -> AbsenceForm:
    """Return the form with what was typed, else with `data`; `people` can be away, `substitutes` stand in for them."""
    form = AbsenceForm(typed, data={"handling": Handling.KEEP.value, **data})
    form.person.choices = [SelectChoice(str(who.id), staff_name(who)) for who in people]
    if data["person"] not in {str(who.id) for who in people}:  # nobody is away because they stand first in a list
        form.person.choices.insert(0, SelectChoice("", gettext("Choose who is away")))
    form.substitute.choices = [
        SelectChoice("", gettext("Nobody")),
        *(SelectChoice(str(who.id), staff_name(who)) for who in substitutes),
    ]
    form.handling.choices = [SelectChoice(value, label(HANDLINGS, value)) for value in HANDLINGS]
    return form


def entry_of(form: AbsenceForm) -> Entry:
    """Return what the form says; what cannot be read counts as not given."""
    handling = form.handling.data
    return Entry(
        person_id=_number(form.person.data) or 0,
        first=_day(form.first.data),
        last=_day(form.last.data),
        substitute_id=_number(form.substitute.data),
        handling=Handling(handling) if handling in set(Handling) else Handling.KEEP,
        note=(form.note.data or "").strip(),
    )


def _number(typed: str | None) -> int | None:
    return int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) < 10 else None


def _day(typed: str | None) -> date | None:
    try:
        return date.fromisoformat((typed or "").strip())
    except ValueError:
        return None
