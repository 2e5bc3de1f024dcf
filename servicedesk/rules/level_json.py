"""The stored form of calendars and targets: plain data for a JSON column and for the audit."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from enum import StrEnum
from typing import Any

from servicedesk.rules.catalogue import LocalText
from servicedesk.rules.level_book import Book, Calendar, Closure, Operational, Target, Told
from servicedesk.rules.lifecycle import WaitingFor
from servicedesk.rules.opening_hours import OpeningHours, Season, Week

Data = dict[str, Any]


def book_data(book: Book) -> Data:
    """Return a book as plain data."""
    return {
        "calendars": [as_data(calendar) for calendar in book.calendars.values()],
        "targets": [as_data(target) for target in book.targets],
        "operational": [as_data(level) for level in book.operational],
    }


def as_data(part: Calendar | Target | Operational) -> Data:
    """Return one part of a book as plain data."""
    return {name: _plain(value) for name, value in asdict(part).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, frozenset):
        return sorted(_plain(each) for each in value)
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return value


def read_book(data: Mapping[str, Any], opened: Callable[[Calendar], OpeningHours] | None = None) -> Book:
    """Return the book that `book_data` made into `data`. Raises ValueError or KeyError for anything else."""
    calendars = [read_calendar(each) for each in data["calendars"]]
    return Book(
        calendars={calendar.key: calendar for calendar in calendars},
        targets=tuple(_target(each) for each in data["targets"]),
        operational=tuple(Operational(**{**each, **_tells(each)}) for each in data["operational"]),
        opened=opened,
    )


def read_calendar(data: Mapping[str, Any]) -> Calendar:
    """Return the calendar of this data. Raises ValueError or KeyError for what is none."""
    seasons = tuple(Season(*_days(each), week=_week(each["week"])) for each in data["seasons"])
    closures = tuple(Closure(*_days(each), name=each["name"]) for each in data["closures"])
    parts = {"name": LocalText(**data["name"]), "week": _week(data["week"]), "seasons": seasons, "closures": closures}
    return Calendar(**{**data, **parts})


def _target(data: Mapping[str, Any]) -> Target:
    pauses = frozenset(WaitingFor(each) for each in data["pauses"])
    return Target(**{**data, **_tells(data), "pauses": pauses})


def _tells(data: Mapping[str, Any]) -> dict[str, frozenset[Told]]:
    return {name: frozenset(Told(each) for each in data[name]) for name in ("warn_tells", "breach_tells")}


def _days(data: Mapping[str, str]) -> tuple[date, date]:
    return date.fromisoformat(data["first_day"]), date.fromisoformat(data["last_day"])


def _week(data: Mapping[str, list[list[int]]]) -> Week:
    return {int(weekday): tuple((opens, closes) for opens, closes in spans) for weekday, spans in data.items()}
