"""The forms of retention and removal: months, reasons, and the word that says one means it."""

import re
from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Regexp

from servicedesk.rules.retention import Terms
from servicedesk.rules.sentences import Sentence
from servicedesk.web.language import say

_MONTHS = [Regexp(re.compile(r"\s*\d{0,4}\s*\Z"), message=_l("Write a whole number of months."))]


class TermsForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Months after which something is removed; empty keeps it for good."""

    seen = HiddenField()

    def terms(self) -> Terms:
        """Return what was typed, once it is valid."""
        return Terms(**{name: int((self[name].data or "").strip() or 0) for name in self.names})

    def refuse(self, problems: Mapping[str, Sentence]) -> None:
        """Put a rule's sentences beside their fields."""
        for name, sentence in problems.items():
            self[name].errors = (*self[name].errors, say(sentence))


class ServiceTermsForm(TermsForm):
    """The terms of a service."""

    names = ("files", "tickets")
    files = StringField(_l("Attachments: months after the request was closed"), _MONTHS)
    tickets = StringField(_l("Requests: months after they were closed"), _MONTHS)


class AccountTermsForm(TermsForm):
    """The term of accounts."""

    names = ("accounts",)
    accounts = StringField(_l("Accounts without requests: months after the last sign-in"), _MONTHS)


class HoldForm(FlaskForm):  # type: ignore[misc]
    """Why something is kept."""

    reason = TextAreaField(_l("Reason"), [InputRequired(_l("Give the reason.")), Length(max=500)])

    def refuse(self, problems: Mapping[str, Sentence]) -> None:
        """Put an action's sentences beside their fields."""
        for name, sentence in problems.items():
            self[name].errors = (*self[name].errors, say(sentence))


class TicketHoldForm(HoldForm):
    """Which request is kept, and why."""

    number = StringField(_l("Number of the request"), [InputRequired(_l("Write the number of the request."))])


class RemovalForm(FlaskForm):  # type: ignore[misc]
    """Why a person is removed, and the word that says which one is meant."""

    reason = TextAreaField(_l("Reason"), [InputRequired(_l("Give the reason.")), Length(max=500)])
    typed = StringField(_l("Number of the person"), [InputRequired(_l("Type the number that is shown."))])
