"""Open time adds up: across summer time, closures of a month, nights and weekends, around the clock."""

import time as clock
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.rules.opening_hours import (
    OpeningHours,
    Season,
    add_open_time,
    before_open_time,
    open_time_between,
)

ROME = ZoneInfo("Europe/Rome")
HOUR = timedelta(hours=1)
AUGUST = frozenset(date(2026, 8, 1) + timedelta(days=number) for number in range(31))
ALWAYS = {day: ((0, 1440),) for day in range(7)}
OFFICE = {day: ((540, 750), (840, 1020)) for day in range(5)}
NIGHTS = {day: ((0, 150), (180, 240), (1380, 1440)) for day in range(7)}
SUMMER = Season(date(2026, 7, 1), date(2026, 9, 15), {0: ((480, 840),)})
CALENDARS = [
    OpeningHours(ROME, OFFICE, (SUMMER,), AUGUST),
    OpeningHours(ROME, ALWAYS),
    OpeningHours(ROME, NIGHTS),
    OpeningHours(ZoneInfo("America/Havana"), NIGHTS),
    OpeningHours(ZoneInfo("Atlantic/Azores"), ALWAYS),
]
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))
calendars = st.sampled_from(CALENDARS)
durations = st.integers(0, 60 * 24 * 90).map(lambda minutes: timedelta(minutes=minutes))


def rome(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ROME).astimezone(UTC)


@given(instants, durations, calendars)
def test_adding_and_measuring_undo_each_other(start: datetime, duration: timedelta, hours: OpeningHours) -> None:
    end = add_open_time(start, duration, hours)
    assert end is not None
    assert end >= start
    assert open_time_between(start, end, hours) == duration


@given(instants, durations, calendars)
def test_going_back_and_measuring_undo_each_other(end: datetime, duration: timedelta, hours: OpeningHours) -> None:
    start = before_open_time(end, duration, hours)
    assert start is not None
    assert start <= end
    assert open_time_between(start, end, hours) == duration


@given(instants, instants, calendars)
def test_measuring_and_adding_never_lead_past_the_end(one: datetime, other: datetime, hours: OpeningHours) -> None:
    start, end = sorted((one, other))
    back = add_open_time(start, open_time_between(start, end, hours), hours)
    assert back is not None
    assert back <= end
    assert open_time_between(end, start, hours) == timedelta()


@given(instants, instants, instants, calendars)
def test_the_parts_of_a_time_make_the_whole(a: datetime, b: datetime, c: datetime, hours: OpeningHours) -> None:
    first, second, third = sorted((a, b, c))
    parts = open_time_between(first, second, hours) + open_time_between(second, third, hours)
    assert parts == open_time_between(first, third, hours)


@given(instants, durations, durations, calendars)
def test_more_time_never_ends_earlier(start: datetime, one: timedelta, other: timedelta, hours: OpeningHours) -> None:
    sooner, later = (add_open_time(start, each, hours) for each in sorted((one, other)))
    assert sooner is not None
    assert later is not None
    assert sooner <= later
    assert add_open_time(sooner, abs(one - other), hours) == later


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        pytest.param("2026-03-06 16:00", 2, "2026-03-09 10:00", id="over a weekend"),
        pytest.param("2026-03-27 16:00", 2, "2026-03-30 10:00", id="into summer time"),
        pytest.param("2026-06-29 16:30", 1, "2026-06-30 09:30", id="the day before summer hours"),
        pytest.param("2026-07-27 13:00", 2, "2026-09-07 09:00", id="over a closure of a month"),
        pytest.param("2026-09-14 13:00", 2, "2026-09-16 10:00", id="out of summer hours"),
        pytest.param("2026-03-02 12:00", 1, "2026-03-02 14:30", id="over lunch"),
        pytest.param("2026-03-02 17:00", 0, "2026-03-02 17:00", id="no time at all"),
    ],
)
def test_an_office_reckons_on_its_own_wall(start: str, hours: int, end: str) -> None:
    assert add_open_time(rome(start), hours * HOUR, CALENDARS[0]) == rome(end)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
def test_around_the_clock_a_day_is_as_long_as_it_really_is(day: str, hours: int) -> None:
    start = rome(f"{day} 00:00")
    end = rome(f"{date.fromisoformat(day) + timedelta(days=1)} 00:00")
    assert open_time_between(start, end, CALENDARS[1]) == hours * HOUR == end - start


def test_hours_that_summer_time_skips_are_not_open() -> None:
    night, start = OpeningHours(ROME, {6: ((120, 180), (180, 240))}), rome("2026-03-29 00:00")
    assert open_time_between(start, start + 12 * HOUR, night) == HOUR


def test_what_never_opens_never_comes() -> None:
    shut = OpeningHours(ROME, {0: ((540, 600),)}, (Season(date(2000, 1, 1), date(2100, 1, 1), {}),))
    assert add_open_time(rome("2026-03-02 09:00"), HOUR, shut) is None


def test_ten_years_are_reckoned_at_once() -> None:
    begun, fresh = clock.perf_counter(), OpeningHours(ROME, OFFICE, (SUMMER,), AUGUST)
    years = open_time_between(rome("2026-01-01 00:00"), rome("2036-01-01 00:00"), fresh)
    assert add_open_time(rome("2026-01-01 00:00"), years, fresh) is not None
    assert clock.perf_counter() - begun < 1
