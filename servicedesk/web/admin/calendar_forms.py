"""The form of a calendar: between what is typed, checked row by row, and a calendar that time can be reckoned with."""

from collections.abc import Iterator, Mapping
from datetime import time
from typing import Any
from zoneinfo import available_timezones

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, FieldList, FormField, HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the type stubs
from wtforms.validators import DataRequired, ValidationError

from servicedesk.rules.catalogue import LocalText
from servicedesk.rules.level_book import MINUTES_OF_DAY, Calendar, Closure
from servicedesk.rules.opening_hours import Season, Span, Week
from servicedesk.store.service_levels import holidays_of
from servicedesk.web.admin.counter_rows import ClosureRow, Row, name_field
from servicedesk.web.appointments.times import weekday_name
from servicedesk.web.fields import read_day, squeezed

ROWS = ("weekly", "seasonal", "closures")
EMPTY_ROWS = 2
NEW = {"country": "IT", "zone": "Europe/Rome"}
"""What a calendar begins with."""
WORKING, EVERY = "working", "every"
DAYS: Mapping[str, tuple[int, ...]] = {
    WORKING: (0, 1, 2, 3, 4),
    EVERY: (0, 1, 2, 3, 4, 5, 6),
    **{str(day): (day,) for day in range(7)},
}
"""Which weekdays a row stands for."""
_NEEDED = DataRequired(_l("Fill this in."))


def _minutes(typed: str, is_end: bool = False) -> int:
    """Return minutes after midnight; a closing time of 00:00 is the end of the day. Raises ValidationError."""
    try:
        read = time.fromisoformat(typed)
    except ValueError as error:
        raise ValidationError(_("Type a time such as 09:30.")) from error
    return (read.hour * 60 + read.minute) or (MINUTES_OF_DAY if is_end else 0)


class SpanRow(Row):
    """Hours on one or several days of every week."""

    weekday = SelectField(_l("Day"), validate_choice=False)
    opens = StringField(_l("Opens"), render_kw={"type": "time"})
    closes = StringField(_l("Closes"), render_kw={"type": "time"})

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        several = [(WORKING, _("Monday to Friday")), (EVERY, _("Every day"))]
        days = [("", _("Choose")), *several, *((str(number), weekday_name(number)) for number in range(7))]
        self.weekday.choices = [SelectChoice(value=value, label=words) for value, words in days]

    def validate_weekday(self, field: Field) -> None:
        """Refuse what is no day."""
        if field.data and field.data not in DAYS:
            raise ValidationError(_("Choose a day."))

    def validate_opens(self, field: Field) -> None:
        """Refuse what is no time."""
        if field.data:
            _minutes(field.data)

    def validate_closes(self, field: Field) -> None:
        """Refuse what is no time."""
        if field.data:
            _minutes(field.data, is_end=True)

    def fits_together(self) -> bool:
        """Whether it opens before it closes."""
        opens, closes = self.read("opens", _minutes), self.read("closes", _end)
        if opens is not None and closes is not None and opens >= closes:
            return self.refuse("closes", _("Type a time after the one at which it opens."))
        return True

    @property
    def span(self) -> Span:
        """The hours of a checked row."""
        return _minutes(self.opens.data or ""), _minutes(self.closes.data or "", is_end=True)


def _end(typed: str) -> int:
    return _minutes(typed, is_end=True)


class SeasonRow(SpanRow):
    """Hours that hold between two days instead of the usual ones; rows with the same two days belong together."""

    first_day = StringField(_l("First day"), render_kw={"type": "date"})
    last_day = StringField(_l("Last day"), render_kw={"type": "date"})

    def validate_first_day(self, field: Field) -> None:
        """Refuse what is no date."""
        if field.data:
            read_day(field.data)

    def validate_last_day(self, field: Field) -> None:
        """Refuse what is no date."""
        if field.data:
            read_day(field.data)

    def fits_together(self) -> bool:
        """Whether it ends on its first day or later, and closes after it opens."""
        first, last = self.read("first_day", read_day), self.read("last_day", read_day)
        if first and last and first > last:
            return self.refuse("last_day", _("Choose the first day or a later one."))
        return super().fits_together()


class NamedClosureRow(ClosureRow):
    """Days on which it is closed, and why."""

    optional = frozenset({"name"})
    name = StringField(_l("Reason"), filters=[squeezed], render_kw={"maxlength": 80})


class CalendarForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """When a desk is open."""

    seen = HiddenField()
    """The version of the service levels when the form was opened."""
    name_it = name_field(_l("Name in Italian"), validators=[_NEEDED])
    name_en = name_field(_l("Name in English"), validators=[_NEEDED])
    weekly = FieldList(FormField(SpanRow))
    seasonal = FieldList(FormField(SeasonRow))
    closures = FieldList(FormField(NamedClosureRow))
    country = StringField(_l("Country of the public holidays"), filters=[squeezed])
    province = StringField(_l("Province of the patron saint"), filters=[squeezed])
    zone = StringField(_l("Time zone"), [_NEEDED], filters=[squeezed])

    def validate_zone(self, field: Field) -> None:
        """Refuse what is no time zone."""
        if field.data not in available_timezones():
            raise ValidationError(_("Type a time zone such as Europe/Rome."))

    def validate_province(self, field: Field) -> None:
        """Refuse a country or a province whose holidays nobody knows."""
        try:
            holidays_of(self.country.data or "", field.data or "")
        except ValueError as error:
            raise ValidationError(
                _("No holidays are known there. Use codes such as IT and BG, or leave the province empty.")
            ) from error

    def validate(self, extra_validators: Any = None) -> bool:
        """Check every field, that it opens at all, and that no two rows contradict."""
        if not super().validate(extra_validators):
            return False
        weekly = [row.form for row in self.weekly if not row.form.is_empty]
        if not weekly:
            self.weekly[0].form.weekday.errors = [_("Say when it is open: a calendar needs hours.")]
            return False
        seasons = self._seasons()
        weeks: list[list[Any]] = [weekly, *seasons.values()]
        return all(_are_apart(rows) for rows in weeks) and self._seasons_are_apart(seasons)

    def _seasons(self) -> dict[tuple[str, str], list[SeasonRow]]:
        found: dict[tuple[str, str], list[SeasonRow]] = {}
        for row in self.seasonal:
            if not row.form.is_empty:
                found.setdefault((row.form.first_day.data or "", row.form.last_day.data or ""), []).append(row.form)
        return dict(sorted(found.items()))

    def _seasons_are_apart(self, seasons: dict[tuple[str, str], list[SeasonRow]]) -> bool:
        until = ""
        for (first, last), rows in seasons.items():
            if first <= until:
                return rows[0].refuse("first_day", _("Another row covers some of these days with other dates."))
            until = last
        return True

    def add_rows(self) -> None:
        """Offer empty rows after those that are filled in."""
        for name in ROWS:
            for _row in range(EMPTY_ROWS):
                self[name].append_entry()

    def wrong_fields(self) -> Iterator[Field]:
        """Yield the fields, those of rows among them, that cannot be taken as they are."""
        for field in self:
            if field.short_name in ROWS:
                yield from (inner for row in field for inner in row.form if inner.errors)
            elif field.errors:
                yield field

    def calendar(self, key: str) -> Calendar:
        """Return the calendar that was typed, once `validate` has found nothing wrong."""
        closures = [row.form for row in self.closures if not row.form.is_empty]
        return Calendar(
            key=key,
            name=LocalText(self.name_it.data or "", self.name_en.data or ""),
            week=_week([row.form for row in self.weekly if not row.form.is_empty]),
            zone=self.zone.data or "",
            country=self.country.data or "",
            province=self.province.data or "",
            seasons=tuple(
                Season(read_day(first), read_day(last), _week(rows)) for (first, last), rows in self._seasons().items()
            ),
            closures=tuple(
                Closure(read_day(row.first_day.data), read_day(row.last_day.data), row.name.data or "")
                for row in closures
            ),
        )


def _week(rows: list[Any]) -> Week:
    spans: dict[int, list[Span]] = {}
    for row in rows:
        for day in DAYS[row.weekday.data]:
            spans.setdefault(day, []).append(row.span)
    return {day: tuple(sorted(spans[day])) for day in sorted(spans)}


def _are_apart(rows: list[Any]) -> bool:
    taken: dict[int, list[Span]] = {}
    for row in rows:
        opens, closes = row.span
        for day in DAYS[row.weekday.data]:
            if any(opens < other[1] and other[0] < closes for other in taken.get(day, [])):
                sentence = _("On %(day)s another row covers some of these hours.", day=weekday_name(day))
                return bool(row.refuse("opens", sentence))
            taken.setdefault(day, []).append((opens, closes))
    return True


def typed_from(calendar: Calendar) -> dict[str, Any]:
    """Return what the form of this calendar holds when it is opened."""
    return {
        "name_it": calendar.name.it,
        "name_en": calendar.name.en,
        "country": calendar.country,
        "province": calendar.province,
        "zone": calendar.zone,
        "weekly": _rows(calendar.week),
        "seasonal": [
            {**row, "first_day": season.first_day.isoformat(), "last_day": season.last_day.isoformat()}
            for season in calendar.seasons
            for row in _rows(season.week)
        ],
        "closures": [
            {"first_day": each.first_day.isoformat(), "last_day": each.last_day.isoformat(), "name": each.name}
            for each in calendar.closures
        ],
    }


def _rows(week: Week) -> list[dict[str, str]]:
    """Return the rows of a week, working days alike or all days alike as one."""
    rows, left = list[dict[str, str]](), {day: spans for day, spans in week.items() if spans}
    for name in (EVERY, WORKING):
        alike = {left.get(day, ()) for day in DAYS[name]}
        if len(alike) == 1 and (spans := alike.pop()):
            rows += [_row(name, span) for span in spans]
            left = {day: others for day, others in left.items() if day not in DAYS[name]}
    return rows + [_row(str(day), span) for day, spans in left.items() for span in spans]


def _row(day: str, span: Span) -> dict[str, str]:
    return {"weekday": day, "opens": clock(span[0]), "closes": clock(span[1])}


def clock(minutes: int) -> str:
    """Return minutes after midnight as "09:30"; the end of the day as "00:00"."""
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
