"""The clocks of a ticket, computed from its events alone: time to own, time to resolve, time in one group (F9)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from servicedesk.rules.level_book import Book, Level, Operational, Subject
from servicedesk.rules.lifecycle import Action, State, WaitingFor
from servicedesk.rules.opening_hours import OpeningHours, add_open_time, open_time_between

_NOTHING = timedelta()


class ClockName(StrEnum):
    """What is measured."""

    OWN = "own"
    RESOLVE = "resolve"
    HOLD = "hold"


class Phase(StrEnum):
    """What a stretch of a ticket's life was spent with; while waiting, the values of `WaitingFor`."""

    RUNNING = "running"
    REQUESTER = "requester"
    THIRD_PARTY = "third_party"
    DATE = "date"
    APPROVAL = "approval"
    """Before work starts: no clock of a group runs."""
    SOLVED = "solved"
    ENDED = "ended"


class LevelState(StrEnum):
    """How a ticket stands with its targets, for lists."""

    NONE = ""
    RUNNING = "running"
    NEAR = "near"
    LATE = "late"
    PAUSED = "paused"
    MET = "met"
    MISSED = "missed"


class Alert(StrEnum):
    """What the desk notices by itself."""

    WARN = "warn"
    BREACH = "breach"


@dataclass(frozen=True, slots=True)
class Happening:
    """What clocks read of an event: `group` and `waiting_for` where it changed them, `level` where a clock spoke."""

    seq: int
    at: datetime
    action: str
    after: str
    is_staff: bool = False
    """Whether somebody did it who works at the desk: neither requester, follower nor approver, nor the desk itself."""
    group: tuple[str, str] | None = None
    """Before and after."""
    waiting_for: str | None = None
    level: str | None = None
    late_since: datetime | None = None
    """For a recorded breach, when the clock ran out."""
    moves_goal: str | None = None
    """What it changed of that by which the target is chosen: category, kind or priority."""


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of one phase with one group; `end` None goes on."""

    start: datetime
    end: datetime | None
    phase: Phase
    group: str


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock at one instant. `due` is when it ran or would run out if it went on from where it stands."""

    name: ClockName
    level: Level
    hours: OpeningHours
    limit: timedelta
    elapsed: timedelta
    due: datetime | None
    is_running: bool
    is_over: bool
    """Whether it has come to its end: owned, resolved."""
    breached_at: datetime | None
    """When it ran out: as recorded, else as computed."""
    alerts: tuple[tuple[datetime, Alert], ...]
    """What it has still to say by itself, and when."""
    has_warned: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """All clocks of a ticket: those with a target, when somebody owned it, and its whole history."""

    clocks: tuple[Clock, ...]
    owned_at: datetime | None
    periods: tuple[Period, ...]
    goals_moved: tuple[tuple[datetime, str], ...] = ()
    """When what decides the target changed, and what of it: category, kind or priority."""

    def clock(self, name: ClockName) -> Clock | None:
        """Return the clock of this name, None where nothing is promised."""
        return next((clock for clock in self.clocks if clock.name is name), None)

    @property
    def running(self) -> list[Clock]:
        """The clocks that run and have a due instant."""
        return [clock for clock in self.clocks if clock.is_running and clock.due is not None]

    @property
    def due_at(self) -> datetime | None:
        """When the next of the running clocks runs out, or ran out."""
        return min((clock.due for clock in self.running if clock.due), default=None)

    @property
    def alert_at(self) -> datetime | None:
        """When the desk has next to say something."""
        return min((at for clock in self.clocks for at, _alert in clock.alerts), default=None)

    @property
    def state(self) -> LevelState:
        """How the ticket stands with its targets."""
        if not self.clocks:
            return LevelState.NONE
        if not self.running:
            if not all(clock.is_over for clock in self.clocks):
                return LevelState.PAUSED
            return LevelState.MISSED if any(clock.breached_at for clock in self.clocks) else LevelState.MET
        if any(clock.breached_at for clock in self.running):
            return LevelState.LATE
        return LevelState.NEAR if any(clock.has_warned for clock in self.running) else LevelState.RUNNING


