"""Times of appointments in words: always on the wall of the counter, wherever the reader is."""

from datetime import date, datetime

from babel.dates import format_date as written
from babel.dates import format_datetime, get_day_names
from flask_babel import get_locale

from servicedesk.rules.counters import Counter


def appointment_time(at: datetime, counter: Counter) -> str:
    """Return weekday, date and time, such as "Monday 9 March 2026, 09:00"."""
    return format_datetime(at, "EEEE d MMMM y, HH:mm", counter.clock, get_locale())


def clock_time(at: datetime, counter: Counter) -> str:
    """Return the time of the day, such as "09:05"."""
    return format_datetime(at, "HH:mm", counter.clock, get_locale())


def weekday(day: date) -> str:
    """Return weekday and date, such as "Mon 9 March"."""
    return written(day, "EEE d MMMM", get_locale())


def weekday_name(number: int) -> str:
    """Return the name of a weekday; Monday is 0."""
    name: str = get_day_names("wide", "stand-alone", get_locale())[number]
    return name
