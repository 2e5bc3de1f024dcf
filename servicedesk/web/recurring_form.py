"""The form of a recurring request: what it says, in whose name, on which days, what is done with it at once."""

import re
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any, TypeVar

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    HiddenField,
    MultipleFileField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.widgets import CheckboxInput, ListWidget

from servicedesk.actions.recurring import ForWhom
from servicedesk.rules.automation import Deeds
from servicedesk.rules.catalogue import Catalogue, Category, LocalText
from servicedesk.rules.errors import Invalid
from servicedesk.rules.priority import LEVELS
from servicedesk.rules.recurring import Missed, Recurring, rhythm_faults
from servicedesk.rules.rhythm import END_OF_MONTH, LAST, OffDay, Rhythm, Unit
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store import queue
from servicedesk.store import recurring as store
from servicedesk.web import parked
from servicedesk.web.db import reading
from servicedesk.web.fields import ADDRESS
from servicedesk.web.labels import impact, label, level
from servicedesk.web.language import locale_code, say
from servicedesk.web.portal.forms import PREFIX, own_fields
from servicedesk.web.recurring_words import MISSED, NUMBERS, OFF_DAYS, UNITS, day_words, months, weekdays
from servicedesk.web.workbench.choices import staff_name
from servicedesk.web.workbench.forms import choices

T = TypeVar("T")
UNREADABLE = N_("The recurring request cannot be kept like this.")
NO_ADDRESS = N_("Type an e-mail address such as name@example.org.")
DEEDS = ("group", "technician", "urgency", "impact", "note")
DAYS = range(1, END_OF_MONTH + 1)


class RecurringForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A recurring request as it is written; `rules.recurring` knows what makes it complete."""

    seen = HiddenField()
    idempotency_key = HiddenField()
    name = StringField(_l("Name"), description=_l("As it stands in the list; requesters never see it."))
    title_it = StringField(_l("Title in Italian"))
    text_it = TextAreaField(_l("What is to be done, in Italian"))
    title_en = StringField(_l("Title in English"))
    text_en = TextAreaField(_l("What is to be done, in English"))
    requester = SelectField(_l("Somebody who works here"), validate_choice=False)
    office_name = StringField(_l("Name of the office"))
    office_email = StringField(_l("E-mail of the office"))
    every = StringField(_l("Every"))
    unit = SelectField(_l("Counted in"), validate_choice=False)
    weekdays = SelectMultipleField(
        _l("On which days"), widget=ListWidget(), option_widget=CheckboxInput(), validate_choice=False
    )
    nth = SelectField(_l("Which one in the month"), validate_choice=False)
    weekday = SelectField(_l("Weekday"), validate_choice=False)
    day = SelectField(_l("Day of the month"), validate_choice=False)
    month = SelectField(_l("Month"), validate_choice=False)
    files = MultipleFileField(_l("Attachments"), description=_l("Every request that it opens gets a copy of its own."))
    at = StringField(_l("At what time"))
    starts = StringField(_l("First day"))
    ends = StringField(_l("Last day"), description=_l("Empty: it goes on until somebody pauses it."))
    off_days = RadioField(_l("On a day when the desk is closed"), validate_choice=False)
    missed = RadioField(_l("If the desk stood still, those it missed"), validate_choice=False)
    do_group = SelectField(_l("Give it to the group"), validate_choice=False)
    do_technician = SelectField(_l("Give it to the technician"), validate_choice=False)
    do_urgency = SelectField(_l("Urgency"), validate_choice=False)
    do_impact = SelectField(_l("Impact"), validate_choice=False)
    do_note = TextAreaField(
        _l("Internal note"), description=_l("Such as what to look at, point by point. The requester never reads it.")
    )

    def written(self, category: Category, files: Mapping[str, str]) -> tuple[Recurring, ForWhom]:
        """Return what was typed; `files` are the names of those that fields of the category ask for.

        Raises Invalid, with a sentence at each field, for what cannot be read.
        """
        rhythm, whom = self.rhythm(), self._whom()
        it = Recurring(
            name=_line(self.name.data),
            category=category.key,
            title=LocalText(_line(self.title_it.data), _line(self.title_en.data)),
            text=LocalText(_text(self.text_it.data), _text(self.text_en.data)),
            rhythm=rhythm,
            answers={**self._answers(), **files},
            deeds=Deeds(
                group=self.do_group.data or "",
                technician=self.do_technician.data or "",
                urgency=_number(self.do_urgency.data),
                impact=_number(self.do_impact.data),
                note=_text(self.do_note.data),
            ),
            missed=_chosen(Missed, self.missed.data, Missed.LATE),
        )
        return it, whom

    def rhythm(self) -> Rhythm:
        """Return on which days, as typed. Raises Invalid, with a sentence at each field, for what makes no days."""
        faults: dict[str, Sentence] = {}
        made = self._rhythm(faults)
        faults.update((name, Sentence(words)) for name, words in rhythm_faults(made))
        if faults:
            raise Invalid(UNREADABLE, faults)
        return made

    def _rhythm(self, faults: dict[str, Sentence]) -> Rhythm:
        day = Sentence(N_("Choose a date."))
        starts = _read(self.starts.data, date.fromisoformat, date(2000, 1, 1), "starts", day, faults)
        ends = _read(self.ends.data, date.fromisoformat, starts, "ends", day, faults) if self.ends.data else None
        hour = Sentence(N_("Write a time such as 08:30."))
        unit = _chosen(Unit, self.unit.data, Unit.WEEK)
        one = (min(_number(self.weekday.data), 6),)
        return Rhythm(
            unit=unit,
            starts=starts,
            at=_read(self.at.data, time.fromisoformat, time(8), "at", hour, faults).replace(second=0, tzinfo=None),
            every=_number(self.every.data),
            weekdays=one if unit is Unit.MONTH_WEEKDAY else self._weekdays(),
            day=min(max(_number(self.day.data), 1), END_OF_MONTH),
            nth=min(max(_number(self.nth.data), 1), LAST),
            month=min(max(_number(self.month.data), 1), 12),
            ends=ends,
            off_days=_chosen(OffDay, self.off_days.data, OffDay.OPEN),
        )

    def _weekdays(self) -> tuple[int, ...]:
        return tuple(sorted({int(each) for each in self.weekdays.data or () if each in set("0123456")}))

    def _whom(self) -> ForWhom:
        if self.requester.data:
            return ForWhom(_number(self.requester.data))
        address = (self.office_email.data or "").strip()
        if not _ADDRESS.match(address):
            raise Invalid(UNREADABLE, {"office_email": Sentence(NO_ADDRESS)})
        return ForWhom(None, _line(self.office_name.data)[:120], address[:254])

    def _answers(self) -> Mapping[str, str]:
        own = {name.removeprefix(PREFIX): field.data for name, field in self._fields.items() if name.startswith(PREFIX)}
        typed = {key: "1" if value is True else value or "" for key, value in own.items()}
        return {key: value for key, value in typed.items() if isinstance(value, str)}

    def seen_number(self) -> int:
        """Return the revision the form was made from; 0 where it carries none."""
        return _number(self.seen.data)

    def refuse(self, error: Invalid) -> None:
        """Put a rule's sentences beside their fields."""
        for name, sentence in error.fields.items():
            if name in self:
                self[name].errors = (*self[name].errors, say(sentence))
            else:
                self.form_errors.append(say(sentence))
        if not error.fields:
            self.form_errors.append(say(error.sentence))


_ADDRESS = re.compile(ADDRESS, re.IGNORECASE | re.ASCII)


def _line(typed: str | None) -> str:
    return " ".join((typed or "").split())


def _text(typed: str | None) -> str:
    return (typed or "").replace("\r\n", "\n").strip()


def _number(typed: str | None) -> int:
    return int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def _chosen(kind: Callable[[str], T], typed: str | None, usual: T) -> T:
    try:
        return kind(typed or "")
    except ValueError:
        return usual


