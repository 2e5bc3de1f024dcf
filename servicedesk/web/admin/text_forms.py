"""The forms in which administrators write what the house says, one language beside the other."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, FileField, HiddenField, StringField, TextAreaField

from servicedesk.rules.errors import Invalid
from servicedesk.rules.house_texts import LONGEST_SUBJECT, Entry, Form, MailText
from servicedesk.rules.languages import BY_CODE, LANGUAGES, WRITTEN
from servicedesk.web.language import say

PARTS = ("subject", "before", "after")


class HouseForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """What every form here has: the entry it was made from, and a way to show refusals."""

    seen = HiddenField()

    def refuse(self, error: Invalid) -> None:
        """Put an action's sentences beside their fields, or above them."""
        for name, sentence in error.fields.items():
            self[name].errors = (*self[name].errors, say(sentence))
        if not error.fields:
            self.form_errors.append(say(error.sentence))


def mail_form(languages: Iterable[str], **kwargs: Any) -> HouseForm:
    """Return the form of the words around a mail in these languages."""
    fields: dict[str, Any] = {}
    for code in languages:
        name = BY_CODE[code].name
        fields[f"subject_{code}"] = StringField(
            _("Subject (%(language)s)", language=name),
            render_kw={"maxlength": LONGEST_SUBJECT, "lang": code, "dir": "auto"},
        )
        before, after = _("Text above (%(language)s)", language=name), _("Text below (%(language)s)", language=name)
        fields[f"before_{code}"] = TextAreaField(before, render_kw={"lang": code, "dir": "auto", "rows": 3})
        fields[f"after_{code}"] = TextAreaField(after, render_kw={"lang": code, "dir": "auto", "rows": 3})
    made: HouseForm = type("MailTextForm", (HouseForm,), fields)(**kwargs)
    return made


def page_form(kind: Form, languages: Iterable[str], **kwargs: Any) -> HouseForm:
    """Return the form of a text of the pages in these languages; "" for one that is the same in all."""
    made: HouseForm = type("PageTextForm", (HouseForm,), dict(map(partial(_page_field, kind), languages)))(**kwargs)
    return made


def _page_field(kind: Form, code: str) -> tuple[str, Any]:
    words = _("Text (%(language)s)", language=BY_CODE[code].name) if code else _("Text")
    if kind is Form.MARKDOWN:
        return f"text_{code}", TextAreaField(words, render_kw={"lang": code, "dir": "auto", "rows": 10})
    return f"text_{code}", StringField(words, render_kw={"lang": code, "dir": "auto"} if code else {})


def languages_of(entry: Entry | None, part: str) -> list[str]:
    """Return the languages of a form: ours, those somebody wrote in, and one more that is asked for.

    `part` begins the name of a field that the form has once in each language.
    """
    wanted = {*WRITTEN, *(entry or {}), request.args.get("more", "")}
    wanted |= {name.removeprefix(part) for name in request.form if name.startswith(part)}
    return [each.code for each in LANGUAGES if each.code in wanted]


def with_unseen(form: HouseForm, theirs: Mapping[str, str]) -> HouseForm:
    """Return the form with what others wrote meanwhile in languages that it did not have as it was sent."""
    for name, text in theirs.items():
        if name not in request.form:
            form[name].data = text
    return form


def typed_page(form: HouseForm, languages: Iterable[str]) -> dict[str, str]:
    """Return the text typed, by language."""
    return {code: (form[f"text_{code}"].data or "").replace("\r\n", "\n") for code in languages}


def page_data(said: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of the form for a text of the pages."""
    return {f"text_{code}": text for code, text in said.items()}


class ThemeForm(HouseForm):
    """The name of the desk, its colours, its logo and its icon."""

    name = StringField(_l("Name of the desk"))
    primary = StringField(_l("Colour of buttons, links and marks"), render_kw={"type": "color"})
    header = StringField(_l("Colour of the header"), render_kw={"type": "color"})
    logo = HiddenField()
    file = FileField(_l("Logo"))
    no_logo = BooleanField(_l("Show no logo of our own"))
    icon = HiddenField()
    icon_file = FileField(_l("Icon of the app"))
    no_icon = BooleanField(_l("Show no icon of our own"))


def typed_mail(form: HouseForm, languages: Iterable[str]) -> dict[str, MailText]:
    """Return the words typed around a mail, by language."""
    return {code: MailText(*(_typed(form, f"{part}_{code}") for part in PARTS)) for code in languages}


def mail_data(entry: Entry | None) -> dict[str, str]:
    """Return the fields of the form for an entry."""
    said: Mapping[str, Mapping[str, str]] = entry or {}
    return {f"{part}_{code}": words.get(part, "") for code, words in said.items() for part in PARTS}


def _typed(form: HouseForm, name: str) -> str:
    text = (form[name].data or "").replace("\r\n", "\n").strip()
    return " ".join(text.split()) if name.startswith("subject_") else text
