"""The rows of a counter's form: topics, hours by weekday and by date, closures; an empty row is none."""

from collections.abc import Callable
from datetime import time
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form, HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the type stubs
from wtforms.validators import Length, ValidationError

from servicedesk.rules.counters import LONGEST_MINUTES, UNIT_MINUTES
from servicedesk.web.appointments.times import weekday_name
from servicedesk.web.fields import read_day, squeezed

LONGEST_NAME = 120


def name_field(words: str, **more: Any) -> StringField:
    """Return a field for a name in one language."""
    too_long = Length(max=LONGEST_NAME, message=_l("The name is too long: write at most %(max)d characters."))
    return StringField(words, [*more.pop("validators", ()), too_long], filters=[squeezed], **more)


def minutes(typed: str) -> int:
    """Return a length in minutes. Raises ValidationError for one that no appointment can have."""
    length = int(typed) if typed.isdecimal() and len(typed) <= 4 else 0
    if length % UNIT_MINUTES or not UNIT_MINUTES <= length <= LONGEST_MINUTES:
        said = {"unit": UNIT_MINUTES, "most": LONGEST_MINUTES}
        raise ValidationError(_("Type a multiple of %(unit)d minutes, at most %(most)d.", **said))
    return length


def clock(typed: str) -> time:
    """Return a time of the day. Raises ValidationError for what is none, and for odd minutes."""
    try:
        read = time.fromisoformat(typed)
    except ValueError as error:
        raise ValidationError(_("Type a time such as 09:30.")) from error
    if read.minute % UNIT_MINUTES or read.second or read.microsecond or read.tzinfo:
        raise ValidationError(_("Type a time at a multiple of %(unit)d minutes.", unit=UNIT_MINUTES))
    return read


class Row(Form):
    """A row that is either empty or whole, but for its `optional` fields."""

    optional: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed into it."""
        return not any((field.data or "").strip() for field in self if field.type != "HiddenField")

    def validate(self, extra_validators: Any = None) -> bool:
        """Check a row that is not empty."""
        if self.is_empty:
            return True
        is_good: bool = super().validate(extra_validators)
        for field in self:
            is_needed = field.type != "HiddenField" and field.short_name not in self.optional
            if is_needed and not (field.data or "").strip():
                field.errors = [_("Fill this in, or empty the whole row.")]
                is_good = False
        return is_good and self.fits_together()

    def fits_together(self) -> bool:
        """Whether the fields of the row agree with each other."""
        return True

    def read(self, name: str, reader: Callable[[str], Any]) -> Any:
        """Return what a field means, None where that cannot be read."""
        try:
            return reader(self[name].data or "")
        except ValidationError:
            return None

    def refuse(self, name: str, sentence: str) -> bool:
        """Note what is wrong with a field."""
        self[name].errors = [sentence]
        return False


class TopicRow(Row):
    """What one may come for; its key stays when its name changes."""

    key = HiddenField()
    name_it = name_field(_l("Name in Italian"))
    name_en = name_field(_l("Name in English"))
    minutes = StringField(_l("Minutes"), render_kw={"inputmode": "numeric"})

    def validate_minutes(self, field: StringField) -> None:
        """Refuse a length that no appointment can have."""
        if field.data:
            minutes(field.data)


class _Hours(Row):
    def validate_opens(self, field: StringField) -> None:
        """Refuse what is no time."""
        if field.data:
            clock(field.data)

    def validate_closes(self, field: StringField) -> None:
        """Refuse what is no time."""
        if field.data:
            clock(field.data)

    def fits_together(self) -> bool:
        """Whether it opens before it closes."""
        opens, closes = self.read("opens", clock), self.read("closes", clock)
        if opens and closes and opens >= closes:
            return self.refuse("closes", _("Type a time after the one at which it opens."))
        return True


class WeeklyRow(_Hours):
    """Hours on a day of every week."""

    weekday = SelectField(_l("Day"), validate_choice=False)
    opens = StringField(_l("Opens"), render_kw={"type": "time", "step": 300})
    closes = StringField(_l("Closes"), render_kw={"type": "time", "step": 300})

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        names = [SelectChoice(value=str(number), label=weekday_name(number)) for number in range(7)]
        self.weekday.choices = [SelectChoice(value="", label=_("Choose")), *names]

    def validate_weekday(self, field: SelectField) -> None:
        """Refuse what is no weekday."""
        if field.data and field.data not in {str(number) for number in range(7)}:
            raise ValidationError(_("Choose a day."))


class DatedRow(_Hours):
    """Hours on one date, instead of its weekday's."""

    day = StringField(_l("Date"), render_kw={"type": "date"})
    opens = StringField(_l("Opens"), render_kw={"type": "time", "step": 300})
    closes = StringField(_l("Closes"), render_kw={"type": "time", "step": 300})

    def validate_day(self, field: StringField) -> None:
        """Refuse what is no date."""
        if field.data:
            read_day(field.data)


class ClosureRow(Row):
    """Days on which the counter is closed."""

    first_day = StringField(_l("First day"), render_kw={"type": "date"})
    last_day = StringField(_l("Last day"), render_kw={"type": "date"})

    def validate_first_day(self, field: StringField) -> None:
        """Refuse what is no date."""
        if field.data:
            read_day(field.data)

    def validate_last_day(self, field: StringField) -> None:
        """Refuse what is no date."""
        if field.data:
            read_day(field.data)

    def fits_together(self) -> bool:
        """Whether it ends on its first day or later."""
        first, last = self.read("first_day", read_day), self.read("last_day", read_day)
        if first and last and first > last:
            return self.refuse("last_day", _("Choose the first day or a later one."))
        return True
