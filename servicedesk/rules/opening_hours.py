"""Opening hours as arithmetic: how much open time lies between two instants, and when so much of it has passed."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from servicedesk.rules.calendar import instant, local_day

Span = tuple[int, int]
"""Minutes after midnight on the wall: opens, closes; 1440 is the end of the day."""
Week = Mapping[int, tuple[Span, ...]]
"""Spans by weekday, Monday is 0; in order and apart."""
Stretch = tuple[datetime, datetime]

DAY = timedelta(days=1)
FARTHEST = timedelta(days=366 * 20)
"""Where nothing opens within so long, nothing ever comes due."""
_NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class Season:
    """Days, both included, on which other hours hold than those of the usual week."""

    first_day: date
    last_day: date
    week: Week


@dataclass(frozen=True, eq=False)
class OpeningHours:
    """When a desk is open: the usual week, seasons with hours of their own, and days on which it is closed.

    `closed` is asked for each day, so that it may know holidays of any year.
    """

    zone: ZoneInfo
    week: Week
    seasons: tuple[Season, ...] = ()
    closed: Container[date] = frozenset()
    _known: dict[date, tuple[Stretch, ...]] = field(default_factory=dict, init=False, repr=False)

    def on(self, day: date) -> tuple[Stretch, ...]:
        """Return the stretches (UTC) in which it is open on a day of its wall, in order and apart."""
        if day not in self._known:
            self._known[day] = () if day in self.closed else tuple(self._stretches(day))
        return self._known[day]

    def _stretches(self, day: date) -> Iterator[Stretch]:
        season = next((each for each in self.seasons if each.first_day <= day <= each.last_day), None)
        before: datetime | None = None
        for opens, closes in (season.week if season else self.week).get(day.weekday(), ()):
            # A wall time that summer time skips moves past the gap, where the next span may have begun already.
            start, end = self._instant(day, opens), self._instant(day, closes)
            start = max(start, before) if before else start
            if start < end:
                yield start, end
                before = end

    def _instant(self, day: date, minutes: int) -> datetime:
        return instant(datetime.combine(day, time()) + timedelta(minutes=minutes), self.zone)


def open_time_between(start: datetime, end: datetime, hours: OpeningHours) -> timedelta:
    """Return how much open time lies between two instants; none where the end is not after the start."""
    total = _NOTHING
    # A day of the wall may reach into the next where midnight comes twice.
    day, last = local_day(start, hours.zone) - DAY, local_day(end, hours.zone)
    while day <= last:
        for opens, closes in hours.on(day):
            total += max(min(closes, end) - max(opens, start), _NOTHING)
        day += DAY
    return total


def add_open_time(start: datetime, duration: timedelta, hours: OpeningHours) -> datetime | None:
    """Return the first instant (UTC) at which `duration` of open time has passed since `start`.

    `start` itself for no duration; None where it does not open often enough within 20 years.
    """
    if duration <= _NOTHING:
        return start
    left, first = duration, local_day(start, hours.zone) - DAY
    for number in range(FARTHEST.days):
        for opens, closes in hours.on(first + number * DAY):
            begins = max(opens, start)
            if closes - begins >= left:
                return begins + left
            left -= max(closes - begins, _NOTHING)
    return None


def before_open_time(end: datetime, duration: timedelta, hours: OpeningHours) -> datetime | None:
    """Return the last instant (UTC) since which, at `end`, `duration` of open time has passed.

    `end` itself for no duration; None where it did not open often enough within 20 years.
    """
    if duration <= _NOTHING:
        return end
    left, last = duration, local_day(end, hours.zone)
    for number in range(FARTHEST.days):
        for opens, closes in reversed(hours.on(last - number * DAY)):
            ends = min(closes, end)
            if ends - opens >= left:
                return ends - left
            left -= max(ends - opens, _NOTHING)
    return None
