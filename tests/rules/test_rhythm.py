"""The days of what comes again: each unit, days off, summer time, and what holds for any rhythm."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.rules.rhythm import LAST, OffDay, Rhythm, Unit, falls_on, next_one, next_ones, occurrences

ROME = ZoneInfo("Europe/Rome")
START = date(2026, 1, 1)
BEFORE = datetime(2025, 12, 1, tzinfo=UTC)


def weekdays(day: date) -> bool:
    return day.weekday() < 5


def always(_day: date) -> bool:
    return True


def rhythm(unit: str, **values: Any) -> Rhythm:
    return Rhythm(**{"unit": Unit(unit), "starts": START, "at": time(8, 30), **values})


def days(it: Rhythm, count: int, is_open: Callable[[date], bool] = always, after: datetime = BEFORE) -> list[str]:
    return [f"{each.day:%d.%m.%y}" for each in next_ones(it, after, ROME, is_open, count)]


@pytest.mark.parametrize(
    ("it", "expected"),
    [
        (rhythm("day", every=10), ["01.01.26", "11.01.26", "21.01.26", "31.01.26"]),
        (rhythm("week", weekdays=(0, 3)), ["01.01.26", "05.01.26", "08.01.26", "12.01.26"]),
        (rhythm("week", weekdays=(0,), every=2), ["12.01.26", "26.01.26", "09.02.26", "23.02.26"]),
        (rhythm("month_day", day=15), ["15.01.26", "15.02.26", "15.03.26", "15.04.26"]),
        (rhythm("month_day", day=31), ["31.01.26", "28.02.26", "31.03.26", "30.04.26"]),
        (rhythm("month_day", day=1, every=6), ["01.01.26", "01.07.26", "01.01.27", "01.07.27"]),
        (rhythm("month_weekday", weekdays=(0,), nth=1), ["05.01.26", "02.02.26", "02.03.26", "06.04.26"]),
        (rhythm("month_weekday", weekdays=(4,), nth=LAST), ["30.01.26", "27.02.26", "27.03.26", "24.04.26"]),
        (rhythm("year", month=2, day=29), ["28.02.26", "28.02.27", "29.02.28", "28.02.29"]),
        (rhythm("year", month=10, day=1, every=2), ["01.10.26", "01.10.28", "01.10.30", "01.10.32"]),
    ],
)
def test_each_unit_means_its_days(it: Rhythm, expected: list[str]) -> None:
    assert days(it, 4) == expected


@pytest.mark.parametrize(
    ("off_days", "expected"),
    [
        ("open", ["31.01.26", "28.02.26", "31.03.26"]),
        ("next", ["02.02.26", "02.03.26", "31.03.26"]),
        ("previous", ["30.01.26", "27.02.26", "31.03.26"]),
        ("skip", ["31.03.26", "30.04.26", "30.06.26"]),
    ],
)
def test_a_day_without_work_is_kept_moved_or_left_out(off_days: str, expected: list[str]) -> None:
    assert days(rhythm("month_day", day=31, off_days=OffDay(off_days)), 3, weekdays) == expected


def test_days_moved_onto_one_day_open_once_and_say_where_they_came_from() -> None:
    found = next_ones(rhythm("day", off_days=OffDay.NEXT), BEFORE, ROME, weekdays, 4)
    assert [f"{each.meant:%d}>{each.day:%d}" for each in found] == ["01>01", "02>02", "03>05", "06>06"]


def test_the_time_on_the_wall_is_kept_when_summer_time_begins_and_ends() -> None:
    spring = rhythm("day", at=time(2, 30), starts=date(2026, 3, 28))
    assert [each.at.astimezone(ROME).strftime("%d %H:%M") for each in next_ones(spring, BEFORE, ROME, always, 3)] == [
        "28 02:30",
        "29 03:30",
        "30 02:30",
    ]
    autumn = rhythm("day", at=time(2, 30), starts=date(2026, 10, 25))
    assert next_ones(autumn, BEFORE, ROME, always, 1)[0].at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_it_ends_with_its_last_day() -> None:
    it = rhythm("day", ends=date(2026, 1, 3))
    assert days(it, 10) == ["01.01.26", "02.01.26", "03.01.26"]
    assert next_one(it, datetime(2026, 1, 3, 7, 30, tzinfo=UTC), ROME, always) is None
    assert next_one(it, datetime(2026, 1, 3, 7, 29, tzinfo=UTC), ROME, always) is not None


def test_a_desk_that_never_opens_has_no_days_to_move_to() -> None:
    it = rhythm("week", weekdays=(0,), off_days=OffDay.NEXT, ends=date(2027, 1, 1))
    assert next_one(it, BEFORE, ROME, lambda _day: False) is None


rhythms = st.builds(
    Rhythm,
    unit=st.sampled_from(Unit),
    starts=st.dates(date(2024, 1, 1), date(2026, 12, 31)),
    at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    every=st.integers(1, 3),
    weekdays=st.sets(st.integers(0, 6), min_size=1).map(lambda found: tuple(sorted(found))),
    day=st.integers(1, 31),
    nth=st.integers(1, LAST),
    month=st.integers(1, 12),
    off_days=st.sampled_from(OffDay),
)
instants = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


@given(rhythms, instants)
def test_any_rhythm_goes_on_in_order_on_open_days_only(it: Rhythm, after: datetime) -> None:
    found = next_ones(it, after, ROME, weekdays, 5)
    assert len(found) == 5 or it.off_days is OffDay.SKIP
    assert all(earlier.at < later.at for earlier, later in pairwise(found))
    assert all(each.at > after for each in found)
    for each in found:
        assert falls_on(it, each.meant)
        assert each.meant >= it.starts
        assert it.off_days is OffDay.OPEN or weekdays(each.day)
        assert abs(each.day - each.meant) <= timedelta(days=2)


@given(rhythms, instants)
def test_asked_one_after_the_other_they_are_the_same_as_asked_together(it: Rhythm, after: datetime) -> None:
    for each in next_ones(it, after, ROME, weekdays, 4):
        assert next_one(it, after, ROME, weekdays) == each
        after = each.at


@given(rhythms)
def test_the_time_on_the_wall_is_the_one_written_but_in_the_hour_that_is_skipped(it: Rhythm) -> None:
    for each in next_ones(it, BEFORE, ROME, always, 4):
        wall = each.at.astimezone(ROME)
        moved = datetime.combine(each.day, it.at) + timedelta(hours=1)
        assert wall.replace(tzinfo=None) in (datetime.combine(each.day, it.at), moved)


def test_a_rhythm_of_many_years_is_found_without_end() -> None:
    it = rhythm("year", month=2, day=29, every=10)
    assert len(list(occurrences(it, BEFORE, ROME, always))) >= 3
