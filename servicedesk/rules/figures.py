"""What is counted of a desk's days (F12): names of the figures, time distributions that add up, and periods."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil, log
from typing import Any, NamedTuple

COUNTS = (
    "arrivals",
    "taken",
    "moved_in",
    "moved_out",
    "solved",
    "withdrawn",
    "closed",
    "accepted",
    "refused",
    "expired",
    "reopened",
    "own_late",
    "resolve_late",
    "graded",
    "grade_sum",
    "needless",
    "merged",
    "problems",
    "problems_solved",
    "changes",
    "changes_solved",
)
"""What happened in a period: these add up over days. Problems and changes are in their own counts alone."""
AGES = ("open_day", "open_week", "open_month", "open_older")
"""How many requests wait for the desk at the end of a period, by age: under a day, a week, 30 days, and older."""
SPREADS = ("answer_times", "own_times", "resolve_times")
"""Times as counts per bucket: these add up over days too."""
GROWTH = 1.1
"""Each bucket is so much wider than the one before: a time read back is wrong by less than 5 %."""
FEWEST_GRADES = 5
"""Below so many answers the mean could tell of one person."""
DAYS_OF_AGES = (1, 7, 30)
MINUTES_OF_DAY = 24 * 60
_LONGEST_BY_DAY = 184
_NUMBERS = {str(number): number for number in range(400)}
"""Every bucket and hour of the week as JSON has it: looked up faster than read."""
COUNTING = 2
"""The way in which days are counted: one more whenever it changes, so that days counted otherwise are counted anew."""
SETTLED = 3
"""So many days back are counted anew each night: what was committed late or changed is in them."""


def bucket_of(minutes: float) -> int:
    """Return the bucket of a time; everything up to a minute is in bucket 0."""
    return 0 if minutes <= 1 else ceil(log(minutes, GROWTH) - 1e-9)


def minutes_of(bucket: int) -> float:
    """Return the time that stands for a bucket: off by less than 5 % from every time in it."""
    return 1.0 if bucket == 0 else 2 * GROWTH**bucket / (GROWTH + 1)


def quantile(spread: Mapping[int, int], share: float) -> float | None:
    """Return the minutes within which this share of the times lies, None where there are none."""
    total = sum(spread.values())
    if not total:
        return None
    wanted, seen = ceil(total * share), 0
    for bucket in sorted(spread):
        seen += spread[bucket]
        if seen >= wanted:
            return minutes_of(bucket)
    raise AssertionError("a share is at most 1")


@dataclass(slots=True)
class Tally:
    """Counts, ages, distributions and the hours of the week at which requests arrived; tallies add up."""

    counts: Counter[str] = field(default_factory=Counter)
    spreads: dict[str, Counter[int]] = field(default_factory=lambda: {name: Counter() for name in SPREADS})
    hours: Counter[int] = field(default_factory=Counter)
    """By hour of the week: Monday 0:00 is 0."""

    def add(self, other: "Tally", with_ages: bool = True) -> None:
        """Add another tally; without its ages where it is of an earlier day."""
        self.counts.update(
            other.counts if with_ages else {key: n for key, n in other.counts.items() if key not in AGES}
        )
        for name in SPREADS:
            self.spreads[name].update(other.spreads[name])
        self.hours.update(other.hours)

    def __getitem__(self, name: str) -> int:
        return self.counts[name]

    @property
    def backlog(self) -> int:
        """How many requests wait for the desk."""
        return sum(self.counts[age] for age in AGES)

    @property
    def satisfaction(self) -> float | None:
        """The mean grade, 1 to 5; None where so few answered that it could tell of one of them."""
        return self["grade_sum"] / self["graded"] if self["graded"] >= FEWEST_GRADES else None

    def time(self, name: str, share: float) -> float | None:
        """Return the minutes within which this share of a distribution lies."""
        return quantile(self.spreads[name], share)

    def as_columns(self) -> dict[str, Any]:
        """Return what a row keeps."""
        plain = {name: self.counts[name] for name in (*COUNTS, *AGES)}
        spreads = {name: {str(key): n for key, n in sorted(self.spreads[name].items())} for name in SPREADS}
        return {**plain, **spreads, "hours": {str(key): n for key, n in sorted(self.hours.items())}}

    def take(self, sums: Any) -> None:
        """Add what a database added up of many rows: whole counts, and the distributions as texts one after the other.

        A page reads tens of thousands of rows: neither the database nor this makes anything of each of them.
        """
        self._count(sums)
        for name in SPREADS:
            _pour(_pairs(getattr(sums, name)), self.spreads[name])
        _pour(_pairs(sums.hours), self.hours)

    @classmethod
    def from_row(cls, row: Any) -> "Tally":
        """Return what `as_columns` gave."""
        made = cls()
        made._count(row)
        for name in SPREADS:
            _pour(getattr(row, name).items(), made.spreads[name])
        _pour(row.hours.items(), made.hours)
        return made

    def _count(self, row: Any) -> None:
        for name in (*COUNTS, *AGES):
            if n := getattr(row, name):
                self.counts[name] += int(n)


def _pairs(texts: str | None) -> Iterable[tuple[str, int]]:
    """Read `{"70": 1},{"70": 2, "71": 1}` as one object that names some things twice."""
    return json.loads(texts.replace("},{", ","), object_pairs_hook=list) if texts else ()


def _pour(found: Iterable[tuple[str, int]], into: Counter[int]) -> None:
    known, numbers = into.get, _NUMBERS
    for key, n in found:
        number = numbers[key]
        into[number] = known(number, 0) + n


def age_class(days: float) -> str:
    """Return the class of an age in days."""
    return next((name for name, below in zip(AGES, DAYS_OF_AGES, strict=False) if days < below), AGES[-1])


class Span(NamedTuple):
    """From one day to another; both count."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many they are."""
        return (self.last - self.first).days + 1

    @property
    def is_long(self) -> bool:
        """Whether its course is told by months instead of days."""
        return self.days > _LONGEST_BY_DAY


