"""Forms of accounts: one's data, registering, signing in with a password, choosing one, second factors."""

from collections.abc import Iterable, Sequence

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the type stubs
from wtforms.validators import InputRequired, Length

from servicedesk.rules.passwords import weakness
from servicedesk.web.fields import address_field, family_name_field, given_name_field, said, squeezed
from servicedesk.web.language import LANGUAGES, say


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


def new_password_field() -> PasswordField:
    """Return the field in which a password is chosen; `check_password` says whether it is good enough."""
    return PasswordField(
        _l("New password"),
        [InputRequired(_l("Choose a password."))],
        render_kw={"autocomplete": "new-password", "data-reveal": ""},
    )


def password_field(words: str = _l("Password")) -> PasswordField:
    """Return the field for a password that exists."""
    return PasswordField(
        words,
        [InputRequired(_l("Type your password."))],
        render_kw={"autocomplete": "current-password", "data-reveal": ""},
    )


def check_password(field: PasswordField, own: Iterable[str]) -> bool:
    """Whether a chosen password is good enough; where it is not, the field says why."""
    why = weakness(said(field), own)
    if why is not None:
        field.errors = [say(why)]
    return why is None


class SignInForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Address and password."""

    email = address_field(autocomplete="username")
    password = password_field()


class RegistrationForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Somebody who wants an account."""

    given_name = given_name_field()
    family_name = family_name_field()
    email = address_field(autocomplete="username")
    password = new_password_field()


class RegistrationFormWithNotice(RegistrationForm):
    """The same where there is a privacy notice to be read."""

    has_read = BooleanField(
        _l("I have read the privacy notice"), [InputRequired(_l("Read the privacy notice, then tick this box."))]
    )


class AddressForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """The address of an account whose password is forgotten."""

    email = address_field(autocomplete="username")


class OnlyPasswordForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """The password alone, for what needs it once more."""

    password = password_field()


class NewPasswordForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A password chosen by a mailed link."""

    password = new_password_field()


class ChangePasswordForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A password changed by somebody who knows the present one."""

    current_password = password_field(_l("Present password"))
    password = new_password_field()


class CodeForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A code of an authenticator app, or a recovery code."""

    code = StringField(
        _l("Code"),
        [InputRequired(_l("Type the code that the app shows.")), Length(max=40)],
        render_kw={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"},
    )


class PasskeyForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """What the browser's script sends of a passkey; a new one has a name."""

    credential = HiddenField()
    name = StringField(
        _l("Name of the passkey"),
        [Length(max=60, message=_l("The name is too long: write at most %(max)d characters."))],
        filters=[squeezed],
        render_kw={"autocomplete": "off", "maxlength": 60},
    )
