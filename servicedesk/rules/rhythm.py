"""The days of what comes again and again: counted, moved off days without work, and turned into instants."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from zoneinfo import ZoneInfo

from servicedesk.rules.calendar import instant, local_day

LAST = 5
"""As the number of a weekday in its month: the last one."""
END_OF_MONTH = 31
"""As the day of a month: its last day, however many it has; so is any day that a month is too short for."""
FARTHEST_MOVED = timedelta(days=62)
"""A desk that is closed for longer opens nothing in that time."""
LOOKED_AHEAD = timedelta(days=366 * 30)
DAY = timedelta(days=1)


class Unit(StrEnum):
    """What its days are counted in."""

    DAY = "day"
    WEEK = "week"
    MONTH_DAY = "month_day"
    MONTH_WEEKDAY = "month_weekday"
    YEAR = "year"


class OffDay(StrEnum):
    """What becomes of a day on which the desk is closed."""

    OPEN = "open"
    NEXT = "next"
    PREVIOUS = "previous"
    SKIP = "skip"


MOST: Mapping[Unit, int] = {
    Unit.DAY: 366,
    Unit.WEEK: 52,
    Unit.MONTH_DAY: 60,
    Unit.MONTH_WEEKDAY: 60,
    Unit.YEAR: 10,
}
"""The longest of its steps."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """On which days and at what time on the wall; each unit reads its own fields and ignores the rest."""

    unit: Unit
    starts: date
    """The first day that may count; weeks, months and years are counted from the one it lies in."""
    at: time
    every: int = 1
    weekdays: tuple[int, ...] = ()
    """Monday is 0. Any of them for weeks, the one meant for the weekday of a month."""
    day: int = 1
    nth: int = 1
    month: int = 1
    ends: date | None = None
    """The last day that may count."""
    off_days: OffDay = OffDay.OPEN


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time it opens; `meant` is the day before it was moved off a day without work."""

    at: datetime
    day: date
    meant: date


def falls_on(rhythm: Rhythm, day: date) -> bool:
    """Whether the rhythm means this day, closed or not; it is not asked for days before the first."""
    return _FALLS[rhythm.unit](rhythm, day)


def _by_day(rhythm: Rhythm, day: date) -> bool:
    return (day - rhythm.starts).days % rhythm.every == 0


def _by_week(rhythm: Rhythm, day: date) -> bool:
    weeks = (_monday(day) - _monday(rhythm.starts)).days // 7
    return day.weekday() in rhythm.weekdays and weeks % rhythm.every == 0


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _by_month_day(rhythm: Rhythm, day: date) -> bool:
    return day.day == min(rhythm.day, _length(day)) and _months(rhythm, day) % rhythm.every == 0


def _by_month_weekday(rhythm: Rhythm, day: date) -> bool:
    number = LAST if rhythm.nth == LAST and day.day + 7 > _length(day) else (day.day - 1) // 7 + 1
    is_meant = day.weekday() in rhythm.weekdays and number == rhythm.nth
    return is_meant and _months(rhythm, day) % rhythm.every == 0


def _by_year(rhythm: Rhythm, day: date) -> bool:
    is_meant = day.month == rhythm.month and day.day == min(rhythm.day, _length(day))
    return is_meant and (day.year - rhythm.starts.year) % rhythm.every == 0


def _months(rhythm: Rhythm, day: date) -> int:
    return (day.year - rhythm.starts.year) * 12 + day.month - rhythm.starts.month


def _length(day: date) -> int:
    return ((day.replace(day=28) + 4 * DAY).replace(day=1) - DAY).day


_FALLS: Mapping[Unit, Callable[[Rhythm, date], bool]] = {
    Unit.DAY: _by_day,
    Unit.WEEK: _by_week,
    Unit.MONTH_DAY: _by_month_day,
    Unit.MONTH_WEEKDAY: _by_month_weekday,
    Unit.YEAR: _by_year,
}


def occurrences(
    rhythm: Rhythm, after: datetime, zone: ZoneInfo, is_open: Callable[[date], bool]
) -> Iterator[Occurrence]:
    """Yield, in order, each time it opens later than `after`; two days moved onto one day open once.

    The time on the wall is kept over summer time: one that is skipped moves past the gap, a doubled one is the second.
    First and last day bound the days as they are meant, before they are moved.
    """
    here = local_day(after, zone)
    day = max(rhythm.starts, here - FARTHEST_MOVED)
    last = min(rhythm.ends or date.max, max(day, here) + LOOKED_AHEAD)
    before: date | None = None
    while day <= last:
        moved = _moved(rhythm.off_days, day, is_open) if falls_on(rhythm, day) else None
        if moved is not None and moved != before:
            before, at = moved, instant(datetime.combine(moved, rhythm.at), zone)
            if at > after:
                yield Occurrence(at, moved, day)
        day += DAY


def _moved(off_days: OffDay, day: date, is_open: Callable[[date], bool]) -> date | None:
    if off_days is OffDay.OPEN or is_open(day):
        return day
    if off_days is OffDay.SKIP:
        return None
    step = DAY if off_days is OffDay.NEXT else -DAY
    days = (day + number * step for number in range(1, FARTHEST_MOVED.days + 1))
    return next((each for each in days if is_open(each)), None)


def next_one(rhythm: Rhythm, after: datetime, zone: ZoneInfo, is_open: Callable[[date], bool]) -> Occurrence | None:
    """Return the first time it opens later than `after`; None when that was all."""
    return next(occurrences(rhythm, after, zone, is_open), None)


def next_ones(
    rhythm: Rhythm, after: datetime, zone: ZoneInfo, is_open: Callable[[date], bool], count: int
) -> list[Occurrence]:
    """Return the next times it opens, at most `count`."""
    return list(islice(occurrences(rhythm, after, zone, is_open), count))
