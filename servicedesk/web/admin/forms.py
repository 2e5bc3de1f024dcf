"""The form by which an administrator opens a ticket."""

from secrets import token_urlsafe

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired

from servicedesk.rules.errors import Invalid
from servicedesk.web.language import say


class ReasonForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Which ticket, and why; the action knows what makes a reason."""

    idempotency_key = HiddenField(default=lambda: token_urlsafe(24))
    number = StringField(_("Number of the request"), [InputRequired(_("Write the number of the request."))])
    reason = TextAreaField(_("Reason"), [InputRequired(_("Say why you have to read this request."))])

    def refuse(self, error: Invalid) -> None:
        """Put an action's sentences beside their fields."""
        for name, sentence in error.fields.items():
            self[name].errors = (*self[name].errors, say(sentence))
