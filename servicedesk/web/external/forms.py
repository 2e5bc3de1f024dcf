"""Forms of those without an account: a request with their details, and the status check."""

from re import ASCII, IGNORECASE

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, StringField, TelField
from wtforms import Field as FormField
from wtforms.validators import InputRequired, Length, Optional, Regexp, ValidationError

from servicedesk.rules.catalogue import Category, FieldKind
from servicedesk.rules.forms import PHONE
from servicedesk.rules.numbering import TypedNumber, read_number
from servicedesk.web.portal.forms import PREFIX, RequestForm

ADDRESS = r"""(?x) ^\s*
    [a-z0-9!\#$%&'*+/=?^_`{|}~-]+ (?: \. [a-z0-9!\#$%&'*+/=?^_`{|}~-]+ )*
    @ (?: [a-z0-9] [a-z0-9-]* \. )+ [a-z] [a-z0-9-]+ \s*$"""
"""The addresses that every mail server takes (RFC 5321, `Dot-string@Domain`); what it lets through can be mailed."""
LONGEST_ADDRESS = 254
LONGEST_NAME = 120
_NAME_TOO_LONG = _l("The name is too long: write at most %(max)d characters.")


def _squeezed(text: str | None) -> str | None:
    return " ".join(text.split()) if text else text


def _address_field() -> EmailField:
    return EmailField(
        _l("E-mail"),
        [
            InputRequired(_l("Type your e-mail address: the answer goes there.")),
            Length(max=LONGEST_ADDRESS, message=_l("This e-mail address is too long. Check it, letter by letter.")),
            Regexp(ADDRESS, IGNORECASE | ASCII, message=_l("Type an e-mail address such as name@example.org.")),
        ],
        render_kw={"autocomplete": "email"},
    )


class GuestForm(RequestForm):
    """A request with the details of somebody the desk does not know."""

    given_name = StringField(
        _l("Given name"),
        [InputRequired(_l("Type your given name.")), Length(max=LONGEST_NAME, message=_NAME_TOO_LONG)],
        filters=[_squeezed],
        render_kw={"autocomplete": "given-name"},
    )
    family_name = StringField(
        _l("Family name"),
        [InputRequired(_l("Type your family name.")), Length(max=LONGEST_NAME, message=_NAME_TOO_LONG)],
        filters=[_squeezed],
        render_kw={"autocomplete": "family-name"},
    )
    email = _address_field()


class GuestFormWithPhone(GuestForm):
    """The same where the category itself does not ask for a telephone number."""

    phone = TelField(
        _l("Telephone"),
        [
            Optional(),
            Regexp(
                rf"\s*(?:{PHONE.pattern})\s*$",
                message=_l("Type a telephone number with its prefix, for example +39 030 2988.1."),
            ),
        ],
        render_kw={"autocomplete": "tel"},
    )


class StatusForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """E-mail and number; without the number, those of the open tickets are mailed."""

    email = _address_field()
    number = StringField(_l("Ticket number"), [Optional()])

    def validate_number(self, field: FormField) -> None:
        """Refuse what is no number at all; whether it exists is never told."""
        if read_number(field.data) is None:
            raise ValidationError(_l("Type the number as it stands in the mail, such as 2026004547-7KQF2M."))

    def typed_number(self) -> TypedNumber | None:
        """Return the number taken apart, None when the field was left empty."""
        return read_number(self.number.data or "")


def phone_field(category: Category) -> str | None:
    """Return the form's name of the category's own telephone field, None when it has none."""
    return next((PREFIX + field.key for field in category.fields if field.kind is FieldKind.PHONE), None)


def guest_form(category: Category) -> type[GuestForm]:
    """Return the form for a category: a telephone number is asked for once."""
    return GuestForm if phone_field(category) else GuestFormWithPhone
