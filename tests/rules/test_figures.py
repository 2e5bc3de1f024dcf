"""What is counted adds up: distributions, periods, and the pieces a period is read in."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.rules.figures import (
    CUSTOM,
    FEWEST_GRADES,
    MONTH,
    WEEK,
    YEAR,
    Span,
    Tally,
    age_class,
    bucket_of,
    minutes_of,
    pieces,
    quantile,
    span_before,
    span_of,
)

TODAY = date(2026, 3, 18)
times = st.floats(min_value=1, max_value=600_000)


@given(times)
def test_a_time_read_back_from_its_bucket_is_off_by_less_than_five_per_cent(minutes):
    assert abs(minutes_of(bucket_of(minutes)) - minutes) / minutes < 0.05


@given(st.lists(times, min_size=1, max_size=60), st.sampled_from([0.5, 0.9]))
def test_a_quantile_of_buckets_is_that_of_the_times_within_five_per_cent(found, share):
    exact = sorted(found)[-(-int(len(found) * share * 10) // 10) - 1] if share == 0.5 and len(found) == 1 else None
    spread = Counter(bucket_of(each) for each in found)
    wanted = sorted(found)[max(0, -(-len(found) * int(share * 10) // 10) - 1)]
    assert abs((quantile(spread, share) or 0) - (exact or wanted)) / wanted < 0.05


def test_of_no_times_there_is_no_median():
    assert quantile({}, 0.5) is None


@given(st.lists(st.tuples(st.integers(0, 150), st.integers(1, 9)), max_size=20), st.integers(0, 20))
def test_tallies_add_up_in_whatever_parts_they_were_counted(found, cut):
    whole, parts = Tally(), [Tally(), Tally()]
    for place, (bucket, times_seen) in enumerate(found):
        for tally in (whole, parts[place >= cut]):
            tally.counts["solved"] += times_seen
            tally.spreads["resolve_times"][bucket] += times_seen
    parts[0].add(parts[1])
    assert (parts[0].counts, parts[0].spreads) == (whole.counts, whole.spreads)


def test_satisfaction_is_told_of_five_answers_and_not_of_four():
    tally = Tally(Counter(graded=FEWEST_GRADES - 1, grade_sum=16))
    assert tally.satisfaction is None
    tally.counts.update(graded=1, grade_sum=4)
    assert tally.satisfaction == 4.0


@pytest.mark.parametrize(
    ("days", "name"), [(0.9, "open_day"), (1, "open_week"), (6.9, "open_week"), (29, "open_month"), (30, "open_older")]
)
def test_an_age_belongs_to_one_class(days, name):
    assert age_class(days) == name


@pytest.mark.parametrize(
    ("kind", "span", "before"),
    [
        (WEEK, ("2026-03-16", "2026-03-18"), ("2026-03-09", "2026-03-11")),
        (MONTH, ("2026-03-01", "2026-03-18"), ("2026-02-01", "2026-02-18")),
        (YEAR, ("2025-10-01", "2026-03-18"), ("2024-10-01", "2025-03-18")),
    ],
)
def test_a_period_goes_up_to_today_and_is_compared_with_as_much_of_the_one_before(kind, span, before):
    found = span_of(kind, TODAY)
    assert [found, span_before(kind, found)] == [Span(*map(date.fromisoformat, each)) for each in (span, before)]


def test_days_of_ones_own_choice_are_compared_with_as_many_days_before():
    span = Span(date(2026, 1, 10), date(2026, 1, 12))
    assert span_before(CUSTOM, span) == Span(date(2026, 1, 7), date(2026, 1, 9))


def test_the_end_of_a_long_month_is_compared_with_the_end_of_a_short_one():
    assert span_before(MONTH, Span(date(2026, 3, 1), date(2026, 3, 31))).last == date(2026, 2, 28)


@given(st.dates(date(2024, 1, 1), date(2026, 3, 18)), st.integers(0, 800))
def test_the_pieces_of_a_span_hold_each_of_its_days_once(first, length):
    span = Span(first, min(first + timedelta(days=length), TODAY))
    cut = pieces(span, TODAY)
    days = [part.first + timedelta(days=n) for part in cut.days for n in range(part.days)]
    for month in cut.months:
        after = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
        days += [month + timedelta(days=n) for n in range((after - month).days)]
    assert sorted(days) == [span.first + timedelta(days=n) for n in range(span.days)]


def test_the_month_that_ended_yesterday_is_read_by_days():
    assert pieces(Span(date(2026, 2, 1), date(2026, 3, 1)), date(2026, 3, 1)).months == ()
    assert pieces(Span(date(2026, 2, 1), date(2026, 3, 1)), date(2026, 3, 2)).months == (date(2026, 2, 1),)
