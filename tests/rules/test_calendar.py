"""Closing and warning dates on the wall clock of the service, to the second (rule 1)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.rules.calendar import instant, local_day, next_warning, plus_days

ROME = ZoneInfo("Europe/Rome")
TWENTY_DAYS = 20


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def rome(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ROME, fold=fold)


@pytest.mark.parametrize(
    ("solved", "closes"),
    [
        pytest.param("2026-03-01 10:15:00", "2026-03-21 09:15:00", id="the example of rule 1"),
        pytest.param("2026-03-15 10:15:37", "2026-04-04 08:15:37", id="into summer time"),
        pytest.param("2026-10-10 10:15:37", "2026-10-30 09:15:37", id="out of summer time"),
        pytest.param("2026-03-09 02:30:00", "2026-03-29 01:30:00", id="onto a time that is missing: after the gap"),
        pytest.param("2026-03-09 01:59:59", "2026-03-29 00:59:59", id="the last second before the gap"),
        pytest.param("2026-03-09 03:00:00", "2026-03-29 01:00:00", id="the first second after the gap"),
        pytest.param("2026-10-05 02:30:00", "2026-10-25 01:30:00", id="onto a time that comes twice: the second"),
        pytest.param("2026-10-05 01:59:59", "2026-10-24 23:59:59", id="the last second before the doubled hour"),
        pytest.param("2026-10-05 03:00:00", "2026-10-25 02:00:00", id="the first second after the doubled hour"),
        pytest.param("2028-02-09 23:59:59", "2028-02-29 22:59:59", id="onto 29 February"),
        pytest.param("2028-02-29 12:00:00", "2028-03-20 11:00:00", id="from 29 February"),
        pytest.param("2027-02-09 23:59:59", "2027-03-01 22:59:59", id="a year without 29 February"),
        pytest.param("2026-12-11 23:59:59", "2026-12-31 22:59:59", id="onto 31 December"),
        pytest.param("2026-12-31 23:59:59", "2027-01-20 22:59:59", id="from 31 December"),
    ],
)
def test_a_solution_closes_after_twenty_days_at_the_same_time_on_the_wall(solved: str, closes: str) -> None:
    assert plus_days(rome(solved), TWENTY_DAYS, ROME) == utc(closes)


def test_the_doubled_hour_counts_from_whichever_of_the_two_it_was() -> None:
    first, second = rome("2026-10-25 02:30:00", fold=0), rome("2026-10-25 02:30:00", fold=1)
    assert plus_days(first, TWENTY_DAYS, ROME) == utc("2026-11-14 01:30:00")
    assert plus_days(second, TWENTY_DAYS, ROME) == utc("2026-11-14 01:30:00")


@pytest.mark.parametrize(
    ("closes", "seven_days", "one_day"),
    [
        pytest.param("2026-03-21 09:15:00", "2026-03-14 09:15:00", "2026-03-20 09:15:00", id="winter"),
        pytest.param("2026-04-04 08:15:37", "2026-03-28 09:15:37", "2026-04-03 08:15:37", id="across the start"),
        pytest.param("2026-10-30 09:15:37", "2026-10-23 08:15:37", "2026-10-29 09:15:37", id="across the end"),
        pytest.param("2026-03-30 00:30:00", "2026-03-23 01:30:00", "2026-03-29 01:30:00", id="one day: missing time"),
        pytest.param("2026-10-26 01:30:00", "2026-10-19 00:30:00", "2026-10-25 01:30:00", id="one day: doubled time"),
        pytest.param("2028-03-07 11:00:00", "2028-02-29 11:00:00", "2028-03-06 11:00:00", id="on 29 February"),
        pytest.param("2028-03-01 11:00:00", "2028-02-23 11:00:00", "2028-02-29 11:00:00", id="the day before March"),
        pytest.param("2027-01-01 10:00:00", "2026-12-25 10:00:00", "2026-12-31 10:00:00", id="on 31 December"),
    ],
)
def test_warnings_come_seven_days_and_one_day_before_to_the_second(closes: str, seven_days: str, one_day: str) -> None:
    expires, second = utc(closes), timedelta(seconds=1)
    first, last = utc(seven_days), utc(one_day)
    assert next_warning(expires, first - second, ROME) == first
    assert next_warning(expires, first, ROME) == last
    assert next_warning(expires, last - second, ROME) == last
    assert next_warning(expires, last, ROME) is None


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)), st.integers(min_value=0, max_value=400))
def test_days_are_never_counted_short(start: datetime, days: int) -> None:
    begun = start.replace(tzinfo=UTC)
    wall = begun.astimezone(ROME).replace(tzinfo=None) + timedelta(days=days)
    assert plus_days(begun, days, ROME).astimezone(ROME).replace(tzinfo=None) >= wall


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        plus_days(datetime(2026, 3, 1), TWENTY_DAYS, ROME)


def test_a_missing_wall_time_moves_past_the_gap_and_a_doubled_one_is_the_second() -> None:
    assert instant(datetime(2026, 3, 29, 2, 0), ROME) == utc("2026-03-29 01:00:00")
    assert instant(datetime(2026, 10, 25, 2, 0), ROME) == utc("2026-10-25 01:00:00")


def test_today_is_the_date_on_the_wall_of_the_service() -> None:
    assert local_day(utc("2026-12-31 23:30:00"), ROME).isoformat() == "2027-01-01"
