"""What one is told and where (C10, C11), and one's language: signed in, or by the link that every mail carries."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response
from wtforms import BooleanField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the type stubs

from servicedesk.actions import preferences as actions
from servicedesk.rules import notices
from servicedesk.rules.addresses import is_preferences_token, read_status_token
from servicedesk.rules.errors import NotFound
from servicedesk.rules.notices import Channel, Choice, Habits, Kind
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_
from servicedesk.store import people
from servicedesk.store import preferences as store
from servicedesk.store.models.people import Person
from servicedesk.web import labels, parked
from servicedesk.web.access import demands, form_shown_at, public
from servicedesk.web.auth.account_pages import myself, settings
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.language import A_YEAR, COOKIE, LANGUAGES, locale_code
from servicedesk.web.portal import devices

LINK = "/<string(length=32):token>"
bp = Blueprint("preferences", __name__, url_prefix="/preferences")


def _hours() -> list[SelectChoice]:
    every = [SelectChoice(str(hour), f"{hour}:00") for hour in notices.HOURS]
    return [SelectChoice("", _("never")), *every]


class ChoicesForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """What is wanted, as words such as "comment.mail", and the language."""

    wanted = SelectMultipleField(_l("What we tell you"), choices=())
    is_daily = BooleanField(_l("One mail a day"))
    quiet_from = SelectField(_l("Silent from"), choices=_hours)
    quiet_until = SelectField(_l("until"), choices=_hours)
    locale = SelectField(
        _l("Language"),
        choices=[SelectChoice(value=code, label=words, render_kw={"lang": code}) for code, words in LANGUAGES],
    )


@dataclass(frozen=True, slots=True)
class Box:
    """One box to tick."""

    value: str
    label: str
    is_ticked: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of news with a box per channel."""

    kind: str
    label: str
    hint: str
    boxes: Sequence[Box]


def exempt(csrf: CSRFProtect) -> None:
    """Let mail programs stop mails with one request (RFC 8058): the signed link stands in for our own token."""
    csrf.exempt(stop)


@bp.route("", methods=["GET", "POST"])
@demands(Permission.PORTAL_USE, page="preferences.show")
def show() -> str | Response | tuple[str, int]:
    """Show and keep what the person signed in wants to be told."""
    person = reading().get_one(Person, myself())
    is_told_elsewhere = bool(devices.public_key() or settings().webhook.url)
    channels = tuple(channel for channel in Channel if channel is not Channel.PUSH or is_told_elsewhere)
    return _page(person, channels, url_for(".show"))


@bp.route(LINK, methods=["GET", "POST"])
@public
@form_shown_at("preferences.by_link")
def by_link(token: str) -> str | Response | tuple[str, int]:
    """Show and keep what the reader of a mail wants to be mailed; opening it changes nothing (rule 8)."""
    return _page(_reader(token), (Channel.MAIL,), url_for(".by_link", token=token))


@bp.route(LINK + "/<kind>", methods=["GET", "POST"])
@public
@form_shown_at("preferences.by_link")
def stop(token: str, kind: str) -> str | Response:
    """Ask, with one button, whether mails of this kind shall stop; the post stops them, sent by whatever program."""
    person = _reader(token)
    chosen = _stoppable(kind, person)
    if request.method == "GET":
        return render_template(
            "portal/stop_mails.html", token=token, kind=chosen, label=labels.label(labels.NEWS_KINDS, chosen)
        )
    with writing() as session:
        actions.stop_mails(session, person.id, chosen, utc_now())
    flash(_("Done: no more mails of this kind. You can change your mind here."), "success")
    return redirect(url_for(".by_link", token=token), 303)


def _reader(token: str) -> Person:
    read = read_status_token(token)
    person = store.reader(reading(), read[0]) if read and read[0].bit_length() < 32 else None
    secret: str = current_app.config["SECRET_KEY"]
    if person is None or not is_preferences_token(token, secret, person.id, people.mail_address(reading(), person.id)):
        raise NotFound(N_("This link is not valid any more. Take the one in our newest mail to you."))
    return person


def _stoppable(kind: str, person: Person) -> Kind:
    found = {choice[0].value: choice[0] for choice in _offered(person, (Channel.MAIL,))}
    if kind not in found:
        raise NotFound()
    return found[kind]


def _offered(person: Person, channels: Sequence[Channel]) -> Sequence[Choice]:
    is_staff = not person.is_guest and store.is_worker(reading(), person.id)
    return notices.offered(person.is_guest, is_staff, channels)


def _page(person: Person, channels: Sequence[Channel], here: str) -> str | Response | tuple[str, int]:
    offered = _offered(person, channels)
    form = _form(person, offered)
    if form.validate_on_submit():
        return _saved(person, form, offered, here)
    shown = render_template(
        "portal/preferences.html",
        form=form,
        rows=_rows(offered, form.wanted.data or ()),
        here=here,
        person=person,
        address=people.mail_address(reading(), person.id),
        is_own=(is_own := Channel.DESK in channels),
        has_quiet=Channel.PUSH in channels,
        push_key=devices.public_key(),
        devices=devices.own() if is_own else (),
    )
    return shown, 422 if request.method == "POST" else 200


def _form(person: Person, offered: Sequence[Choice]) -> ChoicesForm:
    wishes = store.wishes_of(reading(), [person.id])[person.id]
    known = {
        "wanted": [notices.written(choice) for choice in offered if choice not in wishes.refused],
        "is_daily": wishes.habits.is_daily,
        **dict(zip(("quiet_from", "quiet_until"), map(str, wishes.habits.quiet or ()), strict=False)),
        "locale": person.locale or locale_code(),
    }
    form = ChoicesForm() if request.method == "POST" else ChoicesForm(formdata=parked.restored(), data=known)
    if (Kind.COMMENT, Channel.PUSH) not in offered:
        del form.quiet_from, form.quiet_until
    form.wanted.choices = [(notices.written(choice), "") for choice in offered]
    return form


def _saved(person: Person, form: ChoicesForm, offered: Sequence[Choice], here: str) -> Response:
    with writing() as session:
        wanted = notices.read(form.wanted.data or ())
        actions.choose(session, person.id, wanted, offered, form.locale.data, utc_now())
        if not person.is_guest:
            before = store.wishes_of(session, [person.id])[person.id].habits
            actions.keep_habits(session, person.id, _habits(form, before), utc_now())
    flash(_("Your preferences are saved."), "success")
    response = redirect(here, 303)
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    response.set_cookie(COOKIE, form.locale.data, max_age=A_YEAR, samesite="Lax", httponly=True, secure=secure)
    return response


def _habits(form: ChoicesForm, before: Habits) -> Habits:
    if "quiet_from" not in form:
        return Habits(form.is_daily.data, before.quiet)
    start, end = form.quiet_from.data, form.quiet_until.data
    return Habits(form.is_daily.data, (int(start), int(end)) if start and end and start != end else None)


def _rows(offered: Sequence[Choice], wanted: Sequence[str]) -> Sequence[Row]:
    kinds = dict.fromkeys(kind for kind, _channel in offered)
    return [
        Row(
            kind=kind,
            label=labels.label(labels.NEWS_KINDS, kind),
            hint=labels.label(labels.NEWS_HINTS, kind),
            boxes=[
                Box(word := notices.written((of, channel)), labels.label(labels.CHANNELS, channel), word in wanted)
                for of, channel in offered
                if of is kind
            ],
        )
        for kind in kinds
    ]
