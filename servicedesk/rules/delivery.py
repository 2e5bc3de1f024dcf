"""When a mail that did not go out is tried again, and when the desk gives up."""

from datetime import datetime, timedelta

DELAYS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=8),
)
"""The wait after the first, second, ... failure; the last one is repeated."""
PATIENCE = timedelta(days=4)


def next_try(first_try_at: datetime, attempts: int, now: datetime) -> datetime | None:
    """Return when to try again after `attempts` failures (at least one), None when `PATIENCE` is over.

    The last try is exactly at the end of the four days.
    """
    end = first_try_at + PATIENCE
    delay = DELAYS[min(attempts, len(DELAYS)) - 1]
    return min(now + delay, end) if now < end else None
