"""The answers to a form's own fields, as one reads them on a page or on paper."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import format_date, format_decimal
from flask_babel import gettext as _

from servicedesk.rules.catalogue import FieldKind
from servicedesk.rules.forms import is_not_issued
from servicedesk.web.language import locale_code


def filled_in(answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return label and value of each answer kept with a ticket, in the language of the page."""
    language = locale_code()
    return [(answer["label"].get(language) or answer["label"]["en"], _words(answer)) for answer in answers.values()]


def _words(answer: Mapping[str, Any]) -> str:
    value = str(answer["value"])
    if shown := answer["shown"]:
        return str(shown.get(locale_code()) or shown["en"])
    return SHOWN.get(answer.get("kind", ""), _plain)(value)


def _plain(value: str) -> str:
    return _("not yet issued") if is_not_issued(value) else value


SHOWN: Mapping[str, Callable[[str], str]] = {
    FieldKind.DATE: lambda value: format_date(date.fromisoformat(value), "long"),
    FieldKind.NUMBER: lambda value: format_decimal(Decimal(value)),
    FieldKind.CONSENT: lambda value: _("Given (wording %(version)s)", version=value),
}
