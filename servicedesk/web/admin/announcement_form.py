"""The form in which administrators write an announcement, in both languages side by side."""

from datetime import datetime
from secrets import token_urlsafe
from typing import Any
from zoneinfo import ZoneInfo

from flask import g
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput, ListWidget

from servicedesk.rules.announcements import INCOMPLETE, Text, Weight, Written, may_manage
from servicedesk.rules.calendar import instant
from servicedesk.rules.catalogue import Audience
from servicedesk.rules.errors import Invalid
from servicedesk.rules.languages import WRITTEN
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store import catalogue
from servicedesk.web.answers.forms import AUDIENCES
from servicedesk.web.db import reading
from servicedesk.web.language import locale_code, say
from servicedesk.web.portal.announcements import WEIGHTS
from servicedesk.web.workbench.forms import choices


class AnnouncementForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """An announcement as it is written; `rules.announcements` knows what makes it complete."""

    seen = HiddenField()
    idempotency_key = HiddenField(default=lambda: token_urlsafe(24))
    weight = RadioField(_l("How much it matters"), validate_choice=False)
    service = SelectField(_l("Service"), validate_choice=False)
    audience = SelectMultipleField(
        _l("Who sees it"), widget=ListWidget(), option_widget=CheckboxInput(), validate_choice=False
    )
    starts_at = StringField(_l("Shown from"))
    ends_at = StringField(_l("Shown until"))
    title_it = StringField(_l("Title in Italian"))
    source_it = TextAreaField(_l("Text in Italian"))
    title_en = StringField(_l("Title in English"))
    source_en = TextAreaField(_l("Text in English"))

    def written(self, zone: ZoneInfo) -> Written:
        """Return what was typed, its times read on the wall of `zone`. Raises Invalid for what cannot be read."""
        try:
            weight = Weight(int(self.weight.data or 0))
            audience = frozenset(Audience(name) for name in self.audience.data or ())
        except ValueError as error:
            raise Invalid(N_("Choose from the lists.")) from error
        starts_at, ends_at = (self._instant(name, zone) for name in ("starts_at", "ends_at"))
        texts = {language: self._text(language) for language in WRITTEN}
        return Written(weight, self.service.data or None, audience, starts_at, ends_at, texts)

    def seen_number(self) -> int:
        """Return the number of savings the form was made from; 0 where it carries none."""
        typed = self.seen.data or ""
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0

    def _instant(self, name: str, zone: ZoneInfo) -> datetime:
        try:
            wall = datetime.fromisoformat(self[name].data or "")
            if wall.tzinfo is None:
                return instant(wall, zone)
        except (ValueError, OverflowError):
            pass
        raise Invalid(INCOMPLETE, {name: Sentence(N_("Write day and time, such as 2027-02-16T09:00."))})

    def _text(self, language: str) -> Text:
        title = " ".join((self[f"title_{language}"].data or "").split())
        return Text(title, (self[f"source_{language}"].data or "").replace("\r\n", "\n").strip())

    def refuse(self, error: Invalid) -> None:
        """Put an action's sentences beside their fields."""
        for name, sentence in error.fields.items():
            self[name].errors = (*self[name].errors, say(sentence))
        if not error.fields:
            self.form_errors.append(say(error.sentence))


def announcement_form(**kwargs: Any) -> AnnouncementForm:
    """Return the form with the choices of this administrator: as sent, or filled with `data`."""
    form = AnnouncementForm(**kwargs)
    services = catalogue.current(reading()).services.values()
    own = [(each.id, each.name.get(locale_code())) for each in services if may_manage(g.actor, each.id)]
    for_all = [("", gettext("All services"))] if may_manage(g.actor, None) else []
    form.service.choices = choices(*for_all, *own)
    form.weight.choices = choices(*((str(int(each)), gettext(WEIGHTS[each.name])) for each in Weight))
    form.audience.choices = choices(*((value, gettext(words)) for value, words in AUDIENCES.items()))
    return form


def data_of(written: Written) -> dict[str, Any]:
    """Return the form's fields for an announcement as it stands, but for its times."""
    texts = {
        f"{name}_{language}": value
        for language, text in written.texts.items()
        for name, value in (("title", text.title), ("source", text.source))
    }
    audience = [name.value for name in Audience if name in written.audience]
    return {"weight": str(int(written.weight)), "service": written.service_id or "", "audience": audience, **texts}
