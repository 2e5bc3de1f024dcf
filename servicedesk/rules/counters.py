"""What a counter is: its topics, modes, windows, closures and terms, checked, and in their stored form."""

import json
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, time
from enum import StrEnum
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from holidays import country_holidays

from servicedesk.rules.catalogue import LocalText
from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_

UNIT_MINUTES = 5
"""The unit of time that a booking holds; every length is a multiple of it, so that lengths may change later."""
LONGEST_MINUTES = 240
MONTH_MINUTES = 43_200
KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class Mode(StrEnum):
    """How one meets the counter."""

    IN_PERSON = "in_person"
    ONLINE = "online"


def _check(holds: bool, reason: str) -> None:
    if not holds:
        raise ValueError(reason)


def _check_length(minutes: int, what: str) -> None:
    fits = UNIT_MINUTES <= minutes <= LONGEST_MINUTES and minutes % UNIT_MINUTES == 0
    _check(fits, f"{what} is a multiple of {UNIT_MINUTES} minutes, at most {LONGEST_MINUTES}")


@dataclass(frozen=True, slots=True)
class Topic:
    """What one may come for, and how many minutes it takes. Raises ValueError for a key or a length that cannot be."""

    key: str
    name: LocalText
    minutes: int

    def __post_init__(self) -> None:
        _check(KEY.fullmatch(self.key) is not None, "a topic's key is small letters, digits and hyphens")
        _check_length(self.minutes, "a topic's length")


@dataclass(frozen=True, slots=True)
class Window:
    """Opening hours on the wall of the counter: on a weekday (Monday is 0), or on one date instead of its weekday's.

    Raises ValueError for hours that cannot be.
    """

    opens: time
    closes: time
    weekday: int | None = None
    day: date | None = None

    def __post_init__(self) -> None:
        _check((self.weekday is None) != (self.day is None), "a window has either a weekday or a day")
        _check(self.weekday is None or 0 <= self.weekday <= 6, "a weekday is 0 (Monday) to 6")
        _check(self.opens < self.closes, "a window closes after it opens")
        on_units = not any(at.minute % UNIT_MINUTES or at.second for at in (self.opens, self.closes))
        _check(on_units, f"a window opens and closes at a multiple of {UNIT_MINUTES} minutes")


