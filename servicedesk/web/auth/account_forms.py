"""Forms of accounts: one's data, registering, signing in with a password, choosing one, second factors."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the type stubs

from servicedesk.web.fields import address_field, family_name_field, given_name_field
from servicedesk.web.language import LANGUAGES


def _languages() -> Sequence[SelectChoice]:
    return [SelectChoice(value=code, label=words, render_kw={"lang": code}) for code, words in LANGUAGES]


class ContactForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """How a person wants to be written to; the name is not theirs to change where a provider vouches for it."""

    email = address_field(is_needed=False)
    locale = SelectField(_l("Language of mails"), choices=_languages)


class OwnDataForm(ContactForm):
    """The same with the name, for accounts of the desk's own."""

    given_name = given_name_field()
    family_name = family_name_field()
