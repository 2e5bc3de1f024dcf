"""Forms of those without an account: a request with their details, and the status check."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field as FormField
from wtforms import StringField, TelField
from wtforms.validators import Optional, Regexp, ValidationError

from servicedesk.rules.catalogue import Category, FieldKind
from servicedesk.rules.forms import PHONE
from servicedesk.rules.numbering import TypedNumber, read_number
from servicedesk.web.fields import address_field, family_name_field, given_name_field
from servicedesk.web.portal.forms import PREFIX, RequestForm


class GuestForm(RequestForm):
    """A request with the details of somebody the desk does not know."""

    given_name = given_name_field()
    family_name = family_name_field()
    email = address_field()


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

    email = address_field()
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
