"""The form of an appointment."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import MultipleFileField, StringField, TelField, TextAreaField
from wtforms.validators import DataRequired, Length

from servicedesk.actions.appointment_slots import Said
from servicedesk.web.fields import squeezed

LONGEST_DESCRIPTION = 2000
LONGEST_PHONE = 40
LONGEST_CONTACT = 254


class BookingForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """What the counter wants to know before the person comes (E2)."""

    description = TextAreaField(
        _l("What it is about"),
        [
            DataRequired(_l("Say in a few words what it is about.")),
            Length(
                max=LONGEST_DESCRIPTION, message=_l("The description is too long: write at most %(max)d characters.")
            ),
        ],
    )
    phone = TelField(
        _l("Telephone"),
        [
            DataRequired(_l("Type a telephone number at which we can reach you.")),
            Length(max=LONGEST_PHONE, message=_l("The number is too long: write at most %(max)d characters.")),
        ],
        filters=[squeezed],
        render_kw={"autocomplete": "tel"},
    )
    contact = StringField(
        _l("Teams address"),
        [Length(max=LONGEST_CONTACT, message=_l("The address is too long: write at most %(max)d characters."))],
        filters=[squeezed],
    )

    files = MultipleFileField(_l("Attachments"))

    def said(self) -> Said:
        """Return what was typed."""
        return Said(self.description.data or "", self.phone.data or "", self.contact.data or "")
