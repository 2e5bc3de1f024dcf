"""Ticket numbers: year and six digits, the suffix of tickets without an account, and what people type."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from servicedesk.rules.numbering import (
    ALPHABET,
    TypedNumber,
    format_number,
    full_number,
    new_suffix,
    number_year,
    read_number,
)

ROME = ZoneInfo("Europe/Rome")


def test_a_number_is_the_year_and_six_digits_and_more_when_they_run_out() -> None:
    assert format_number(2023, 4547) == "2023004547"
    assert format_number(2026, 1_000_000) == "20261000000"


def test_the_year_is_the_one_on_the_wall_of_the_service() -> None:
    assert number_year(datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC), ROME) == 2026
    assert number_year(datetime(2026, 12, 31, 23, 0, 0, tzinfo=UTC), ROME) == 2027


def test_a_suffix_has_six_letters_that_cannot_be_mistaken() -> None:
    suffixes = {new_suffix() for _ in range(200)}
    assert len(suffixes) == 200
    assert all(len(suffix) == 6 and set(suffix) <= set(ALPHABET) for suffix in suffixes)
    assert not set("01OI") & set(ALPHABET)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("2026004547", TypedNumber("2026004547", None)),
        (" #2026004547-7kqf2m ", TypedNumber("2026004547", "7KQF2M")),
        ("2026004547 7KQF2M", TypedNumber("2026004547", "7KQF2M")),
        ("20261000000-7KQF2M", TypedNumber("20261000000", "7KQF2M")),
        ("51243", None),
        ("2026004547-7KQ", None),
        ("' OR 1=1 --", None),
        ("", None),
    ],
)
def test_what_people_type_is_read_forgivingly(typed: str, read: TypedNumber | None) -> None:
    assert read_number(typed) == read


def test_the_full_number_carries_the_suffix_where_there_is_one() -> None:
    assert full_number("2026004547", "7KQF2M") == "2026004547-7KQF2M"
    assert full_number("2026004547", None) == "2026004547"
