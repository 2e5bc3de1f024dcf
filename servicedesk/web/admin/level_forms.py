"""The forms of a target, of an operational level, and of the question which target a request would get."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the type stubs
from wtforms.validators import NumberRange, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.level_book import LONGEST_MINUTES, Book, Level, Operational, Target, Told
from servicedesk.rules.lifecycle import WaitingFor
from servicedesk.rules.priority import MAJOR
from servicedesk.web.fields import squeezed
from servicedesk.web.labels import KINDS, WAITING_FOR, label, level
from servicedesk.web.level_words import TOLD

_TIME = re.compile(r"([0-9]{1,5})(?::([0-5]?[0-9]))?")
_PERCENT = _l("Type a whole number from %(min)s to %(max)s.")


def read_time(typed: str | None) -> int | None:
    """Return the minutes of a time such as "4" or "4:30", None for nothing typed. Raises ValidationError."""
    if not typed:
        return None
    found = _TIME.fullmatch(typed)
    minutes = int(found[1]) * 60 + int(found[2] or 0) if found else 0
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise ValidationError(_("Type hours and minutes, such as 4:30 or 0:45."))
    return minutes


def shown_time(minutes: int | None) -> str:
    """Return minutes as they are typed, such as "4:30"."""
    return f"{minutes // 60}:{minutes % 60:02d}" if minutes else ""


class _TimeField(StringField):
    def pre_validate(self, form: Any) -> None:
        """Refuse what is no time."""
        read_time(self.data)

    @property
    def minutes(self) -> int | None:
        """The minutes of a checked field."""
        return read_time(self.data)


def _time(words: str) -> _TimeField:
    return _TimeField(words, filters=[squeezed], render_kw={"inputmode": "text", "autocomplete": "off"})


def _boxes(words: str) -> SelectMultipleField:
    return SelectMultipleField(words, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput())


class _LevelForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    seen = HiddenField()
    """The version of the service levels when the form was opened."""
    calendar = SelectField(_l("Calendar"))
    warn_percent = IntegerField(
        _l("Warn when so many per cent of the time have passed"), [NumberRange(1, 99, _PERCENT)], default=75
    )
    warn_tells = _boxes(_l("Whom the warning tells"))
    breach_tells = _boxes(_l("Whom it tells when time has run out"))
    breach_escalates = BooleanField(_l("Escalate the request when time has run out"))

    def choose_from(self, book: Book, tree: Catalogue, locale: str) -> None:
        """Offer what there is to choose from."""
        self.calendar.choices = _choices((key, each.name.get(locale)) for key, each in book.calendars.items())
        for field in (self.warn_tells, self.breach_tells):
            field.choices = _choices((told.value, _(TOLD[told])) for told in Told)

    def told(self) -> dict[str, Any]:
        """Return whom a checked form tells, and when."""
        return {
            "warn_percent": self.warn_percent.data or 75,
            "warn_tells": frozenset(Told(each) for each in self.warn_tells.data or ()),
            "breach_tells": frozenset(Told(each) for each in self.breach_tells.data or ()),
            "breach_escalates": bool(self.breach_escalates.data),
        }


class TargetForm(_LevelForm):
    """For which requests which times are promised."""

    service = SelectField(_l("Service"))
    category = SelectField(_l("Category, with everything below it"))
    kind = SelectField(_l("Type"))
    priority = SelectField(_l("Priority"))
    own = _time(_l("Time to own"))
    resolve = _time(_l("Time to resolve"))
    pauses = _boxes(_l("The clock also stops while waiting for"))

    def choose_from(self, book: Book, tree: Catalogue, locale: str) -> None:
        """Offer what there is to choose from."""
        super().choose_from(book, tree, locale)
        services = ((service.id, service.name.get(locale)) for service in tree.services.values())
        self.service.choices = _choices(services, _("All services"))
        self.category.choices = _choices(category_choices(tree, locale), _("All categories"))
        self.kind.choices = _choices(((kind, label(KINDS, kind)) for kind in ("request", "incident")), _("All types"))
        self.priority.choices = _choices(priority_choices(), _("All priorities"))
        waits = (each for each in WaitingFor if each is not WaitingFor.REQUESTER)
        self.pauses.choices = _choices((each.value, label(WAITING_FOR, each.value)) for each in waits)

    def validate_resolve(self, field: Field) -> None:
        """Demand a promise, and one that can be kept in order."""
        own, resolve = _read(self.own.data), _read(field.data)
        if own is None and resolve is None and not (self.own.data or field.data):
            raise ValidationError(_("Promise a time to own, a time to resolve, or both."))
        if own and resolve and own > resolve:
            raise ValidationError(_("Give at least as much time as for owning it."))

    def target(self, key: str) -> Target:
        """Return the target of a checked form; one for a category is for whatever service has that."""
        category = self.category.data or None
        return Target(
            key=key,
            calendar=self.calendar.data,
            own_minutes=self.own.minutes,
            resolve_minutes=self.resolve.minutes,
            service_id=None if category else self.service.data or None,
            category=category,
            kind=self.kind.data or None,
            priority=int(self.priority.data) if self.priority.data else None,
            pauses=frozenset(WaitingFor(each) for each in self.pauses.data or ()),
            **self.told(),
        )


class OperationalForm(_LevelForm):
    """How long a group may hold a request."""

    group = SelectField(_l("Group"))
    from_group = SelectField(_l("Handed over by"))
    time = _time(_l("Time in the group"))

    def choose_from(self, book: Book, tree: Catalogue, locale: str) -> None:
        """Offer what there is to choose from."""
        super().choose_from(book, tree, locale)
        groups = [(code, f"{group.name.get(locale)} ({code})") for code, group in tree.groups.items()]
        self.group.choices = _choices(groups)
        self.from_group.choices = _choices(groups, _("anybody"))

    def validate_time(self, field: Field) -> None:
        """Demand a time."""
        if not field.data:
            raise ValidationError(_("Type hours and minutes, such as 4:30 or 0:45."))

    def validate_from_group(self, field: Field) -> None:
        """Refuse a group that hands over to itself."""
        if field.data and field.data == self.group.data:
            raise ValidationError(_("Choose another group, or anybody."))

    def level(self, key: str) -> Operational:
        """Return the level of a checked form."""
        return Operational(
            key=key,
            calendar=self.calendar.data,
            group=self.group.data,
            minutes=self.time.minutes or 1,
            from_group=self.from_group.data or None,
            **self.told(),
        )


def _read(typed: str | None) -> int | None:
    try:
        return read_time(typed)
    except ValidationError:
        return None


def _choices(pairs: Iterable[tuple[str, str]], all_of_them: str = "") -> list[Any]:
    first = [("", all_of_them)] if all_of_them else []
    return [SelectChoice(value=value, label=words) for value, words in (*first, *pairs)]


def category_choices(tree: Catalogue, locale: str) -> list[tuple[str, str]]:
    """Return every category with its path in words, in the file's order."""
    return [(key, tree.path_name(key, locale)) for key, each in tree.categories.items() if not each.retired]


def priority_choices() -> Sequence[tuple[str, str]]:
    """Return the priorities, that of major incidents first."""
    return [(str(number), level(number)) for number in (MAJOR, 5, 4, 3, 2, 1)]


def typed_from(found: Level, number: int) -> dict[str, Any]:
    """Return what the form of this target or operational level holds when it is opened."""
    shared = {
        "seen": number,
        "calendar": found.calendar,
        "warn_percent": found.warn_percent,
        "warn_tells": [each.value for each in found.warn_tells],
        "breach_tells": [each.value for each in found.breach_tells],
        "breach_escalates": found.breach_escalates,
    }
    if isinstance(found, Operational):
        own = {"group": found.group, "from_group": found.from_group or "", "time": shown_time(found.minutes)}
        return {**shared, **own}
    return {
        **shared,
        "service": found.service_id or "",
        "category": found.category or "",
        "kind": found.kind or "",
        "priority": str(found.priority or ""),
        "own": shown_time(found.own_minutes),
        "resolve": shown_time(found.resolve_minutes),
        "pauses": [each.value for each in found.pauses],
    }