WEEK, MONTH, YEAR, CUSTOM = "week", "month", "year", "custom"
KINDS = (WEEK, MONTH, YEAR, CUSTOM)
FIRST_MONTH_OF_YEAR = 10
"""The academic year begins on 1 October."""


def span_of(kind: str, today: date) -> Span:
    """Return the week, month or academic year that `today` lies in, up to today."""
    if kind == WEEK:
        return Span(today - timedelta(days=today.weekday()), today)
    if kind == YEAR:
        return Span(date(today.year - (today.month < FIRST_MONTH_OF_YEAR), FIRST_MONTH_OF_YEAR, 1), today)
    return Span(today.replace(day=1), today)


def span_before(kind: str, span: Span) -> Span:
    """Return the stretch to compare with: as far into the week, month or year before, else as many days before."""
    if kind == MONTH:
        return Span(*(_month_earlier(day) for day in span))
    if kind == YEAR:
        return Span(*(_year_earlier(day) for day in span))
    length = timedelta(days=7 if kind == WEEK else span.days)
    return Span(span.first - length, span.last - length)


def _month_earlier(day: date) -> date:
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=min(day.day, last.day))


def _year_earlier(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def month_end(day: date) -> date:
    """Return the last day of the month of `day`."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pieces:
    """A span cut into whole months, told by their first days, and the days left over."""

    months: tuple[date, ...]
    days: tuple[Span, ...]


def pieces(span: Span, today: date) -> Pieces:
    """Cut a span; a month is whole once the day after it is over, so that the night's counting has seen its end."""
    months: list[date] = []
    left: list[Span] = []
    for part in _by_month(span):
        is_whole = part.first.day == 1 and part.last == month_end(part.first) and part.last < today - timedelta(days=1)
        if is_whole:
            months.append(part.first)
        else:
            left.append(part)
    return Pieces(tuple(months), tuple(left))


def _by_month(span: Span) -> Iterator[Span]:
    first = span.first
    while first <= span.last:
        yield Span(first, min(month_end(first), span.last))
        first = month_end(first) + timedelta(days=1)


def summed(tallies: Iterable[Tally]) -> Tally:
    """Return all of them together."""
    total = Tally()
    for tally in tallies:
        total.add(tally)
    return total
