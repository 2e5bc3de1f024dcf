"""Checks what a requester typed into the extra fields of a category's form."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from servicedesk.rules.catalogue import Field, FieldKind
from servicedesk.rules.sentences import N_, Sentence

NOT_ISSUED = "99999"
NOT_ISSUED_TYPED = frozenset({"9999", "99999"})
NOT_ISSUED_SUFFIX = "_not_issued"
MAX_TEXT = 200
MAX_LONG_TEXT = 4000
STUDENT_NUMBER = re.compile(r"[A-Za-z]{0,2}\d{4,10}")
PHONE = re.compile(r"\+?[\d ().\-/]{5,30}")
PHONE_DIGITS = range(5, 16)


@dataclass(frozen=True, slots=True)
class Answers:
    """The values to keep per field key, and the sentence of each field that must be corrected."""

    values: Mapping[str, str]
    errors: Mapping[str, Sentence]


class _Refused(Exception):
    def __init__(self, msgid: str, **params: str | int) -> None:
        self.sentence = Sentence(msgid, params)


def check_answers(fields: Sequence[Field], typed: Mapping[str, str]) -> Answers:
    """Return the answers to a category's fields; what is empty and not required is left out.

    The box 'not yet issued' of a student number arrives as `<key>_not_issued`; it, 9999 and 99999 are all kept as
    NOT_ISSUED. Source: requirement B6.
    """
    values: dict[str, str] = {}
    errors: dict[str, Sentence] = {}
    for field in fields:
        text = _typed(field, typed)
        try:
            value = _value(field, text)
        except _Refused as refused:
            errors[field.key] = refused.sentence
            continue
        if value:
            values[field.key] = value
    return Answers(values, errors)


def is_not_issued(value: str) -> bool:
    """Tell whether a student number stands for 'not yet issued'."""
    return value == NOT_ISSUED


def _typed(field: Field, typed: Mapping[str, str]) -> str:
    if field.kind is FieldKind.STUDENT_NUMBER and typed.get(field.key + NOT_ISSUED_SUFFIX):
        return NOT_ISSUED
    return typed.get(field.key, "").strip()


def _value(field: Field, text: str) -> str:
    if text:
        return CHECKS[field.kind](field, text)
    if field.required and field.kind is FieldKind.STUDENT_NUMBER:
        raise _Refused(N_("Type your student number, or tick 'not yet issued'."))
    if field.required:
        raise _Refused(N_("This field is mandatory."))
    return ""


def _text(field: Field, text: str) -> str:
    longest = MAX_LONG_TEXT if field.kind is FieldKind.LONG_TEXT else MAX_TEXT
    if len(text) > longest:
        raise _Refused(N_("This is too long: write at most %(count)s characters."), count=longest)
    return text


def _choice(field: Field, text: str) -> str:
    if text not in {value for value, _ in field.options}:
        raise _Refused(N_("Choose one of the options."))
    return text


def _student_number(field: Field, text: str) -> str:
    if text in NOT_ISSUED_TYPED:
        return NOT_ISSUED
    if not STUDENT_NUMBER.fullmatch(text):
        raise _Refused(N_("Type the student number as it stands on your card, or tick 'not yet issued'."))
    return text


def _phone(field: Field, text: str) -> str:
    digits = sum(letter.isdigit() for letter in text)
    if not PHONE.fullmatch(text) or digits not in PHONE_DIGITS:
        raise _Refused(N_("Type a telephone number with its prefix, for example +39 030 2988.1."))
    return text


CHECKS: Mapping[FieldKind, Callable[[Field, str], str]] = {
    FieldKind.TEXT: _text,
    FieldKind.LONG_TEXT: _text,
    FieldKind.CHOICE: _choice,
    FieldKind.STUDENT_NUMBER: _student_number,
    FieldKind.DEGREE_COURSE: _text,
    FieldKind.PHONE: _phone,
}
