"""What is promised: calendars, targets and operational levels, checked, and which of them holds for a ticket (F9)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import pairwise
from zoneinfo import available_timezones

from servicedesk.rules.catalogue import LocalText
from servicedesk.rules.lifecycle import WaitingFor
from servicedesk.rules.opening_hours import OpeningHours, Season, Week
from servicedesk.rules.priority import MAJOR

LONGEST_MINUTES = 60 * 24 * 366
"""A year around the clock: more is no promise."""
MINUTES_OF_DAY = 1440


class Told(StrEnum):
    """Whom the desk tells by mail when time runs out."""

    TECHNICIAN = "technician"
    GROUP = "group"
    SUPERVISORS = "supervisors"


USUAL_WARNING = frozenset({Told.TECHNICIAN})
USUAL_BREACH = frozenset({Told.TECHNICIAN, Told.SUPERVISORS})


def _check(holds: bool, reason: str) -> None:
    if not holds:
        raise ValueError(reason)


@dataclass(frozen=True, slots=True)
class Closure:
    """Days, both included, on which a desk is closed, and why. Raises ValueError for an end before the beginning."""

    first_day: date
    last_day: date
    name: str = ""

    def __post_init__(self) -> None:
        _check(self.first_day <= self.last_day, "a closure ends on its first day or later")


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a desk is open, as administrators set it. Raises ValueError for one that cannot be."""

    key: str
    name: LocalText
    week: Week
    zone: str = "Europe/Rome"
    country: str = "IT"
    """Whose public holidays are closed days; empty for none."""
    province: str = ""
    """With it the days of the local patron saint are holidays too, such as 'BG'."""
    seasons: tuple[Season, ...] = ()
    closures: tuple[Closure, ...] = ()

    def __post_init__(self) -> None:
        _check(bool(self.key and self.name.it and self.name.en), "a calendar has a key and a name in both languages")
        _check(self.zone in available_timezones(), f"{self.zone!r} is not an IANA time zone such as 'Europe/Rome'")
        _check(any(self.week.values()), "a calendar is open on at least one day of the week")
        for week in (self.week, *(season.week for season in self.seasons)):
            _check_week(week)
        for season in self.seasons:
            _check(season.first_day <= season.last_day, "a season ends on its first day or later")
        ordered = sorted(self.seasons, key=lambda season: season.first_day)
        apart = all(before.last_day < after.first_day for before, after in pairwise(ordered))
        _check(apart, "two seasons share a day")


def _check_week(week: Week) -> None:
    _check(set(week) <= set(range(7)), "a weekday is 0 (Monday) to 6")
    for spans in week.values():
        _check(all(0 <= opens < closes <= MINUTES_OF_DAY for opens, closes in spans), "a span closes after it opens")
        _check(all(a[1] <= b[0] for a, b in pairwise(spans)), "two spans of a day are in order and apart")


@dataclass(frozen=True, slots=True)
class Target:
    """Times promised for some tickets: of what `service_id` to `priority` leave open, None takes all.

    Raises ValueError for one that cannot be.
    """

    key: str
    calendar: str
    own_minutes: int | None = None
    """Minutes of opening hours until somebody of the desk has made it theirs."""
    resolve_minutes: int | None = None
    service_id: str | None = None
    category: str | None = None
    """With everything below it."""
    kind: str | None = None
    priority: int | None = None
    pauses: frozenset[WaitingFor] = frozenset()
    """Which waits stop the clock besides those for the requester, which always do."""
    warn_percent: int = 75
    warn_tells: frozenset[Told] = USUAL_WARNING
    breach_tells: frozenset[Told] = USUAL_BREACH
    breach_escalates: bool = False
    """Whether the ticket is escalated when time has run out: flagged until a supervisor has seen to it."""

    def __post_init__(self) -> None:
        _check(bool(self.key), "a target has a key")
        _check(bool(self.own_minutes or self.resolve_minutes), "a target promises a time to own or a time to resolve")
        for minutes in (self.own_minutes, self.resolve_minutes):
            _check(minutes is None or 1 <= minutes <= LONGEST_MINUTES, f"a time is 1 to {LONGEST_MINUTES} minutes")
        both = self.own_minutes and self.resolve_minutes
        _check(not both or (self.own_minutes or 0) <= (self.resolve_minutes or 0), "owning comes before resolving")
        _check(self.priority is None or 1 <= self.priority <= MAJOR, f"a priority is 1 to {MAJOR}")
        _check(WaitingFor.REQUESTER not in self.pauses, "a wait for the requester always pauses")
        _check(1 <= self.warn_percent <= 99, "a warning comes at 1 to 99 per cent")

    @property
    def subject(self) -> tuple[str | None, str | None, str | None, int | None]:
        """For which tickets it is; no two targets are for the same."""
        return self.service_id, self.category, self.kind, self.priority


