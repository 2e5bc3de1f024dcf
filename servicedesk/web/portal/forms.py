"""The form of a request: title, description, the category's own fields, files; and what was typed, checked."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    FileField,
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
from servicedesk.rules.forms import MAX_LONG_TEXT, MAX_TEXT, NOT_ISSUED_SUFFIX, Known, bound, check_answers
from servicedesk.rules.richtext import RichText
from servicedesk.store.degree_courses import degree_courses
from servicedesk.store.people import Student
from servicedesk.web import parked, uploads
from servicedesk.web.db import reading
from servicedesk.web.language import as_written, locale_code, say
from servicedesk.web.portal.choosing import today

PREFIX = uploads.OWN_PREFIX
LONGEST_TITLE = 200
HTML = "html"
Options = Mapping[str, Any]


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
        """Return what was typed into the category's fields, by their keys; files are told apart by `uploads`."""
        own = {name.removeprefix(PREFIX): field.data for name, field in self._fields.items() if name.startswith(PREFIX)}
        typed = {key: "1" if value is True else value or "" for key, value in own.items()}
        return {key: value for key, value in typed.items() if isinstance(value, str)}


@dataclass(frozen=True, slots=True)
class Filled:
    """A form without mistakes: the cleaned text, the answers by the keys of their fields, the ids of the files."""

    body: RichText
    answers: Mapping[str, str]
    files: tuple[str, ...]


def form_for(
    base: type[RequestForm], category: Category, prefilled: Mapping[str, str], begun: MultiDict[str, str] | None = None
) -> RequestForm:
    """Return the form for a category: as sent, as kept over a sign-in, as `begun`, or fresh with what is known."""
    fields = own_fields(category)
    files = {uploads.FIELD: MultipleFileField(_l("Attachments"))}
    kind: type[RequestForm] = type("CategoryForm", (base,), {**fields, **files})
    if request.method == "POST":
        return kind()
    return kind(formdata=parked.restored() or begun, data=dict(prefilled))


def own_fields(category: Category) -> dict[str, Any]:
    """Return the fields of a category, by their names in a form."""
    return {name: made for field in category.fields for name, made in _made(field).items()}


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
    received = uploads.receive_for(form.idempotency_key.data or "", category.fields)
    is_valid = form.validate()
    answers = check_answers(category.fields, {**form.typed_answers(), **received.names}, _known(category))
    errors = {**{PREFIX + key: sentence for key, sentence in answers.errors.items()}, **received.refused}
    for name, sentence in errors.items():
        form[name].errors = [say(sentence)]
    if errors or not is_valid:
        return None
    return Filled(form.body(), answers.values, received.ids)


def _known(category: Category) -> Known:
    asks_course = any(field.kind is FieldKind.DEGREE_COURSE for field in category.fields)
    return Known(today(), frozenset(courses() if asks_course else ()))


def courses() -> Sequence[str]:
    """Return the degree courses to choose from."""
    return degree_courses(reading())


def _made(field: Field) -> dict[str, Any]:
    name, words = PREFIX + field.key, as_written(field.label)
    options: dict[str, Any] = {"description": as_written(field.help) if field.help else ""}
    options["validators"] = [_Mandatory() if field.required else Optional()]
    made = {name: MADE.get(field.kind, _text)(field, words, options)}
    if field.kind is FieldKind.STUDENT_NUMBER:
        made[name + NOT_ISSUED_SUFFIX] = BooleanField(_("My student number has not been issued yet"))
    return made


def _text(_field: Field, words: str, options: Options) -> FormField:
    return StringField(words, render_kw={"maxlength": MAX_TEXT}, **options)


def _student_number(_field: Field, words: str, options: Options) -> FormField:
    return StringField(words, **options)


def _choice(field: Field, words: str, options: Options) -> FormField:
    labelled = [("", _("Choose")), *((value, label.get(locale_code())) for value, label in field.options)]
    choices = [SelectChoice(value=value, label=label) for value, label in labelled]
    return SelectField(words, choices=choices, validate_choice=False, **options)


def _long_text(_field: Field, words: str, options: Options) -> FormField:
    return TextAreaField(words, render_kw={"maxlength": MAX_LONG_TEXT}, **options)


def _phone(_field: Field, words: str, options: Options) -> FormField:
    return TelField(words, render_kw={"autocomplete": "tel"}, **options)


def _date(field: Field, words: str, options: Options) -> FormField:
    bounds = {"min": bound(field.earliest, today()), "max": bound(field.latest, today())}
    shown = {name: day.isoformat() for name, day in bounds.items() if day}
    return StringField(words, render_kw={"type": "date", **shown}, **options)


def _number(field: Field, words: str, options: Options) -> FormField:
    return StringField(words, render_kw={"inputmode": "decimal" if field.decimals else "numeric"}, **options)


def _degree_course(field: Field, words: str, options: Options) -> FormField:
    shown = {"maxlength": MAX_TEXT, "list": f"{PREFIX}{field.key}-courses", "autocomplete": "off"}
    return StringField(words, render_kw=shown, **options)


def _file(field: Field, words: str, options: Options) -> FormField:
    return FileField(words, render_kw={"accept": ",".join(f".{kind}" for kind in field.accept)}, **options)


def _consent(_field: Field, words: str, options: Options) -> FormField:
    return BooleanField(words, **options)


MADE: Mapping[FieldKind, Callable[[Field, str, Options], FormField]] = {
    FieldKind.STUDENT_NUMBER: _student_number,
    FieldKind.CHOICE: _choice,
    FieldKind.LONG_TEXT: _long_text,
    FieldKind.PHONE: _phone,
    FieldKind.DATE: _date,
    FieldKind.NUMBER: _number,
    FieldKind.DEGREE_COURSE: _degree_course,
    FieldKind.FILE: _file,
    FieldKind.CONSENT: _consent,
}
"""The control of each kind of field that is more than one line of text."""


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
