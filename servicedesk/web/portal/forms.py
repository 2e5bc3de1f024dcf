"""The form of a request: title, description, the category's own fields, files; and what was typed, checked."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Form,
    HiddenField,
    MultipleFileField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.fields import Field as FormField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the type stubs
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from servicedesk.rules import richtext
from servicedesk.rules.catalogue import Category, Field, FieldKind
from servicedesk.rules.errors import Invalid
from servicedesk.rules.forms import MAX_LONG_TEXT, MAX_TEXT, NOT_ISSUED_SUFFIX, check_answers
from servicedesk.rules.richtext import RichText
from servicedesk.store.people import Student
from servicedesk.web import parked, uploads
from servicedesk.web.language import locale_code, say

PREFIX = "field_"
LONGEST_TITLE = 200
HTML = "html"


class RequestForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """What every request says; `form_for` adds the category's own fields and the files."""

    idempotency_key = HiddenField(default=lambda: secrets.token_urlsafe(24))
    follows = HiddenField()
    title = StringField(
        _l("Title"),
        [
            InputRequired(_l("Say in a few words what it is about.")),
            Length(max=LONGEST_TITLE, message=_l("The title is too long: write at most %(max)d characters.")),
        ],
        filters=[lambda text: " ".join(text.split()) if text else text],
    )
    description = TextAreaField(_l("Description"), [InputRequired(_l("Describe what you need."))])
    description_format = HiddenField(default="text")

    def validate_description(self, field: FormField) -> None:
        """Refuse an editor's empty paragraph, and more than a message may hold."""
        try:
            body = self.body()
        except Invalid as error:
            raise ValidationError(say(error.sentence)) from error
        if not body:
            raise ValidationError(_("Describe what you need."))

    def body(self) -> RichText:
        """Return the description, cleaned."""
        typed = self.description.data or ""
        return richtext.from_html(typed) if self.description_format.data == HTML else richtext.from_plain(typed)

    def typed_answers(self) -> Mapping[str, str]:
        """Return what was typed into the category's fields, by their keys."""
        own = {name.removeprefix(PREFIX): field.data for name, field in self._fields.items() if name.startswith(PREFIX)}
        return {key: "1" if value is True else value or "" for key, value in own.items()}


@dataclass(frozen=True, slots=True)
class Filled:
    """A form without mistakes: the cleaned text, the answers by the keys of their fields, the ids of the files."""

    body: RichText
    answers: Mapping[str, str]
    files: tuple[str, ...]


def form_for(base: type[RequestForm], category: Category, prefilled: Mapping[str, str]) -> RequestForm:
    """Return the form for a category: as sent, as kept over a sign-in, or fresh with what is known already."""
    fields = {name: made for field in category.fields for name, made in _made(field).items()}
    files = {uploads.FIELD: MultipleFileField(_l("Attachments"))}
    kind: type[RequestForm] = type("CategoryForm", (base,), {**fields, **files})
    if request.method == "POST":
        return kind()
    return kind(formdata=parked.restored(), data=dict(prefilled))


def prefilled(category: Category, student: Student | None) -> dict[str, str]:
    """Return the answers that the student record gives (A3), by form field."""
    if student is None:
        return {}
    known = {
        FieldKind.STUDENT_NUMBER: student.student_number,
        FieldKind.DEGREE_COURSE: student.degree_course_name,
    }
    return {PREFIX + field.key: known[field.kind] for field in category.fields if field.kind in known}


def check(form: RequestForm, category: Category) -> Filled | None:
    """Store the files, check everything typed, and return it; None when the form has to be shown again."""
    refused = None
    try:
        files = uploads.receive(form.idempotency_key.data or "")
    except Invalid as error:
        files, refused = (), say(error.sentence)
    is_valid = form.validate()
    if refused:
        form[uploads.FIELD].errors = [refused]
    answers = check_answers(category.fields, form.typed_answers())
    for key, sentence in answers.errors.items():
        form[PREFIX + key].errors = [say(sentence)]
    if refused or answers.errors or not is_valid:
        return None
    return Filled(form.body(), answers.values, files)


def _made(field: Field) -> dict[str, Any]:
    name, words = PREFIX + field.key, field.label.get(locale_code())
    options: dict[str, Any] = {"description": field.help.get(locale_code()) if field.help else ""}
    options["validators"] = [_Mandatory() if field.required else Optional()]
    if field.kind is FieldKind.STUDENT_NUMBER:
        box = BooleanField(_("My student number has not been issued yet"))
        number = StringField(words, **options)
        return {name: number, name + NOT_ISSUED_SUFFIX: box}
    if field.kind is FieldKind.CHOICE:
        labelled = [("", _("Choose")), *((value, label.get(locale_code())) for value, label in field.options)]
        choices = [SelectChoice(value=value, label=label) for value, label in labelled]
        return {name: SelectField(words, choices=choices, validate_choice=False, **options)}
    if field.kind is FieldKind.LONG_TEXT:
        return {name: TextAreaField(words, render_kw={"maxlength": MAX_LONG_TEXT}, **options)}
    if field.kind is FieldKind.PHONE:
        return {name: TelField(words, render_kw={"autocomplete": "tel"}, **options)}
    return {name: StringField(words, render_kw={"maxlength": MAX_TEXT}, **options)}


class _Mandatory:
    """Draws the mark of a mandatory field; `rules.forms` does the checking."""

    field_flags = {"required": True}  # noqa: RUF012 - read by WTForms

    def __call__(self, form: FlaskForm, field: FormField) -> None:
        """Leave the decision to the rules."""


def note_form(action: str, words: str, typed: Mapping[str, str], is_needed: bool = True) -> Form:
    """Return the text and the files that go with one action on a ticket's page, with ids of their own.

    `typed` is shown again where it was typed; a text kept over a sign-in belongs to the comment.
    """
    mark = [InputRequired()] if is_needed else []
    kind: type[Form] = type(
        "NoteForm",
        (Form,),
        {
            "note": TextAreaField(words, mark, id=f"{action}-note"),
            "files": MultipleFileField(_("Attachments"), id=f"{action}-files"),
        },
    )
    return kind(data={"note": typed.get("note", "")} if typed.get("action", "comment") == action else {})


def typed_text(typed: Mapping[str, str]) -> str:
    """Return a note as plain text, for a page that has no place left to send it from."""
    note = typed.get("note", "")
    if typed.get("note_format") != HTML:
        return note
    try:
        return richtext.from_html(note).text
    except Invalid:  # too long to be cleaned, which the page says above it
        return note
