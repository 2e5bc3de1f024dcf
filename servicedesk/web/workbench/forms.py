"""The forms of a ticket at work: one per action, filled with what was typed when the page is shown again."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, Form, MultipleFileField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired

from servicedesk.rules.lifecycle import Action
from servicedesk.web.labels import impact
from servicedesk.web.workbench.choices import Choices, Colleague

COMPOSED = (Action.COMMENT, Action.NOTE, Action.WAIT, Action.PROPOSE, Action.REPLY_CLOSE)
"""What the one text field of the conversation can become, by the button pressed."""
PAUSE = "pause"
"""The form for waiting for somebody else; it is sent as the same action as asking the requester."""


def choices(*options: tuple[str, str]) -> list[SelectChoice]:
    """Return the options of a select field from (value, words)."""
    return [SelectChoice(value, words) for value, words in options]


class ComposeForm(Form):
    """A text and its files; the buttons say what becomes of it."""

    note = TextAreaField(_("Text"), id="compose-note")
    files = MultipleFileField(_("Attachments"), id="compose-files")


class PauseForm(Form):
    """Waiting for a third party or a date."""

    note = TextAreaField(_("What the requester is told"), [InputRequired()], id="pause-note")
    until = StringField(_("Until (day)"), id="pause-until")


class LevelsForm(Form):
    """Urgency and impact."""

    urgency = SelectField(_("Urgency"), id="levels-urgency", coerce=int)
    impact = SelectField(_("Impact"), id="levels-impact", coerce=int)


class ColleagueForm(Form):
    """Another technician of the group."""

    technician = SelectField(_("Technician"), id="assign-technician")
    note = TextAreaField(_("Note for the technician"), id="assign-technician-note")


class GroupForm(Form):
    """Another group on the same line."""

    group = SelectField(_("Group"), id="assign-group")
    note = TextAreaField(_("Note for the group"), id="assign-group-note")


class ForwardForm(Form):
    """A group on another line, why, and whether one goes on reading."""

    group = SelectField(_("Group"), id="forward-group")
    note = TextAreaField(_("Reason"), [InputRequired()], id="forward-note")
    keep_watching = BooleanField(_("Keep watching: I go on reading this request"), id="forward-watch")


class CategoryForm(Form):
    """Another category."""

    category = SelectField(_("Category"), id="reclassify-category")
    note = TextAreaField(_("Note"), id="reclassify-note")


class DuplicateForm(Form):
    """The request that this one repeats."""

    duplicate_of = StringField(_("Number of the other request"), [InputRequired()], id="duplicate-of")
    note = TextAreaField(_("What the requester is told"), id="duplicate-note")


FORMS: Mapping[Action, type[Form]] = {
    Action.PRIORITISE: LevelsForm,
    Action.ASSIGN_TECHNICIAN: ColleagueForm,
    Action.ASSIGN_GROUP: GroupForm,
    Action.FORWARD: ForwardForm,
    Action.RECLASSIFY: CategoryForm,
    Action.DUPLICATE: DuplicateForm,
}


def is_composed(typed: Mapping[str, str]) -> bool:
    """Whether what was typed belongs into the one text field, as does what names no action; nothing belongs nowhere."""
    sent = typed.get("action", "")
    if sent == Action.WAIT:
        return typed.get("waiting_for", "requester") == "requester"
    return bool(typed) and (not sent or sent in COMPOSED)


def work_forms(page: Any) -> dict[str, Form]:
    """Return the forms of a ticket's page by action, besides `compose` and `pause`.

    `page` is the TicketPage; what was typed stands in the form it was typed in, and a text kept over a sign-in in the
    conversation's own field.
    """
    sent = page.typed.get("action", "")
    forms = {action.value: _filled(kind, page, sent == action) for action, kind in FORMS.items()}
    forms["compose"] = ComposeForm(data=page.composed.to_dict())
    forms[PAUSE] = _filled(PauseForm, page, sent == Action.WAIT and not is_composed(page.typed))
    for name, options in OPTIONS.items():
        form = forms[name.value]
        for field, offered in options(page.choices).items():
            form[field].choices = offered  # type: ignore[attr-defined]
    return forms


def _filled(kind: type[Form], page: Any, is_the_one: bool) -> Form:
    present = {"urgency": page.urgency, "impact": page.impact}
    if kind is ForwardForm and page.choices.usual:
        present["group"] = page.choices.usual.group
    return kind(data={**present, **page.typed.to_dict()} if is_the_one else present)


def _levels(found: Choices) -> dict[str, list[SelectChoice]]:
    return {
        "urgency": choices(*((str(number), words) for number, words in found.levels)),
        "impact": choices(*((str(number), impact(number)) for number, _words in found.levels)),
    }


def _colleagues(found: Choices) -> dict[str, list[SelectChoice]]:
    return {"technician": [_first(gettext("Choose a technician")), *map(_colleague, found.colleagues)]}


def _colleague(colleague: Colleague) -> SelectChoice:
    words = f"{colleague.name} ({colleague.words})"
    return SelectChoice(str(colleague.id), words, {} if colleague.is_present else {"disabled": True})


def _same_line(found: Choices) -> dict[str, list[SelectChoice]]:
    return {"group": [_first(gettext("Choose a group")), *choices(*found.same_line)]}


def _other_lines(found: Choices) -> dict[str, list[SelectChoice]]:
    return {"group": [_first(gettext("Choose a group")), *choices(*found.other_lines)]}


def _categories(found: Choices) -> dict[str, list[SelectChoice]]:
    offered = [SelectChoice(key, path, optgroup=name) for name, options in found.categories for key, path in options]
    return {"category": [_first(gettext("Choose a category")), *offered]}


def _first(words: str) -> SelectChoice:
    return SelectChoice("", words)


OPTIONS: Mapping[Action, Callable[[Choices], dict[str, list[SelectChoice]]]] = {
    Action.PRIORITISE: _levels,
    Action.ASSIGN_TECHNICIAN: _colleagues,
    Action.ASSIGN_GROUP: _same_line,
    Action.FORWARD: _other_lines,
    Action.RECLASSIFY: _categories,
}
