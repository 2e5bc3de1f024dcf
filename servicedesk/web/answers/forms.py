"""The form in which staff write an answer, in both languages side by side."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    MultipleFileField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.widgets import CheckboxInput, ListWidget

from servicedesk.rules.answers import LANGUAGES, Kind, Text, Written
from servicedesk.rules.catalogue import Audience, Catalogue
from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_
from servicedesk.web.language import locale_code, say
from servicedesk.web.workbench.choices import JOINT
from servicedesk.web.workbench.forms import choices

KINDS: Mapping[str, str] = {Kind.QUESTION: N_("Frequent question"), Kind.DOCUMENT: N_("Document")}
AUDIENCES: Mapping[str, str] = {
    Audience.STUDENT: N_("Students"),
    Audience.FORMER_STUDENT: N_("Former students"),
    Audience.PROSPECTIVE: N_("Future students"),
    Audience.STAFF: N_("Staff of the university"),
    Audience.EXTERNAL: N_("External users"),
    Audience.EVERYONE: N_("Everyone, also without signing in"),
}


class AnswerForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """An answer as it is written; `rules.answers` knows what makes it complete."""

    seen = HiddenField()
    key = StringField(_l("Address"))
    kind = SelectField(_l("Kind"), validate_choice=False)
    category_key = SelectField(_l("Category"), validate_choice=False)
    audience = SelectMultipleField(
        _l("Who may read it"), widget=ListWidget(), option_widget=CheckboxInput(), validate_choice=False
    )
    title_it = StringField(_l("Question or title, in Italian"))
    source_it = TextAreaField(_l("Text in Italian"))
    title_en = StringField(_l("Question or title, in English"))
    source_en = TextAreaField(_l("Text in English"))
    files = MultipleFileField(_l("Files"))
    all_fit = BooleanField(_l("Both languages say the same now"))
    idempotency_key = HiddenField()

    def written(self) -> Written:
        """Return what was typed. Raises Invalid for a value that none of our lists offers."""
        try:
            kind, audience = Kind(self.kind.data), frozenset(Audience(name) for name in self.audience.data or ())
        except ValueError as error:
            raise Invalid(N_("Choose from the lists.")) from error
        return Written(kind, self.category_key.data or "", audience, dict(self._texts()))

    def _texts(self) -> Any:
        for language in LANGUAGES:
            title = " ".join((self[f"title_{language}"].data or "").split())
            source = (self[f"source_{language}"].data or "").replace("\r\n", "\n").strip()
            if title or source:
                yield language, Text(title, source)

    def refuse(self, error: Invalid) -> None:
        """Put an action's sentences beside their fields."""
        for name, sentence in error.fields.items():
            self[name].errors = (*self[name].errors, say(sentence))
        if not error.fields:
            self.form_errors.append(say(error.sentence))


def answer_form(tree: Catalogue, **kwargs: Any) -> AnswerForm:
    """Return the form with its choices: as sent, or filled with `data`."""
    form = AnswerForm(**kwargs)
    form.kind.choices = choices(*((value, gettext(words)) for value, words in KINDS.items()))
    form.audience.choices = choices(*((value, gettext(words)) for value, words in AUDIENCES.items()))
    paths = ((key, tree.path_name(key, locale_code(), JOINT)) for key, each in tree.categories.items())
    form.category_key.choices = choices(*((key, path) for key, path in paths if not tree.categories[key].retired))
    return form


def data_of(key: str, written: Written) -> dict[str, Any]:
    """Return the form's fields for an answer as it stands."""
    texts = {
        f"{name}_{language}": value
        for language, text in written.texts.items()
        for name, value in (("title", text.title), ("source", text.source))
    }
    audience = [name.value for name in Audience if name in written.audience]
    return {
        "key": key,
        "kind": written.kind.value,
        "category_key": written.category_key,
        "audience": audience,
        **texts,
    }