def _read(
    typed: str | None, read: Callable[[str], T], usual: T, name: str, words: Sentence, faults: dict[str, Sentence]
) -> T:
    try:
        found = read((typed or "").strip())
        if isinstance(found, date) and not 2000 <= found.year < 2200:
            raise ValueError(typed)
    except ValueError:
        faults[name] = words
        return usual
    return found


def recurring_form(category: Category, tree: Catalogue, data: Mapping[str, Any]) -> RecurringForm:
    """Return the form of a category: as sent, as kept over a sign-in, or filled with `data`."""
    kind: type[RecurringForm] = type("CategoryForm", (RecurringForm,), own_fields(category))
    form = kind() if request.method == "POST" else kind(formdata=parked.restored(), data=dict(data))
    return _fill_choices(form, tree)


def _fill_choices(form: RecurringForm, tree: Catalogue) -> RecurringForm:
    session, language = reading(), locale_code()
    staff = [(str(who.id), staff_name(who)) for who in store.staff(session)]
    technicians = [
        (str(who.code), staff_name(who)) for who in queue.technicians(session, list(tree.groups)) if who.code
    ]
    named = [(each.code, each.name.get(language)) for each in tree.groups.values() if each.active]
    as_usual = ("", gettext("as usual"))
    form.requester.choices = choices(("", gettext("an office, known by name and address")), *staff)
    form.unit.choices = choices(*((each.value, label(UNITS, each)) for each in Unit))
    form.weekdays.choices = form.weekday.choices = choices(*((str(n), name) for n, name in enumerate(weekdays())))
    form.nth.choices = choices(*((number, label(NUMBERS, number)) for number in NUMBERS))
    form.day.choices = choices(*((str(day), day_words(day)) for day in DAYS))
    form.month.choices = choices(*((str(n), name) for n, name in enumerate(months(), 1)))
    form.off_days.choices = choices(*((each.value, label(OFF_DAYS, each)) for each in OffDay))
    form.missed.choices = choices(*((each.value, label(MISSED, each)) for each in Missed))
    form.do_group.choices = choices(as_usual, *named)
    form.do_technician.choices = choices(as_usual, *technicians)
    form.do_urgency.choices = choices(as_usual, *((str(number), level(number)) for number in LEVELS))
    form.do_impact.choices = choices(as_usual, *((str(number), impact(number)) for number in LEVELS))
    return form


def new_data(today: date, person_id: int) -> dict[str, Any]:
    """Return what a new one begins as: every Monday at eight, in one's own name."""
    return {
        "requester": str(person_id),
        "every": "1",
        "unit": Unit.WEEK.value,
        "weekdays": ["0"],
        "at": "08:00",
        "starts": today.isoformat(),
        "off_days": OffDay.NEXT.value,
        "missed": Missed.LATE.value,
    }


def data_of(it: Recurring, whom: ForWhom, revision: int) -> dict[str, Any]:
    """Return a recurring request as the form shows it."""
    rhythm, deeds = it.rhythm, it.deeds
    return {
        "seen": str(revision),
        "name": it.name,
        "title_it": it.title.it,
        "title_en": it.title.en,
        "text_it": it.text.it,
        "text_en": it.text.en,
        "requester": str(whom.person_id or ""),
        "office_name": whom.office_name,
        "office_email": whom.office_email,
        "every": str(rhythm.every),
        "unit": rhythm.unit.value,
        "weekdays": [str(day) for day in rhythm.weekdays],
        "weekday": str(next(iter(rhythm.weekdays), 0)),
        "nth": str(rhythm.nth),
        "day": str(rhythm.day),
        "month": str(rhythm.month),
        "at": f"{rhythm.at:%H:%M}",
        "starts": rhythm.starts.isoformat(),
        "ends": rhythm.ends.isoformat() if rhythm.ends else "",
        "off_days": rhythm.off_days.value,
        "missed": it.missed.value,
        **{
            f"do_{name}": str(getattr(deeds, name) or "")
            for name in ("group", "technician", "urgency", "impact", "note")
        },
        **{PREFIX + key: value for key, value in it.answers.items()},
    }
