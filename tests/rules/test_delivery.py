"""Retries of mail."""

from datetime import UTC, datetime, timedelta

from servicedesk.rules.delivery import PATIENCE, next_try

FIRST = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def all_tries() -> list[timedelta]:
    """Every try of a mail that always fails at once, counted from the first."""
    tries, now, attempts = [timedelta(0)], FIRST, 1
    while (again := next_try(FIRST, attempts, now)) is not None:
        tries.append(again - FIRST)
        now, attempts = again, attempts + 1
    return tries


def test_the_first_tries_come_soon_and_then_ever_later() -> None:
    gaps = [later - earlier for earlier, later in zip(all_tries(), all_tries()[1:], strict=False)]
    assert gaps[:5] == [timedelta(minutes=m) for m in (1, 5, 15, 60, 240)]
    assert all(gap == timedelta(hours=8) for gap in gaps[5:-1])


def test_the_last_try_is_four_days_after_the_first_and_then_the_desk_gives_up() -> None:
    assert all_tries()[-1] == PATIENCE == timedelta(days=4)
    assert next_try(FIRST, 20, FIRST + PATIENCE) is None
    assert next_try(FIRST, 1, FIRST + PATIENCE + timedelta(hours=1)) is None