_OWNING = frozenset({Action.TAKE, Action.START, Action.ASSIGN_TECHNICIAN, Action.WAIT, Action.PROPOSE})
_OWNING_TOO = frozenset({Action.REPLY_CLOSE, Action.DUPLICATE})
_ENDS = frozenset({Phase.SOLVED, Phase.ENDED})
_NOT_BEGUN = frozenset({Phase.APPROVAL})
_STOPPED = {
    State.NEW: Phase.APPROVAL,
    State.RESOLVED: Phase.SOLVED,
    State.CLOSED: Phase.ENDED,
    State.CANCELLED: Phase.ENDED,
}


def read_clocks(
    events: Sequence[Happening], subject: Subject, path: Sequence[str], book: Book, now: datetime
) -> Reading:
    """Return the clocks of a ticket as they stand at `now`.

    `events` are in order and begin with the ticket's opening; `path` holds its category's keys, the root first. The
    target is the one of what the ticket is now, measured from the very beginning: reclassifying moves the goal, never
    the start. Only waiting stops a clock, so more waiting never makes anything due earlier. What a recorded event says
    was late stays late. Source: requirement F9.
    """
    periods = periods_of(events, subject.group)
    owned_at = _owned_at(events)
    ended = periods[-1].start if periods[-1].phase in _ENDS else None
    clocks: list[Clock] = []
    if target := book.target_for(subject, path):
        stops = frozenset({Phase.REQUESTER, *(Phase(each) for each in target.pauses)})
        hours = book.hours(target.calendar)
        if target.own_minutes and hours:
            own = list(_until(_running(periods, stops), owned_at))
            clocks.append(_clock(ClockName.OWN, target, target.own_minutes, own, hours, events, now, owned_at or ended))
        if target.resolve_minutes and hours:
            spans = _running(periods, stops)
            clocks.append(_clock(ClockName.RESOLVE, target, target.resolve_minutes, spans, hours, events, now, ended))
    if hold := _hold(events, periods, subject.group, book, now):
        clocks.append(hold)
    moved = tuple((event.at, event.moves_goal) for event in events if event.moves_goal)
    return Reading(tuple(clocks), owned_at, tuple(periods), moved)


def periods_of(events: Sequence[Happening], group_now: str) -> list[Period]:
    """Return what the ticket's time was spent with, in order, without gaps; neighbours of one kind are one."""
    group = next((event.group[0] for event in events if event.group), group_now)
    waiting_for, found = None, list[Period]()
    for event in events:
        group = event.group[1] if event.group else group
        if event.after == State.WAITING:
            waiting_for = event.waiting_for or waiting_for
        phase = _phase(event.after, waiting_for)
        if found and found[-1].phase is Phase.APPROVAL and found[-1].start == event.at:
            found.pop()  # nobody was asked: opened and assigned in one moment
        if found and (found[-1].phase, found[-1].group) == (phase, group):
            continue
        if found:
            found[-1] = _ended(found[-1], event.at)
        found.append(Period(event.at, None, phase, group))
    return found


def _phase(state: str, waiting_for: str | None) -> Phase:
    if state == State.WAITING:
        return Phase(waiting_for or WaitingFor.REQUESTER)
    return _STOPPED.get(State(state), Phase.RUNNING)


def _ended(period: Period, at: datetime) -> Period:
    return Period(period.start, at, period.phase, period.group)


def _owned_at(events: Iterable[Happening]) -> datetime | None:
    """When a person of the desk first made it theirs or answered; the desk's own choice by turns is no care yet."""
    return next((event.at for event in events if _owns(event)), None)


def _owns(event: Happening) -> bool:
    if not event.is_staff:
        return False
    return event.action in _OWNING or event.action in _OWNING_TOO or event.action == Action.COMMENT


