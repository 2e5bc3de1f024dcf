"""Checks what a requester typed into the extra fields of a category's form."""

import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import PurePosixPath

from servicedesk.rules.catalogue import Field, FieldKind
from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_, Sentence

NOT_ISSUED = "99999"
NOT_ISSUED_TYPED = frozenset({"9999", "99999"})
NOT_ISSUED_SUFFIX = "_not_issued"
MAX_TEXT = 200
MAX_LONG_TEXT = 4000
STUDENT_NUMBER = re.compile(r"[A-Za-z]{0,2}\d{4,10}")
PHONE = re.compile(r"\+?[\d ().\-/]{5,30}")
PHONE_DIGITS = range(5, 16)
NUMBER = re.compile(r"-?[0-9]{1,15}(?:[.,][0-9]{1,6})?")
BOUND = re.compile(r"today(?:([+-])(\d{1,5}))?")
DAY_TYPED = ("%Y-%m-%d", "%d/%m/%Y")
DAY_SHOWN = "%d/%m/%Y"


@dataclass(frozen=True, slots=True)
class Known:
    """What the answers are held against: today at the desk, and the names of the register's degree courses."""

    today: date
    courses: Set[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Answers:
    """The values to keep per field key, and the sentence of each field that must be corrected."""

    values: Mapping[str, str]
    errors: Mapping[str, Sentence]


class _Refused(Exception):
    def __init__(self, msgid: str, **params: str | int) -> None:
        self.sentence = Sentence(msgid, params)


def check_answers(fields: Sequence[Field], typed: Mapping[str, str], known: Known) -> Answers:
    """Return the answers to a category's fields; what is empty and not required is left out.

    The box 'not yet issued' of a student number arrives as `<key>_not_issued`; it, 9999 and 99999 are all kept as
    NOT_ISSUED. A file is told by its name, a ticked consent by any text. Kept are a date as 2026-09-30, a number with
    its decimals after a point, a consent by its version. Source: requirement B6.
    """
    values: dict[str, str] = {}
    errors: dict[str, Sentence] = {}
    for field in fields:
        text = _typed(field, typed)
        try:
            value = _value(field, text, known)
        except _Refused as refused:
            errors[field.key] = refused.sentence
            continue
        if value:
            values[field.key] = value
    return Answers(values, errors)


def is_not_issued(value: str) -> bool:
    """Tell whether a student number stands for 'not yet issued'."""
    return value == NOT_ISSUED


def check_file_name(field: Field, name: str) -> None:
    """Refuse a file that is not of a kind which the field takes. Raises Invalid."""
    if field.accept and PurePosixPath(name).suffix.lower().lstrip(".") not in field.accept:
        kinds = ", ".join(field.accept)
        raise Invalid(
            N_("%(name)s cannot be taken here. Choose a file of these kinds: %(kinds)s."), name=name, kinds=kinds
        )


def is_bound(text: str) -> bool:
    """Tell whether a text names the bound of a date: a day, or one counted from today."""
    return bool(BOUND.fullmatch(text)) or _day(text, DAY_TYPED[:1]) is not None


def bound(text: str | None, today: date) -> date | None:
    """Return the day that a field's bound stands for, None without one."""
    if text is None:
        return None
    match = BOUND.fullmatch(text)
    if match is None:
        return date.fromisoformat(text)
    return today + timedelta(days=int(f"{match[1] or '+'}{match[2] or 0}"))


def are_crossed(earliest: str | None, latest: str | None) -> bool:
    """Tell whether two bounds of one form leave no day between them; a day and one counted from today may do later."""
    if earliest is None or latest is None or bool(BOUND.match(earliest)) is not bool(BOUND.match(latest)):
        return False
    return (bound(earliest, date(2000, 1, 1)) or date.min) > (bound(latest, date(2000, 1, 1)) or date.max)


def _typed(field: Field, typed: Mapping[str, str]) -> str:
    if field.kind is FieldKind.STUDENT_NUMBER and typed.get(field.key + NOT_ISSUED_SUFFIX):
        return NOT_ISSUED
    return typed.get(field.key, "").strip()


def _value(field: Field, text: str, known: Known) -> str:
    if text:
        return CHECKS[field.kind](field, text, known)
    if field.required and field.kind in MISSING:
        raise _Refused(MISSING[field.kind])
    if field.required:
        raise _Refused(N_("This field is mandatory."))
    return ""


def _text(field: Field, text: str, _known: Known) -> str:
    longest = MAX_LONG_TEXT if field.kind is FieldKind.LONG_TEXT else MAX_TEXT
    if len(text) > longest:
        raise _Refused(N_("This is too long: write at most %(count)s characters."), count=longest)
    return text


def _choice(field: Field, text: str, _known: Known) -> str:
    if text not in {value for value, _ in field.options}:
        raise _Refused(N_("Choose one of the options."))
    return text


def _student_number(_field: Field, text: str, _known: Known) -> str:
    if text in NOT_ISSUED_TYPED:
        return NOT_ISSUED
    if not STUDENT_NUMBER.fullmatch(text):
        raise _Refused(N_("Type the student number as it stands on your card, or tick 'not yet issued'."))
    return text


def _degree_course(_field: Field, text: str, known: Known) -> str:
    """A register that is empty vouches for no course, so it refuses none."""
    words = " ".join(text.split())
    found = next((course for course in known.courses if course.casefold() == words.casefold()), None)
    if found is None and known.courses:
        raise _Refused(N_("Choose a degree course of the list: type part of its name, then pick it."))
    return found or _text(_field, words, known)


def _date(field: Field, text: str, known: Known) -> str:
    day = _day(text, DAY_TYPED)
    if day is None:
        raise _Refused(N_("Type a date as day/month/year, for example 15/03/2026."))
    first, last = bound(field.earliest, known.today), bound(field.latest, known.today)
    if first and day < first:
        raise _Refused(N_("This date is too early: the first one possible is %(day)s."), day=f"{first:{DAY_SHOWN}}")
    if last and day > last:
        raise _Refused(N_("This date is too late: the last one possible is %(day)s."), day=f"{last:{DAY_SHOWN}}")
    return day.isoformat()


def _day(text: str, forms: Sequence[str]) -> date | None:
    for form in forms:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None


def _number(field: Field, text: str, _known: Known) -> str:
    plain = text.replace(" ", "")
    if not NUMBER.fullmatch(plain):
        raise _Refused(N_("Type a number in digits, for example 120."))
    number = Decimal(plain.replace(",", "."))
    if number != round(number, field.decimals):
        raise _Refused(N_("Type a number with at most %(count)s digits after the comma."), count=field.decimals)
    if field.minimum is not None and number < field.minimum:
        raise _Refused(N_("This number is too small: type at least %(least)s."), least=field.minimum)
    if field.maximum is not None and number > field.maximum:
        raise _Refused(N_("This number is too large: type at most %(most)s."), most=field.maximum)
    return f"{number:.{field.decimals}f}"


def _file(_field: Field, name: str, _known: Known) -> str:
    return name


def _consent(field: Field, _text: str, _known: Known) -> str:
    assert field.version
    return field.version


def _phone(_field: Field, text: str, _known: Known) -> str:
    digits = sum(letter.isdigit() for letter in text)
    if not PHONE.fullmatch(text) or digits not in PHONE_DIGITS:
        raise _Refused(N_("Type a telephone number with its prefix, for example +39 030 2988.1."))
    return text


MISSING: Mapping[FieldKind, str] = {
    FieldKind.STUDENT_NUMBER: N_("Type your student number, or tick 'not yet issued'."),
    FieldKind.FILE: N_("Attach this file: without it the request cannot be handled."),
    FieldKind.CONSENT: N_("Tick this box to go on: without your consent the request cannot be handled."),
}
"""What is said of a mandatory field left empty, where it is more than that."""
CHECKS: Mapping[FieldKind, Callable[[Field, str, Known], str]] = {
    FieldKind.TEXT: _text,
    FieldKind.LONG_TEXT: _text,
    FieldKind.CHOICE: _choice,
    FieldKind.STUDENT_NUMBER: _student_number,
    FieldKind.DEGREE_COURSE: _degree_course,
    FieldKind.PHONE: _phone,
    FieldKind.DATE: _date,
    FieldKind.NUMBER: _number,
    FieldKind.FILE: _file,
    FieldKind.CONSENT: _consent,
}