@dataclass(frozen=True, slots=True)
class Operational:
    """How long a group may hold a ticket, handed over by `from_group` or (None) by anybody.

    Raises ValueError for one that cannot be.
    """

    key: str
    calendar: str
    group: str
    minutes: int
    from_group: str | None = None
    warn_percent: int = 75
    warn_tells: frozenset[Told] = USUAL_WARNING
    breach_tells: frozenset[Told] = USUAL_BREACH
    breach_escalates: bool = False
    """Whether the ticket is escalated when time has run out: flagged until a supervisor has seen to it."""

    def __post_init__(self) -> None:
        _check(bool(self.key and self.group), "an operational level has a key and a group")
        _check(1 <= self.minutes <= LONGEST_MINUTES, f"a time is 1 to {LONGEST_MINUTES} minutes")
        _check(self.from_group != self.group, "a group hands nothing over to itself")
        _check(1 <= self.warn_percent <= 99, "a warning comes at 1 to 99 per cent")

    @property
    def subject(self) -> tuple[str, str | None]:
        """For which hand-overs it is; no two levels are for the same."""
        return self.group, self.from_group


Level = Target | Operational


@dataclass(frozen=True, slots=True)
class Subject:
    """What of a ticket decides its targets."""

    service_id: str
    kind: str
    priority: int
    group: str


@dataclass(frozen=True)
class Book:
    """Every calendar, target and operational level of one version. Raises ValueError where they contradict.

    `opened` makes of a calendar the opening hours one can reckon with; it knows the holidays.
    """

    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    targets: tuple[Target, ...] = ()
    operational: tuple[Operational, ...] = ()
    opened: Callable[[Calendar], OpeningHours] | None = field(default=None, compare=False)
    _hours: dict[str, OpeningHours] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for levels in (self.targets, self.operational):
            _check(len({each.key for each in levels}) == len(levels), "two levels have the same key")
            _check(len({each.subject for each in levels}) == len(levels), "two levels are for the same tickets")
            _check(all(each.calendar in self.calendars for each in levels), "a level names a calendar there is")

    @property
    def used(self) -> frozenset[str]:
        """The keys of the calendars that something is reckoned in."""
        levels: tuple[Level, ...] = (*self.targets, *self.operational)
        return frozenset(each.calendar for each in levels)

    def hours(self, key: str) -> OpeningHours | None:
        """Return the opening hours of a calendar."""
        if key not in self._hours and self.opened and key in self.calendars:
            self._hours[key] = self.opened(self.calendars[key])
        return self._hours.get(key)

    def target_for(self, subject: Subject, path: Sequence[str]) -> Target | None:
        """Return the target of a ticket; `path` holds the keys of its category, the root first.

        The one nearest to it wins: for the deepest category, then for the priority, the kind, the service. A major
        incident without targets of its own has those of priority 'very high'.
        """
        fitting = [target for target in self.targets if _fits(target, subject, path)]
        return max(fitting, key=lambda target: _nearness(target, subject, path), default=None)

    def operational_for(self, group: str, from_group: str | None) -> Operational | None:
        """Return how long a group may hold what came from another; one for just that hand-over wins."""
        own = [each for each in self.operational if each.group == group and each.from_group in (None, from_group)]
        return max(own, key=lambda each: each.from_group is not None, default=None)


def _fits(target: Target, subject: Subject, path: Sequence[str]) -> bool:
    return (
        target.service_id in (None, subject.service_id)
        and (target.category is None or target.category in path)
        and target.kind in (None, subject.kind)
        and target.priority in (None, subject.priority, min(subject.priority, MAJOR - 1))
    )


def _nearness(target: Target, subject: Subject, path: Sequence[str]) -> tuple[int, int, bool, bool]:
    depth = path.index(target.category) + 1 if target.category else 0
    priority = (target.priority is not None) + (target.priority == subject.priority)
    return depth, priority, target.kind is not None, target.service_id is not None