@dataclass(frozen=True, slots=True)
class Closure:
    """Days, both included, on which the counter is closed. Raises ValueError for an end before the beginning."""

    first_day: date
    last_day: date

    def __post_init__(self) -> None:
        _check(self.first_day <= self.last_day, "a closure ends on its first day or later")


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter with everything that decides when it can be booked. Raises ValueError for one that cannot work."""

    key: str
    name: LocalText
    place: LocalText
    group: str
    """The group that staffs it: its technicians and supervisors see the agenda."""
    topics: tuple[Topic, ...]
    zone: str = "Europe/Rome"
    country: str = "IT"
    province: str = ""
    """With it the days of the local patron saint are holidays too, such as 'BG'."""
    slot_minutes: int = 5
    capacity: int = 1
    lead_minutes: int = 60
    horizon_days: int = 30
    cancel_minutes: int = 120
    offer_hours: int = 12
    """How long a freed time is kept for the first in line."""
    modes: tuple[Mode, ...] = (Mode.IN_PERSON,)
    meeting_url: str = ""
    windows: tuple[Window, ...] = ()
    closures: tuple[Closure, ...] = ()
    feed_shows_names: bool = False
    """Whether the calendar feed names who comes; without it, number and topic alone."""
    is_active: bool = True

    def __post_init__(self) -> None:
        _check(KEY.fullmatch(self.key) is not None, "a counter's key is small letters, digits and hyphens")
        _check_length(self.slot_minutes, "slot_minutes")
        _check(1 <= self.capacity <= 50, "capacity is 1 to 50")
        _check(0 <= self.lead_minutes <= MONTH_MINUTES, f"lead_minutes is 0 to {MONTH_MINUTES}")
        _check(0 <= self.cancel_minutes <= MONTH_MINUTES, f"cancel_minutes is 0 to {MONTH_MINUTES}")
        _check(1 <= self.offer_hours <= 72, "offer_hours is 1 to 72")
        _check(1 <= self.horizon_days <= 180, "horizon_days is 1 to 180")
        _check(bool(self.topics), "a counter has topics")
        _check(len({topic.key for topic in self.topics}) == len(self.topics), "two topics have the same key")
        self._check_modes()
        self._check_calendar()

    def _check_modes(self) -> None:
        _check(bool(self.modes), "a counter has modes")
        safe = not self.meeting_url or re.fullmatch(r"https://\S+", self.meeting_url) is not None
        _check(safe, "meeting_url begins with https://")
        needed = Mode.ONLINE not in self.modes or bool(self.meeting_url)
        _check(needed, "a counter that meets online needs a meeting_url")

    def _check_calendar(self) -> None:
        _check(self.zone in available_timezones(), f"{self.zone!r} is not an IANA time zone such as 'Europe/Rome'")
        try:
            country_holidays(self.country, subdiv=self.province or None)
        except NotImplementedError as error:
            raise ValueError(f"no holidays are known for {self.country!r} {self.province!r}") from error

    @property
    def clock(self) -> ZoneInfo:
        """The counter's time zone."""
        return ZoneInfo(self.zone)

    def topic(self, key: str | None) -> Topic | None:
        """Return the topic of this key, None when the counter has none."""
        return next((topic for topic in self.topics if topic.key == key), None)

    def as_data(self) -> dict[str, Any]:
        """Return the stored form: what JSON can hold."""
        data = asdict(self)
        data["modes"] = [mode.value for mode in self.modes]
        data["topics"] = list(data["topics"])
        data["windows"] = [_written(window) for window in data["windows"]]
        data["closures"] = [_written(closure) for closure in data["closures"]]
        return data


def mark_of(counter: Counter) -> str:
    """Return a mark that is another one as soon as anything of the counter is different."""
    return sha256(json.dumps(counter.as_data(), sort_keys=True).encode()).hexdigest()


def key_from(name: str, used: Collection[str]) -> str:
    """Return a key made of a name's letters that is not among those used."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:36].strip("-") or "x"
    numbered = (f"{stem}-{number}" for number in range(2, len(used) + 3))
    return stem if stem not in used else next(key for key in numbered if key not in used)


def _written(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date | time) else value for name, value in values.items()}


def read_counter(data: Mapping[str, Any]) -> Counter:
    """Return the counter that this data describes. Raises Invalid with the first thing that is wrong with it."""
    try:
        return Counter(**{**_known(data), **_parts(data)})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Invalid(
            N_("The counter %(key)s cannot be used: %(reason)s"), key=str(data.get("key", "?")), reason=str(error)
        ) from error


def _known(data: Mapping[str, Any]) -> dict[str, Any]:
    unknown = set(data) - {field.name for field in fields(Counter)}
    _check(not unknown, f"unknown: {', '.join(sorted(unknown))}")
    return dict(data)


def _parts(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": LocalText(**data["name"]),
        "place": LocalText(**data["place"]),
        "topics": tuple(Topic(**{**topic, "name": LocalText(**topic["name"])}) for topic in data["topics"]),
        "modes": tuple(Mode(mode) for mode in data.get("modes", [Mode.IN_PERSON])),
        "windows": tuple(_window(window) for window in data.get("windows", ())),
        "closures": tuple(
            Closure(**{name: date.fromisoformat(day) for name, day in closure.items()})
            for closure in data.get("closures", ())
        ),
    }


def _window(data: Mapping[str, Any]) -> Window:
    hours = {name: time.fromisoformat(data[name]) for name in ("opens", "closes")}
    day = data.get("day")
    return Window(**{**data, **hours, "day": date.fromisoformat(day) if day else None})