Spans = list[tuple[datetime, datetime | None]]


def _running(periods: Iterable[Period], stops: frozenset[Phase]) -> Spans:
    """The stretches in which a clock runs that `stops` pause; an end pauses every clock."""
    halts = stops | _ENDS | _NOT_BEGUN
    spans: Spans = []
    for period in periods:
        if period.phase in halts:
            continue
        if spans and spans[-1][1] == period.start:
            spans[-1] = (spans[-1][0], period.end)
        else:
            spans.append((period.start, period.end))
    return spans


def _until(spans: Spans, end: datetime | None) -> Iterable[tuple[datetime, datetime | None]]:
    for start, stop in spans:
        if end is None or start < end:
            yield start, min(filter(None, (stop, end)), default=None)
        elif start == end:  # owned in the moment it was opened
            yield start, start


def _hold(
    events: Sequence[Happening], periods: Sequence[Period], group: str, book: Book, now: datetime
) -> Clock | None:
    came = next((event for event in reversed(events) if event.group and event.group[1] == group), None)
    # Where the desk itself leads a new ticket, nobody has handed it over.
    came_from = came.group[0] if came and came.group and came.action != Action.ROUTE else None
    level = book.operational_for(group, came_from)
    hours = book.hours(level.calendar) if level else None
    if level is None or hours is None:
        return None
    since = came.at if came else periods[0].start
    held = [period for period in periods if period.group == group and period.start >= since]
    spans = _running(held, frozenset({Phase.REQUESTER, Phase.THIRD_PARTY, Phase.DATE}))
    heard = [event for event in events if came is None or event.seq > came.seq]
    over = held[-1].start if held and held[-1].phase in _ENDS else None
    return _clock(ClockName.HOLD, level, level.minutes, spans, hours, heard, now, over)


def _clock(
    name: ClockName,
    level: Level | Operational,
    minutes: int,
    spans: Spans,
    hours: OpeningHours,
    events: Sequence[Happening],
    now: datetime,
    over: datetime | None,
) -> Clock:
    limit = timedelta(minutes=minutes)
    due = reached(spans, limit, hours)
    is_running = bool(spans) and spans[-1][1] is None
    ran_out = due is not None and bool(spans) and (due <= now if is_running else due < (spans[-1][1] or now))
    said = [event for event in events if event.level == name]
    recorded = next((event.late_since or event.at for event in said if event.action == Action.LEVEL_BREACH), None)
    has_warned = bool(said)
    alerts: list[tuple[datetime, Alert]] = []
    if due is not None and recorded is None and (is_running or ran_out):
        alerts.append((due, Alert.BREACH))
        warns = reached(spans, limit * level.warn_percent / 100, hours)
        if not has_warned and not ran_out and is_running and warns is not None:
            alerts.append((warns, Alert.WARN))
    return Clock(
        name=name,
        level=level,
        hours=hours,
        limit=limit,
        elapsed=elapsed(spans, hours, now),
        due=due,
        is_running=is_running,
        is_over=over is not None,
        breached_at=recorded or (due if ran_out else None),
        alerts=tuple(sorted(alerts)),
        has_warned=has_warned,
    )


def elapsed(spans: Spans, hours: OpeningHours, now: datetime) -> timedelta:
    """Return the open time that these stretches hold, an unfinished one until `now`."""
    return sum((open_time_between(start, end or now, hours) for start, end in spans), _NOTHING)


def reached(spans: Spans, limit: timedelta, hours: OpeningHours) -> datetime | None:
    """Return when the open time of these stretches comes to `limit`, the last one taken as going on; None for never."""
    left = limit
    for number, (start, end) in enumerate(spans, 1):
        if number == len(spans) or end is None:
            return add_open_time(start, left, hours)
        held = open_time_between(start, end, hours)
        if held > left:
            return add_open_time(start, left, hours)
        left -= held
    return None
