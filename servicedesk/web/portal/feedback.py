"""The question after closing (F13): its page behind a mailed link, without signing in, and its place on the ticket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the type stubs
from wtforms.validators import InputRequired, Length

from servicedesk.actions.feedback import give_feedback, locked_ticket
from servicedesk.rules.addresses import feedback_path, feedback_token, is_feedback_token, read_status_token
from servicedesk.rules.errors import NotFound
from servicedesk.rules.feedback import GRADES, LONGEST, why_not
from servicedesk.rules.permissions import is_requester
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue
from servicedesk.store.feedback import Opinion, opinion
from servicedesk.web import parked
from servicedesk.web.access import form_shown_at, public
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import whole
from servicedesk.web.language import locale_code, say
from servicedesk.web.limits import guesses, limiter

WORDS: Mapping[int, str] = {
    1: N_("Very unsatisfied"),
    2: N_("Unsatisfied"),
    3: N_("Neither satisfied nor unsatisfied"),
    4: N_("Satisfied"),
    5: N_("Very satisfied"),
}
bp = Blueprint("feedback", __name__)


@dataclass(frozen=True, slots=True)
class Question:
    """The question as a ticket's page shows it: what was answered, and where each grade can be chosen."""

    grade: int | None
    words: str
    comment: str
    choices: Sequence[tuple[int, str, str]]
    """Grade, its words and its address; none once the answer stands."""


class FeedbackForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A grade, and what somebody wants to add."""

    grade = RadioField(
        _l("How satisfied are you with how we answered?"), [InputRequired(_l("Choose one of the five grades."))]
    )
    comment = TextAreaField(
        _l("What was good, what could be better?"),
        [Length(max=LONGEST, message=_l("The text is too long: write at most %(max)d characters."))],
    )


@bp.route("/feedback/<token>", methods=["GET", "POST"])
@public
@form_shown_at("feedback.show")
@limiter.limit(guesses, methods=["POST"])
def show(token: str) -> str | Response | tuple[str, int]:
    """Show the question with the grade of the address chosen, and keep the answer; opening it says nothing (rule 8)."""
    found = _found(token)
    why = why_not(found.ending, utc_now())
    form = _form(found)
    if request.method == "POST" and form.validate():
        with writing() as session:
            ticket = locked_ticket(session, found.ticket_id)
            give_feedback(session, ticket, int(form.grade.data), form.comment.data or "", utc_now())
        flash(_("Thank you: your answer is kept."), "success")
        return redirect(url_for("feedback.show", token=token), 303)
    service = catalogue.current(reading()).services[found.service_id].name.get(locale_code())
    shown = render_template(
        "portal/feedback.html",
        form=form,
        token=token,
        number=found.number,
        service=service,
        given=_words(found.grade),
        why=say(why) if why else "",
    )
    return shown, 422 if request.method == "POST" else 200


@bp.app_template_global()
def feedback_question() -> Question | None:
    """Return the question about the ticket of this page, for its requester; None while there is none to answer."""
    if not is_requester(g.actor, g.facts):
        return None
    found = opinion(reading(), g.facts.id)
    assert found is not None
    is_over = why_not(found.ending, utc_now()) is not None
    if is_over and found.grade is None:
        return None
    token = feedback_token(current_app.config["SECRET_KEY"], found.ticket_id)
    choices = [] if is_over else [(each, _(WORDS[each]), feedback_path(token, each)) for each in GRADES]
    return Question(found.grade, _words(found.grade), found.comment, choices)


@bp.app_template_global()
def feedback_given() -> Question | None:
    """Return what the requester said of the ticket of this page, for those who work on it."""
    found = opinion(reading(), g.facts.id)
    if found is None or found.grade is None:
        return None
    return Question(found.grade, _words(found.grade), found.comment, ())


def _found(token: str) -> Opinion:
    read = read_status_token(token)
    found = opinion(reading(), read[0]) if read and read[0].bit_length() < 32 else None
    if found is None or not is_feedback_token(token, current_app.config["SECRET_KEY"], found.ticket_id):
        raise NotFound(N_("This link opens nothing. Copy it whole from the mail."))
    return found


def _form(found: Opinion) -> FeedbackForm:
    asked = whole(request.args, "grade")
    chosen = asked if asked in GRADES else found.grade
    known = {"grade": str(chosen or ""), "comment": found.comment}
    form = FeedbackForm() if request.method == "POST" else FeedbackForm(formdata=parked.restored(), data=known)
    form.grade.choices = [SelectChoice(str(grade), f"{grade} · {_(words)}") for grade, words in WORDS.items()]
    return form


def _words(grade: int | None) -> str:
    return f"{grade} · {_(WORDS[grade])}" if grade else ""
