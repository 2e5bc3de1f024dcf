"""The week of a counter as a table: days across, times down, and where a time is free a way to take it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from servicedesk.rules import appointments as rules
from servicedesk.rules.calendar import instant
from servicedesk.rules.counters import Counter
from servicedesk.rules.errors import NotFound
from servicedesk.store import appointments as store

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days or fewer, and for each time of the day the instants that are free, by day."""

    days: Sequence[date]
    rows: Sequence[tuple[time, Mapping[date, datetime]]]
    earlier: date | None
    later: date | None
    free_days: Collection[date]
    """Those of the days that have a free time."""
    next_free: date | None
    """The first day with a free time, where this week has none."""


def week(session: Session, key: str, minutes: int, wanted: date | None, now: datetime) -> Week:
    """Return the week of the day wanted, by default the first that has a free time."""
    counter_id, counter = store.counter_row(session, key)
    first, last = rules.bookable_days(counter, now)
    taken = store.taken(session, counter_id, _midnight(counter, first), _midnight(counter, last + WEEK), now)
    soonest = rules.first_free_day(counter, minutes, taken, now)
    days = rules.week_of(wanted or soonest or first)
    free = {day: rules.free_slots(counter, day, minutes, taken, now) for day in days}
    rows: dict[time, dict[date, datetime]] = {}
    for day, slots in free.items():
        for slot in slots:
            wall = slot.starts_at.astimezone(counter.clock).time()
            rows.setdefault(wall, {})[day] = slot.starts_at
    return Week(
        days=[day for day in days if day.weekday() < 5 or free[day]],
        rows=sorted(rows.items()),
        earlier=days[0] - WEEK if days[0] > first else None,
        later=days[0] + WEEK if days[-1] < last else None,
        free_days=[day for day in days if free[day]],
        next_free=None if rows else soonest,
    )


def _midnight(counter: Counter, day: date) -> datetime:
    return instant(datetime.combine(day, time()), counter.clock)


def read_day(written: str | None) -> date | None:
    """Return the day an address names, None where it names none. Raises NotFound for what is no day."""
    if not written:
        return None
    try:
        day = date.fromisoformat(written)
        if not 2000 < day.year < 2200:
            raise ValueError(written)
    except ValueError as error:
        raise NotFound() from error
    return day


def read_instant(written: str) -> datetime:
    """Return the instant (UTC) that a button sends. Raises NotFound for what is none."""
    try:
        return datetime.fromisoformat(written).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise NotFound() from error
