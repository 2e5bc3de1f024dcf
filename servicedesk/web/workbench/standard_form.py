"""The forms in which staff write a standard answer, and the contacts of a counter, in both languages side by side."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput, ListWidget

from servicedesk.rules import richtext
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.errors import Invalid
from servicedesk.rules.languages import WRITTEN
from servicedesk.rules.richtext import RichText
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.rules.standard_answers import Contact, Reach, Sequel, Written
from servicedesk.web.language import locale_code, say
from servicedesk.web.workbench.choices import JOINT
from servicedesk.web.workbench.forms import choices
from servicedesk.web.workbench.standard_panel import SEQUELS

HTML, TEXT = "html", "text"


class StandardForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A standard answer as it is written; `rules.standard_answers` knows what makes it complete."""

    seen = HiddenField()
    shortcut = StringField(_l("Shortcut"))
    name = StringField(_l("Name of the answer"))
    groups = SelectMultipleField(
        _l("Groups that use it"), widget=ListWidget(), option_widget=CheckboxInput(), validate_choice=False
    )
    service_id = SelectField(_l("Service"), validate_choice=False)
    category_key = SelectField(_l("Category and all below it"), validate_choice=False)
    text_it = TextAreaField(_l("Text in Italian"))
    text_it_format = HiddenField(default=TEXT)
    text_en = TextAreaField(_l("Text in English"))
    text_en_format = HiddenField(default=TEXT)
    all_fit = BooleanField(_l("Both languages say the same now"))
    sequel = SelectField(_l("What is done with the request then"), validate_choice=False)
    forward_group = SelectField(_l("Group to forward to"), validate_choice=False)
    forward_reason = TextAreaField(_l("Reason for forwarding"))
    example = StringField(_l("Show it as for request number"))

    def written(self, tree: Catalogue) -> Written:
        """Return what was typed. Raises Invalid for a value that none of our lists offers, and for a text too long."""
        try:
            sequel = Sequel(self.sequel.data)
        except ValueError as error:
            raise Invalid(N_("Choose from the lists.")) from error
        forwards = sequel is Sequel.FORWARD
        return Written(
            " ".join((self.name.data or "").split()),
            dict(self._texts()),
            self._reach(tree),
            sequel,
            (self.forward_group.data or "") if forwards else "",
            (self.forward_reason.data or "").strip() if forwards else "",
        )

    def _reach(self, tree: Catalogue) -> Reach:
        category = tree.categories.get(self.category_key.data or "")
        service = category.service_id if category else self.service_id.data or None
        return Reach(frozenset(self.groups.data or ()), service, self.category_key.data or None)

    def _texts(self) -> Iterator[tuple[str, RichText]]:
        for language in WRITTEN:
            typed = self[f"text_{language}"].data or ""
            is_html = self[f"text_{language}_format"].data == HTML
            try:
                text = richtext.from_html(typed) if is_html else richtext.from_plain(typed)
            except Invalid as error:
                raise Invalid(error.sentence.msgid, {f"text_{language}": error.sentence}) from error
            if text:
                yield language, text

    def refuse(self, error: Invalid) -> None:
        """Put an action's sentences beside their fields."""
        put_errors(self, error)


class ContactForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Which counter answers those of a degree course or area."""

    kind = SelectField(_l("Whom it answers"), validate_choice=False)
    value = StringField(_l("Degree course (code or name) or area"))
    text_it = TextAreaField(_l("Contacts in Italian"))
    text_en = TextAreaField(_l("Contacts in English"))
    category_key = SelectField(_l("Where their requests belong"), validate_choice=False)

    def contact(self) -> Contact:
        """Return what was typed."""
        kind = self.kind.data or ""
        typed = {language: (self[f"text_{language}"].data or "").replace("\r\n", "\n").strip() for language in WRITTEN}
        value = " ".join((self.value.data or "").split()) if kind != "other" else ""
        return Contact(
            kind, value, {code: text for code, text in typed.items() if text}, self.category_key.data or None
        )

    def refuse(self, error: Invalid) -> None:
        """Put an action's sentences beside their fields."""
        put_errors(self, error)


KINDS: Mapping[str, str] = {
    "course": N_("A degree course"),
    "area": N_("An area"),
    "other": N_("Everybody else"),
}


def put_errors(form: Any, error: Invalid) -> None:
    """Put the sentences of a refusal beside the fields of a form, or above it where they belong to none."""
    fields: Mapping[str, Sentence] = error.fields
    for name, sentence in fields.items():
        form[name].errors = (*form[name].errors, say(sentence))
    if not fields:
        form.form_errors.append(say(error.sentence))


def standard_form(tree: Catalogue, **kwargs: Any) -> StandardForm:
    """Return the form with its choices: as sent, or filled with `data`."""
    form = StandardForm(**kwargs)
    language = locale_code()
    groups = [(code, each.name.get(language)) for code, each in tree.groups.items() if each.active]
    form.groups.choices = choices(*groups)
    form.forward_group.choices = choices(("", gettext("Choose a group")), *groups)
    services = ((each.id, each.name.get(language)) for each in tree.services.values())
    form.service_id.choices = choices(("", gettext("All services")), *services)
    form.category_key.choices = choices(("", gettext("All categories")), *_paths(tree))
    form.sequel.choices = choices(*((value, gettext(words)) for value, words in SEQUELS.items()))
    return form


def contact_form(tree: Catalogue, **kwargs: Any) -> ContactForm:
    """Return the form with its choices: as sent, or filled with `data`."""
    form = ContactForm(**kwargs)
    form.kind.choices = choices(*((value, gettext(words)) for value, words in KINDS.items()))
    to_choose = (pair for pair in _paths(tree) if tree.categories[pair[0]].selectable)
    form.category_key.choices = choices(("", gettext("No single category")), *to_choose)
    return form


def _paths(tree: Catalogue) -> Iterator[tuple[str, str]]:
    known = (each for each in tree.categories.values() if not each.retired)
    return ((each.key, tree.path_name(each.key, locale_code(), JOINT)) for each in known)


def data_of(shortcut: str, written: Written) -> dict[str, Any]:
    """Return the form's fields for a standard answer as it stands."""
    texts: dict[str, str] = {}
    for language, text in written.texts.items():
        # A plain text is edited as one, with JavaScript or without; only formatting needs the editor.
        is_plain = richtext.from_plain(text.text).html == text.html
        texts[f"text_{language}"] = text.text if is_plain else text.html
        texts[f"text_{language}_format"] = TEXT if is_plain else HTML
    return {
        "shortcut": shortcut,
        "name": written.name,
        "groups": sorted(written.reach.groups),
        "service_id": written.reach.service_id or "",
        "category_key": written.reach.category_key or "",
        "sequel": written.sequel.value,
        "forward_group": written.forward_group,
        "forward_reason": written.forward_reason,
        **texts,
    }
