"""Days on the wall: when an unanswered solution expires, and when its warnings go out (rule 1)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

WARNING_DAYS = (7, 1)


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) of a naive local time: a missing one moves past the gap, a doubled one is the second."""
    later = wall.replace(tzinfo=zone, fold=1)
    back = later.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    if back == wall:
        return later.astimezone(UTC)
    # In the gap fold=0 reads the time with the offset before the change, which lands after the gap by its length.
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def plus_days(start: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) that many calendar days from `start`, at the same time on the wall of `zone`.

    Raises ValueError for a naive `start`.
    """
    if start.tzinfo is None:
        raise ValueError("an aware instant is needed")
    return instant(start.astimezone(zone).replace(tzinfo=None) + timedelta(days=days), zone)


def next_warning(
    expires_at: datetime, after: datetime, zone: ZoneInfo, days: Sequence[int] = WARNING_DAYS
) -> datetime | None:
    """Return the first warning instant later than `after`, or None when all are past."""
    instants = sorted(plus_days(expires_at, -before, zone) for before in days)
    return next((at for at in instants if at > after), None)


def local_day(now: datetime, zone: ZoneInfo) -> date:
    """Return today's date on the wall of `zone`."""
    return now.astimezone(zone).date()
