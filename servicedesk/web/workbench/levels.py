"""Promised times on the screens of those who work: the cell of the queue, and the clocks beside a ticket."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import format_datetime
from flask_babel import gettext as _

from servicedesk.actions.service_levels import reading
from servicedesk.rules.level_book import Target
from servicedesk.rules.opening_hours import OpeningHours, open_time_between
from servicedesk.rules.service_levels import Clock, ClockName, LevelState, Period, Phase
from servicedesk.web.clock import utc_now
from servicedesk.web.labels import label
from servicedesk.web.level_words import CLOCKS, GOALS, PHASES
from servicedesk.web.workbench.work import Work

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Due:
    """What a list says of a ticket's next promised time; `tone` is running, near, late or paused."""

    words: str
    tone: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Gauge:
    """One clock as a bar; `percent` at most 100. `at` is when it runs or ran out."""

    name: str
    words: str
    tone: str
    used: str
    percent: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Line:
    """A stretch of the ticket's time: with what, with whom, and how much of it counted towards the time to resolve.

    Or the moment at which another target began to hold: that has no group and no time.
    """

    when: str
    words: str
    group: str
    counted: str


@dataclass(frozen=True, slots=True)
class Levels:
    """The clocks of a ticket and their history; `sum` says it in one sentence."""

    gauges: Sequence[Gauge]
    lines: Sequence[Line]
    sum: str


def due(due_at: datetime | None, level_state: str, now: datetime) -> Due | None:
    """Return what the queue says of a ticket with these columns; None where nothing is promised, or all is over."""
    if level_state == LevelState.PAUSED:
        return Due(_("paused"), LevelState.PAUSED, None)
    if due_at is None:
        return None
    if due_at <= now:
        return Due(_("late by %(time)s", time=apart(now - due_at)), LevelState.LATE, due_at)
    tone = LevelState.NEAR if level_state == LevelState.NEAR else LevelState.RUNNING
    return Due(_("due in %(time)s", time=apart(due_at - now)), tone, due_at)


def apart(distance: timedelta) -> str:
    """Return a distance on the calendar in its two largest units, such as "1 d 4 h"."""
    if distance >= DAY:
        return _("%(days)d d %(hours)d h", days=distance.days, hours=distance.seconds // 3600)
    return length(distance)


def length(time: timedelta) -> str:
    """Return a length of open time, such as "26 h 10 min": a day of it has no fixed length."""
    minutes = int(time.total_seconds() // 60)
    if minutes < 60:
        return _("%(minutes)d min", minutes=minutes)
    return _("%(hours)d h %(minutes)d min", hours=minutes // 60, minutes=minutes % 60)


def levels_panel(work: Work) -> Levels | None:
    """Return the clocks of the ticket; None where nothing is promised of it."""
    now = utc_now()
    found = reading(work.session, work.row, work.names.tree, now)
    if not found.clocks:
        return None
    measured = found.clock(ClockName.RESOLVE) or found.clocks[0]
    told = [(period.start, _line(period, measured, work, now)) for period in found.periods]
    told += [(at, Line(_shortly(at), label(GOALS, what), "", "")) for at, what in found.goals_moved]
    lines = [line for _at, line in sorted(told, key=lambda each: each[0])]
    gauges = [_gauge(clock, found.periods[-1].phase, now) for clock in found.clocks]
    return Levels(gauges, lines, _sum(found.periods, measured.hours, now))


def _gauge(clock: Clock, phase: Phase, now: datetime) -> Gauge:
    words, tone = _standing(clock, phase, now)
    percent = min(100, round(100 * clock.elapsed / clock.limit))
    used = _("%(elapsed)s of %(limit)s", elapsed=length(clock.elapsed), limit=length(clock.limit))
    return Gauge(label(CLOCKS, clock.name), words, tone, used, percent, clock.due if clock.is_running else None)


def _standing(clock: Clock, phase: Phase, now: datetime) -> tuple[str, str]:
    if clock.is_over:
        return (_("missed"), LevelState.MISSED) if clock.breached_at else (_("met"), LevelState.MET)
    if not clock.is_running:
        return _("paused: %(why)s", why=label(PHASES, phase)), LevelState.PAUSED
    if clock.due is None:
        return _("runs"), LevelState.RUNNING
    cell = due(clock.due, LevelState.NEAR if clock.has_warned else LevelState.RUNNING, now)
    assert cell is not None
    # What was recorded as late stays late, even where another target gives more time.
    return cell.words, LevelState.LATE if clock.breached_at else cell.tone


def _line(period: Period, measured: Clock, work: Work, now: datetime) -> Line:
    open_time = open_time_between(period.start, period.end or now, measured.hours)
    counts = period.phase is Phase.RUNNING or period.phase in _running_waits(measured)
    return Line(
        when=f"{_shortly(period.start)} - {_shortly(period.end) if period.end else _('now')}",
        words=label(PHASES, period.phase),
        group=work.names.group(period.group),
        counted=length(open_time) if counts else _("does not count"),
    )


def _shortly(at: datetime) -> str:
    return str(format_datetime(at, "d MMM, HH:mm"))


def _running_waits(clock: Clock) -> set[Phase]:
    pauses = {Phase(each) for each in clock.level.pauses} if isinstance(clock.level, Target) else set(Phase)
    return {Phase.THIRD_PARTY, Phase.DATE} - pauses


def _sum(periods: Iterable[Period], hours: OpeningHours, now: datetime) -> str:
    """Such as "3 h 20 min: the desk works on it, 8 h 0 min: waiting for the requester"; all in opening hours."""
    total: dict[Phase, timedelta] = {}
    for period in periods:
        if period.phase is not Phase.ENDED:
            spent = open_time_between(period.start, period.end or now, hours)
            total[period.phase] = total.get(period.phase, timedelta()) + spent
    return ", ".join(f"{label(PHASES, phase)}: {length(spent)}" for phase, spent in total.items())
