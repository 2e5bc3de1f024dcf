"""A report of figures in a mail: its numbers as people of a language read them, and the table as CSV and XLSX."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from io import BytesIO
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from servicedesk.gateways.sheets import csv_lines, delimiter_for, write_xlsx
from servicedesk.rules.languages import spoken

TIMES = frozenset({3, 4, 5})
"""The columns that are minutes."""
NOTHING = "–"
_HOUR, _LONG = 60, 8 * 60


def has_table(context: Mapping[str, str]) -> bool:
    """Whether a letter carries figures."""
    return "figures" in context


def rows_are(context: Mapping[str, str]) -> str:
    """Return by what the rows are: group, category, service or technician."""
    return str(json.loads(context["figures"])["by"])


def in_words(context: Mapping[str, str], columns: Sequence[str], locale: str) -> dict[str, Any]:
    """Return what the template says: days, (name, now, before) of each main figure, and the first rows."""
    found, there = json.loads(context["figures"]), Locale.parse(spoken(locale))
    now, before = _shown(found["now"], there), _shown(found["before"], there)
    rows = found["rows"]
    return {
        "first": format_date(date.fromisoformat(context["first"]), "long", there),
        "last": format_date(date.fromisoformat(context["last"]), "long", there),
        "mains": list(zip(columns, now, before, strict=True)),
        "rows": [[row[0], *_shown(row[1:], there)] for row in rows[: found["shown"]]],
        "left_out": max(0, len(rows) - found["shown"]),
    }


def attachment(context: Mapping[str, str], name: str, columns: Sequence[str], locale: str) -> bytes:
    """Return the CSV file with every row; times are in minutes."""
    rows = json.loads(context["figures"])["rows"]
    return "".join(csv_lines([[name, *columns], *rows], delimiter_for(locale))).encode()


def workbook(context: Mapping[str, str], name: str, columns: Sequence[str]) -> bytes:
    """Return the same as a workbook."""
    rows, file = json.loads(context["figures"])["rows"], BytesIO()
    write_xlsx([[name, *columns], *rows], file)
    return file.getvalue()


def _shown(values: Sequence[float | None], there: Locale) -> list[str]:
    return [_value(place, value, there) for place, value in enumerate(values)]


def _value(place: int, value: float | None, there: Locale) -> str:
    if value is None:
        return NOTHING
    if place not in TIMES:
        return format_decimal(value, "0.0" if isinstance(value, float) else "#,##0", there)
    whole = round(value)
    if whole < _HOUR:
        return f"{whole} min"
    if whole < _LONG:
        return f"{whole // _HOUR} h {whole % _HOUR} min"
    return f"{format_decimal(round(whole / _HOUR), '#,##0', there)} h"
