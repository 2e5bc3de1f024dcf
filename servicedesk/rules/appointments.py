"""When a counter can be booked: slots on the wall and in time, which of them are free, until when one cancels."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from holidays import country_holidays

from servicedesk.rules.calendar import instant, local_day
from servicedesk.rules.counters import UNIT_MINUTES, Counter

UNIT = timedelta(minutes=UNIT_MINUTES)
HOLD = timedelta(minutes=5)
"""How long a slot is kept for whoever fills in the form."""
MOST_AHEAD = 3
"""Appointments that one person may have before them at one counter."""
Taken = Mapping[datetime, Collection[int]]
"""The seats that are taken in each unit of time."""


class Stage(StrEnum):
    """What an appointment is at."""

    HELD = "held"
    OFFERED = "offered"
    BOOKED = "booked"
    CANCELLED = "cancelled"
    PRESENT = "present"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Slot:
    """A time at which one may come: from and until (UTC)."""

    starts_at: datetime
    ends_at: datetime


@lru_cache(maxsize=200)
def holidays_in(country: str, province: str, year: int) -> frozenset[date]:
    """Return the public holidays of a year, with the patron saint's where a province is named."""
    return frozenset(country_holidays(country, subdiv=province or None, years=year))


def is_closed(counter: Counter, day: date) -> bool:
    """Whether the counter does not open on this day: a holiday or a closure; a window for the very date opens it."""
    if any(closure.first_day <= day <= closure.last_day for closure in counter.closures):
        return True
    opened = any(window.day == day for window in counter.windows)
    return not opened and day in holidays_in(counter.country, counter.province, day.year)


def slots(counter: Counter, day: date, minutes: int) -> list[Slot]:
    """Return every slot of a day for a matter of so many minutes, free or not.

    A wall time that summer time leaves out has no slot, and of a doubled one the second counts.
    """
    if is_closed(counter, day):
        return []
    dated = [window for window in counter.windows if window.day == day]
    windows = dated or [window for window in counter.windows if window.weekday == day.weekday()]
    found = (slot for window in windows for slot in _within(counter, day, window.opens, window.closes, minutes))
    return sorted(set(found), key=lambda slot: slot.starts_at)


def _within(counter: Counter, day: date, opens: time, closes: time, minutes: int) -> Iterator[Slot]:
    length, step = timedelta(minutes=minutes), timedelta(minutes=counter.slot_minutes)
    wall, last = datetime.combine(day, opens), instant(datetime.combine(day, closes), counter.clock)
    while wall < datetime.combine(day, closes):
        starts_at = instant(wall, counter.clock)
        is_on_the_wall = starts_at.astimezone(counter.clock).replace(tzinfo=None) == wall
        if is_on_the_wall and starts_at + length <= last:
            yield Slot(starts_at, starts_at + length)
        wall += step


def fits(counter: Counter, topic: str, mode: str, slot: Slot) -> bool:
    """Whether an appointment booked once could still be kept by the counter's topics, modes, hours and closures."""
    day = local_day(slot.starts_at, counter.clock)
    dated = [window for window in counter.windows if window.day == day]
    windows = dated or [window for window in counter.windows if window.weekday == day.weekday()]
    is_within = any(
        instant(datetime.combine(day, window.opens), counter.clock) <= slot.starts_at
        and slot.ends_at <= instant(datetime.combine(day, window.closes), counter.clock)
        for window in windows
    )
    has_matter = counter.topic(topic) is not None and mode in counter.modes
    return has_matter and is_within and not is_closed(counter, day)


def units(slot: Slot) -> list[datetime]:
    """Return the units of time that a slot takes, in order."""
    count = (slot.ends_at - slot.starts_at) // UNIT
    return [slot.starts_at + index * UNIT for index in range(count)]


def free_seat(slot: Slot, taken: Taken, capacity: int) -> int | None:
    """Return the first seat that is free for the whole slot, None when there is none."""
    used = {seat for unit in units(slot) for seat in taken.get(unit, ())}
    return next((seat for seat in range(capacity) if seat not in used), None)


def bookable_days(counter: Counter, now: datetime) -> tuple[date, date]:
    """Return the first and the last day on which the counter can be booked now."""
    first = local_day(now + timedelta(minutes=counter.lead_minutes), counter.clock)
    return first, local_day(now, counter.clock) + timedelta(days=counter.horizon_days)


def free_slots(counter: Counter, day: date, minutes: int, taken: Taken, now: datetime) -> list[Slot]:
    """Return the slots of a day that can be booked now: free, after the lead time and within the horizon."""
    first, last = bookable_days(counter, now)
    if not (counter.is_active and first <= day <= last):
        return []
    soonest = now + timedelta(minutes=counter.lead_minutes)
    return [
        slot
        for slot in slots(counter, day, minutes)
        if slot.starts_at >= soonest and free_seat(slot, taken, counter.capacity) is not None
    ]


def first_free_day(counter: Counter, minutes: int, taken: Taken, now: datetime) -> date | None:
    """Return the first day that has a free slot, None when there is none before the horizon."""
    first, last = bookable_days(counter, now)
    days = (first + timedelta(days=index) for index in range((last - first).days + 1))
    return next((day for day in days if free_slots(counter, day, minutes, taken, now)), None)


def week_of(day: date) -> Sequence[date]:
    """Return the seven days, from Monday, of the week of this day."""
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=index) for index in range(7)]


def changeable_until(counter: Counter, starts_at: datetime) -> datetime:
    """Return until when an appointment may be cancelled or moved."""
    return starts_at.astimezone(UTC) - timedelta(minutes=counter.cancel_minutes)


def offered_until(counter: Counter, starts_at: datetime, now: datetime) -> datetime:
    """Return until when a freed time is kept for one person in line: never past the last moment to book it."""
    return min(now + timedelta(hours=counter.offer_hours), starts_at - timedelta(minutes=counter.lead_minutes))


def may_change(counter: Counter, stage: str, starts_at: datetime, now: datetime) -> bool:
    """Whether the person who booked may still cancel or move the appointment."""
    return stage == Stage.BOOKED and now <= changeable_until(counter, starts_at)
