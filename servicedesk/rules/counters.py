"""What a counter is: its topics, modes, windows, closures and terms, validated and in their stored form."""

from collections.abc import Mapping
from datetime import date, time
from enum import StrEnum
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo, available_timezones

from holidays import country_holidays
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from servicedesk.rules.catalogue import LocalText
from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_

UNIT_MINUTES = 5
"""The unit of time that a booking holds; every length is a multiple of it, so that lengths may change later."""


class Mode(StrEnum):
    """How one meets the counter."""

    IN_PERSON = "in_person"
    ONLINE = "online"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Length = Annotated[int, Field(ge=UNIT_MINUTES, le=240, multiple_of=UNIT_MINUTES)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class Topic(_Part):
    """What one may come for, and how many minutes it takes."""

    key: Key
    name: LocalText
    minutes: Length


class Window(_Part):
    """Opening hours on the wall of the counter: on a weekday (Monday is 0), or on one date instead of its weekday's."""

    opens: time
    closes: time
    weekday: Annotated[int, Field(ge=0, le=6)] | None = None
    day: date | None = None

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if (self.weekday is None) == (self.day is None):
            raise ValueError("a window has either a weekday or a day")
        if self.opens >= self.closes:
            raise ValueError("a window closes after it opens")
        if any(at.minute % UNIT_MINUTES or at.second for at in (self.opens, self.closes)):
            raise ValueError(f"a window opens and closes at a multiple of {UNIT_MINUTES} minutes")
        return self


class Closure(_Part):
    """Days, both included, on which the counter is closed."""

    first_day: date
    last_day: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError("a closure ends on its first day or later")
        return self


class Counter(_Part):
    """A counter with everything that decides when it can be booked."""

    key: Key
    name: LocalText
    place: LocalText
    group: str
    """The group that staffs it: its technicians and supervisors see the agenda."""
    zone: str = "Europe/Rome"
    country: str = "IT"
    province: str = ""
    """With it the days of the local patron saint are holidays too, such as 'BG'."""
    slot_minutes: Length = 5
    capacity: int = Field(default=1, ge=1, le=50)
    lead_minutes: int = Field(default=60, ge=0, le=43_200)
    horizon_days: int = Field(default=30, ge=1, le=180)
    cancel_minutes: int = Field(default=120, ge=0, le=43_200)
    modes: tuple[Mode, ...] = Field(default=(Mode.IN_PERSON,), min_length=1)
    meeting_url: Annotated[str, StringConstraints(pattern=r"^(https://\S+)?$")] = ""
    topics: tuple[Topic, ...] = Field(min_length=1)
    windows: tuple[Window, ...] = ()
    closures: tuple[Closure, ...] = ()
    is_active: bool = True

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if len({topic.key for topic in self.topics}) < len(self.topics):
            raise ValueError("two topics have the same key")
        if Mode.ONLINE in self.modes and not self.meeting_url:
            raise ValueError("a counter that meets online needs a meeting_url")
        if self.zone not in available_timezones():
            raise ValueError(f"{self.zone!r} is not an IANA time zone such as 'Europe/Rome'")
        try:
            country_holidays(self.country, subdiv=self.province or None)
        except NotImplementedError as error:
            raise ValueError(f"no holidays are known for {self.country!r} {self.province!r}") from error
        return self

    @property
    def clock(self) -> ZoneInfo:
        """The counter's time zone."""
        return ZoneInfo(self.zone)

    def topic(self, key: str | None) -> Topic | None:
        """Return the topic of this key, None when the counter has none."""
        return next((topic for topic in self.topics if topic.key == key), None)

    def as_data(self) -> dict[str, Any]:
        """Return the stored form."""
        return self.model_dump(mode="json")


def read_counter(data: Mapping[str, Any]) -> Counter:
    """Return the counter that this data describes. Raises Invalid with the first thing that is wrong with it."""
    try:
        return Counter.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Invalid(
            N_("The counter %(key)s cannot be used: %(where)s: %(reason)s"),
            key=str(data.get("key", "?")),
            where=".".join(map(str, first["loc"])) or "counter",
            reason=str(first["msg"]),
        ) from error
