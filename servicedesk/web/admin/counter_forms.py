"""The form of a counter: between what is typed, checked field by field, and the stored form of a counter."""

from collections.abc import Collection, Iterator
from typing import Any
from zoneinfo import available_timezones

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from holidays import country_holidays
from wtforms import BooleanField, Field, FieldList, FormField, HiddenField, IntegerField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Regexp, ValidationError

from servicedesk.rules.counters import MONTH_MINUTES, Counter, Mode, key_from
from servicedesk.web.admin.counter_rows import ClosureRow, DatedRow, TopicRow, WeeklyRow, minutes, name_field
from servicedesk.web.fields import squeezed

ROWS = ("topics", "weekly", "dated", "closures")
EMPTY_ROWS = 2
_NEEDED = DataRequired(_l("Fill this in."))


def _number(words: str, least: int, most: int, **more: Any) -> IntegerField:
    message = _l("Type a whole number from %(min)s to %(max)s.")
    checks = [InputRequired(message % {"min": least, "max": most}), NumberRange(least, most, message)]
    return _WholeNumber(words, checks, render_kw={"inputmode": "numeric", "type": "text"}, **more)


class _WholeNumber(IntegerField):
    """A number whose refusal says what is asked for: the range, as the checks that follow say it."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number, None for what is none."""
        typed = (valuelist or [""])[0].strip()
        self.data = int(typed) if typed.isdecimal() and len(typed) < 10 else None


class CounterForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Everything that decides when a counter can be booked."""

    feed_shows_names = BooleanField(_l("The calendar feed names who comes"))
    seen = HiddenField()
    """The mark of the counter when the form was opened."""
    name_it = name_field(_l("Name in Italian"), validators=[_NEEDED])
    name_en = name_field(_l("Name in English"), validators=[_NEEDED])
    place_it = name_field(_l("Place in Italian"), validators=[_NEEDED])
    place_en = name_field(_l("Place in English"), validators=[_NEEDED])
    group = SelectField(_l("Group that staffs it"))
    is_active = BooleanField(_l("It can be booked"))
    in_person = BooleanField(_l("In person"))
    online = BooleanField(_l("Online"))
    meeting_url = StringField(
        _l("Address of the online meeting"),
        [
            Regexp(r"^(https://\S+)?$", message=_l("Type an address that begins with https://.")),
            Length(max=500, message=_l("The address is too long: write at most %(max)d characters.")),
        ],
        filters=[squeezed],
    )
    topics = FieldList(FormField(TopicRow))
    weekly = FieldList(FormField(WeeklyRow))
    dated = FieldList(FormField(DatedRow))
    closures = FieldList(FormField(ClosureRow))
    country = StringField(_l("Country of the public holidays"), [_NEEDED], filters=[squeezed])
    province = StringField(_l("Province of the patron saint"), filters=[squeezed])
    zone = StringField(_l("Time zone"), [_NEEDED], filters=[squeezed])
    slot_minutes = StringField(_l("A time begins every so many minutes"), render_kw={"inputmode": "numeric"})
    capacity = _number(_l("People served at once"), 1, 50)
    lead_minutes = _number(_l("Minutes before which one books at the latest"), 0, MONTH_MINUTES)
    horizon_days = _number(_l("Days ahead that can be booked"), 1, 180)
    cancel_minutes = _number(_l("Minutes before which one cancels at the latest"), 0, MONTH_MINUTES)
    offer_hours = _number(_l("Hours for which a freed time is kept for the first in line"), 1, 72)

    def validate_slot_minutes(self, field: Field) -> None:
        """Refuse a step that the units of time do not allow."""
        minutes(field.data or "")

    def validate_zone(self, field: Field) -> None:
        """Refuse what is no time zone."""
        if field.data not in available_timezones():
            raise ValidationError(_("Type a time zone such as Europe/Rome."))

    def validate_province(self, field: Field) -> None:
        """Refuse a country or a province whose holidays nobody knows."""
        try:
            country_holidays(self.country.data or "", subdiv=field.data or None)
        except NotImplementedError as error:
            raise ValidationError(
                _("No holidays are known there. Use codes such as IT and BG, or leave the province empty.")
            ) from error

    def validate_in_person(self, field: Field) -> None:
        """Demand at least one mode."""
        if not (field.data or self.online.data):
            raise ValidationError(_("Choose at least one way to meet."))

    def validate_online(self, field: Field) -> None:
        """Demand the address where people meet online."""
        if field.data and not self.meeting_url.data:
            raise ValidationError(_("Type the address of the online meeting too."))

    def validate(self, extra_validators: Any = None) -> bool:
        """Check every field, and that there is something to come for."""
        is_good: bool = super().validate(extra_validators)
        if all(row.form.is_empty for row in self.topics):
            self.topics[0].form.name_it.errors = [_("Say what one may come for: a counter needs a topic.")]
            return False
        return is_good

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

    def counter_data(self, key: str) -> dict[str, Any]:
        """Return the stored form of the counter that was typed."""
        modes = [mode.value for mode, box in ((Mode.IN_PERSON, self.in_person), (Mode.ONLINE, self.online)) if box.data]
        return {
            "key": key,
            "name": {"it": self.name_it.data, "en": self.name_en.data},
            "place": {"it": self.place_it.data, "en": self.place_en.data},
            "group": self.group.data,
            "is_active": self.is_active.data,
            "modes": modes,
            "meeting_url": self.meeting_url.data or "",
            "topics": self._topics(),
            "windows": [
                *({**_hours(row), "weekday": int(row["weekday"])} for row in _filled(self.weekly)),
                *({**_hours(row), "day": row["day"]} for row in _filled(self.dated)),
            ],
            "closures": [
                {"first_day": row["first_day"], "last_day": row["last_day"]} for row in _filled(self.closures)
            ],
            "country": self.country.data,
            "province": self.province.data or "",
            "zone": self.zone.data,
            "slot_minutes": int(self.slot_minutes.data or 0),
            "capacity": self.capacity.data,
            "lead_minutes": self.lead_minutes.data,
            "horizon_days": self.horizon_days.data,
            "cancel_minutes": self.cancel_minutes.data,
            "offer_hours": self.offer_hours.data,
            "feed_shows_names": self.feed_shows_names.data,
        }

    def _topics(self) -> list[dict[str, Any]]:
        rows = list(_filled(self.topics))
        used = {row["key"] for row in rows if row["key"]}
        found = []
        for row in rows:
            key = row["key"] or key_from(row["name_en"], used)
            used.add(key)
            names = {"it": row["name_it"], "en": row["name_en"]}
            found.append({"key": key, "name": names, "minutes": int(row["minutes"])})
        return found


def typed_from(counter: Counter) -> dict[str, Any]:
    """Return what the form of this counter holds when it is opened."""
    return {
        "name_it": counter.name.get("it"),
        "name_en": counter.name.get("en"),
        "place_it": counter.place.get("it"),
        "place_en": counter.place.get("en"),
        **{name: getattr(counter, name) for name in _ALIKE},
        "slot_minutes": str(counter.slot_minutes),
        "in_person": Mode.IN_PERSON in counter.modes,
        "online": Mode.ONLINE in counter.modes,
        "topics": [
            {
                "key": topic.key,
                "name_it": topic.name.get("it"),
                "name_en": topic.name.get("en"),
                "minutes": str(topic.minutes),
            }
            for topic in counter.topics
        ],
        "weekly": [
            {"weekday": str(window.weekday), "opens": f"{window.opens:%H:%M}", "closes": f"{window.closes:%H:%M}"}
            for window in counter.windows
            if window.day is None
        ],
        "dated": [
            {"day": window.day.isoformat(), "opens": f"{window.opens:%H:%M}", "closes": f"{window.closes:%H:%M}"}
            for window in counter.windows
            if window.day is not None
        ],
        "closures": [
            {"first_day": each.first_day.isoformat(), "last_day": each.last_day.isoformat()}
            for each in counter.closures
        ],
    }


_ALIKE: Collection[str] = (
    *("group", "is_active", "meeting_url", "country", "province", "zone"),
    *("capacity", "lead_minutes", "horizon_days", "cancel_minutes", "offer_hours", "feed_shows_names"),
)
NEW = {
    "is_active": True,
    "in_person": True,
    "country": "IT",
    "zone": "Europe/Rome",
    "slot_minutes": "5",
    "capacity": 1,
    "lead_minutes": 60,
    "horizon_days": 30,
    "cancel_minutes": 120,
    "offer_hours": 12,
}
"""What a counter begins with."""


def _filled(rows: "FieldList[Any]") -> Iterator[dict[str, Any]]:
    return (row.data for row in rows if not row.form.is_empty)


def _hours(row: dict[str, Any]) -> dict[str, str]:
    return {"opens": row["opens"], "closes": row["closes"]}
