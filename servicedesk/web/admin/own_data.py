"""A copy of somebody's data, for an administrator who was asked for it: with a reason, written into the record."""

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the type stubs
from wtforms.validators import InputRequired, Length

from servicedesk.actions import own_data as actions
from servicedesk.actions.person_data import SHORTEST_REASON, ask_for
from servicedesk.rules.errors import Conflict, NotAllowed
from servicedesk.rules.permissions import Permission
from servicedesk.rules.role_rights import runs_everything
from servicedesk.rules.sentences import N_
from servicedesk.store.own_data import known_person
from servicedesk.web import parked
from servicedesk.web.access import demands
from servicedesk.web.auth.account_pages import myself
from servicedesk.web.clock import utc_now
from servicedesk.web.copies import is_waiting, sent
from servicedesk.web.db import reading, writing
from servicedesk.web.language import LANGUAGES, locale_code, say

bp = Blueprint("person_data", __name__, url_prefix="/admin/people/<int:person_id>/data")
PAGE = "person_data.show"


class CopyForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Why, in which language, and with what."""

    reason = TextAreaField(
        _l("Reason"),
        [
            InputRequired(_l("Give the reason.")),
            Length(min=SHORTEST_REASON, max=500, message=_l("Say why, in 10 to 500 characters.")),
        ],
    )
    locale = SelectField(
        _l("Language"),
        choices=[SelectChoice(value=code, label=words, render_kw={"lang": code}) for code, words in LANGUAGES],
    )
    with_notes = BooleanField(_l("With the internal notes about the person's requests"))


@bp.get("")
@demands(Permission.ADMINISTRATION)
def show(person_id: int) -> str:
    """Say what was asked for, and show the form."""
    return _page(person_id, CopyForm(parked.restored(), locale=_language(person_id)))


@bp.post("")
@demands(Permission.ADMINISTRATION, page=PAGE)
def ask(person_id: int) -> Response | tuple[str, int]:
    """Ask for a copy."""
    form = CopyForm()
    if not form.validate():
        return _page(person_id, form), 422
    data = form.data
    try:
        with writing() as session:
            chosen = data["reason"], data["with_notes"], data["locale"]
            ask_for(session, g.actor, person_id, *chosen, utc_now())
    except Conflict as error:
        return _page(person_id, form, say(error.sentence)), 409
    flash(_("The copy is being made. You are mailed as soon as it is ready."), "success")
    return redirect(url_for(".show", person_id=person_id), 303)


@bp.get("/<int:copy_id>")
@demands(Permission.ADMINISTRATION)
def take(person_id: int, copy_id: int) -> Response:
    """Send a finished copy to the administrator who asked for it."""
    _only_for_the_whole_desk()
    return sent(actions.ready(reading(), copy_id, person_id, myself(), utc_now()))


def _page(person_id: int, form: CopyForm, problem: str = "") -> str:
    _only_for_the_whole_desk()
    copies = actions.copies(reading(), person_id, myself())
    return render_template(
        "admin/own_data.html",
        person=known_person(reading(), person_id),
        form=form,
        copies=copies,
        is_waiting=is_waiting(copies),
        problem=problem,
        days=actions.KEPT.days,
    )


def _language(person_id: int) -> str:
    return known_person(reading(), person_id).locale or locale_code()


def _only_for_the_whole_desk() -> None:
    if not runs_everything(g.actor):
        raise NotAllowed(N_("Only administrators of the whole desk take out a person's data."))
