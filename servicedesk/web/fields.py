"""What several pages' forms share: fields for names and e-mail addresses of people, and the reading of a date."""

from datetime import date
from re import ASCII, IGNORECASE

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, Field, StringField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp, ValidationError

ADDRESS = r"""(?x) ^\s*
    [a-z0-9!\#$%&'*+/=?^_`{|}~-]+ (?: \. [a-z0-9!\#$%&'*+/=?^_`{|}~-]+ )*
    @ (?: [a-z0-9] [a-z0-9-]* \. )+ [a-z] [a-z0-9-]+ \s*$"""
"""The addresses that every mail server takes (RFC 5321, `Dot-string@Domain`); what it lets through can be mailed."""
LONGEST_ADDRESS = 254
LONGEST_NAME = 120
_NAME_TOO_LONG = _l("The name is too long: write at most %(max)d characters.")


def said(field: Field) -> str:
    """Return what was typed into a text field, empty for nothing."""
    return field.data or ""


def squeezed(text: str | None) -> str | None:
    """Return a text with single spaces."""
    return " ".join(text.split()) if text else text


def read_day(typed: str | None) -> date:
    """Return the date that a date field brought. Raises ValidationError for what is none."""
    try:
        read = date.fromisoformat(typed or "")
        if not 2000 < read.year < 2200:
            raise ValueError(typed)
    except ValueError as error:
        raise ValidationError(_("Choose a date.")) from error
    return read


def address_field(is_needed: bool = True, autocomplete: str = "email") -> EmailField:
    """Return the field for an e-mail address that can be mailed; empty is an answer unless `is_needed`."""
    needed = InputRequired(_l("Type your e-mail address."))
    return EmailField(
        _l("E-mail"),
        [
            needed if is_needed else Optional(),
            Length(max=LONGEST_ADDRESS, message=_l("This e-mail address is too long. Check it, letter by letter.")),
            Regexp(ADDRESS, IGNORECASE | ASCII, message=_l("Type an e-mail address such as name@example.org.")),
        ],
        filters=[lambda typed: typed.strip() if typed else typed],
        render_kw={"autocomplete": autocomplete},
    )


def given_name_field() -> StringField:
    """Return the field for a given name."""
    return _name_field(_l("Given name"), _l("Type your given name."), "given-name")


def family_name_field() -> StringField:
    """Return the field for a family name."""
    return _name_field(_l("Family name"), _l("Type your family name."), "family-name")


def _name_field(words: str, missing: str, autocomplete: str) -> StringField:
    return StringField(
        words,
        [DataRequired(missing), Length(max=LONGEST_NAME, message=_NAME_TOO_LONG)],
        filters=[squeezed],
        render_kw={"autocomplete": autocomplete},
    )
