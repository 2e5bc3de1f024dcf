"""Ticket numbers: year and at least six digits, with a random suffix for tickets filed without an account (rule 3)."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
SUFFIX_LENGTH = 6
_TYPED = re.compile(r"^#?\s*(\d{10,12})(?:[\s-]*([0-9A-Za-z]{6}))?$")


@dataclass(frozen=True, slots=True)
class TypedNumber:
    """A number as somebody typed it, taken apart."""

    number: str
    suffix: str | None


def number_year(now: datetime, zone: ZoneInfo) -> int:
    """Return the year whose series a ticket opened at `now` takes its number from."""
    return now.astimezone(zone).year


def format_number(year: int, count: int) -> str:
    """Return '2023004547' for year 2023 and count 4547."""
    return f"{year:04d}{count:06d}"


def full_number(number: str, suffix: str | None) -> str:
    """Return the number as its holder knows it: with the suffix where there is one."""
    return f"{number}-{suffix}" if suffix else number


def new_suffix() -> str:
    """Return a random suffix of 30 bits, without letters and digits that look alike."""
    return "".join(secrets.choice(ALPHABET) for _ in range(SUFFIX_LENGTH))


def read_number(typed: str) -> TypedNumber | None:
    """Take apart what somebody typed, forgiving spaces, '#' and lower case; None when it is no number at all."""
    match = _TYPED.match(typed.strip())
    if match is None:
        return None
    return TypedNumber(match[1], match[2].upper() if match[2] else None)
