"""What the language of a page changes besides its sentences: numbers, dates, genders, plurals."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask_babel import ngettext

from servicedesk.web.context import day, exact, filesize
from servicedesk.web.labels import impact, level

INSTANT = datetime(2026, 3, 8, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "sizes"), [("it", ["800 B", "4 kB", "2,5 MB", "25 MB"]), ("en", ["800 B", "4 kB", "2.5 MB", "25 MB"])]
)
def test_sizes_are_written_as_the_language_writes_numbers(app: Flask, language: str, sizes: list[str]) -> None:
    with app.test_request_context(headers={"Cookie": f"servicedesk_language={language}"}):
        assert [filesize(size) for size in (800, 4200, 2_500_000, 25_000_000)] == sizes


@pytest.mark.parametrize(("language", "month"), [("it", "marzo"), ("en", "March")])
def test_dates_name_the_month_and_stand_in_the_zone_of_the_site(app: Flask, language: str, month: str) -> None:
    with app.test_request_context(headers={"Cookie": f"servicedesk_language={language}"}):
        assert day(INSTANT) == f"8 {month} 2026"
        assert exact(INSTANT) == f"8 {month} 2026, 10:05"


def test_italian_gives_the_impact_another_gender_than_urgency_and_priority(app: Flask) -> None:
    with app.test_request_context(headers={"Cookie": "servicedesk_language=it"}):
        assert [level(number) for number in range(1, 6)] == ["Molto bassa", "Bassa", "Media", "Alta", "Molto alta"]
        assert [impact(number) for number in range(1, 6)] == ["Molto basso", "Basso", "Medio", "Alto", "Molto alto"]


def test_one_undelivered_mail_is_not_many(app: Flask) -> None:
    one, many = "%(num)s mail could not be delivered.", "%(num)s mails could not be delivered."
    with app.test_request_context(headers={"Cookie": "servicedesk_language=it"}):
        assert ngettext(one, many, 1) == "1 e-mail non è stata recapitata."
        assert ngettext(one, many, 2) == "2 e-mail non sono state recapitate."
