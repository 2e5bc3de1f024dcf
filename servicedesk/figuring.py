"""Counts the days that are due: the work of a job, of `flask figures rebuild`, and of the demo.

A day is read in a transaction of its own before the one that writes it, so that counting holds nobody up.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from servicedesk.actions import figures
from servicedesk.rules.outcomes import Outcome, counted
from servicedesk.turns import Batch, JobContext


def count_due(context: JobContext, batch: Batch, now: datetime) -> Outcome:
    """Count every day that is due, then the months they are in, and say how many they were."""
    with context.sessions() as session:
        due = figures.days_due(session, ZoneInfo(context.settings.site.zone), now)
    return count_days(context, batch, due, now)


def count_days(
    context: JobContext, batch: Batch, days: Sequence[date], now: datetime, tell: Callable[[date], None] | None = None
) -> Outcome:
    """Count these days, each in a batch; `tell` hears of each that is done."""
    zone, done = ZoneInfo(context.settings.site.zone), list[date]()
    for day in days:
        if context.stopping.is_set():
            break
        with context.sessions() as session:
            tallies = figures.tallied(session, day, zone, now)
        with batch() as session:
            month_follows = bool(figures.months_due([day], zone, now))
            figures.keep_day(session, day, tallies, now, month_follows=month_follows)
        done.append(day)
        if tell:
            tell(day)
    for first in figures.months_due(done, zone, now):
        with batch() as session:
            figures.keep_month(session, first, [day for day in done if day.replace(day=1) == first])
    return counted(days=len(done))
