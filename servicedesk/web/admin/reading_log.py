"""Looking up who opened which request: by request, by member of staff, by requester; with a reason that is kept."""

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the type stubs
from wtforms.validators import InputRequired

from servicedesk.actions import reading_log as actions
from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_
from servicedesk.store import reading_log as store
from servicedesk.store.catalogue_drafts import names_of
from servicedesk.store.reading_log import About, Question
from servicedesk.web import parked
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import place
from servicedesk.web.language import say

bp = Blueprint("reading_log", __name__, url_prefix="/admin/readings")
PAGE = 50


class QuestionForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """What is looked up, and why; the action knows what makes a reason."""

    about = RadioField(
        _l("What do you want to know?"),
        choices=[
            SelectChoice(About.TICKET.value, _l("Who opened a request")),
            SelectChoice(About.REQUESTER.value, _l("Who opened the requests of a person")),
            SelectChoice(About.READER.value, _l("What a member of staff opened")),
        ],
        default=About.TICKET.value,
    )
    subject = StringField(
        _l("Number of the request, or the person's e-mail or code"), [InputRequired(_l("Say of which or of whom."))]
    )
    reason = TextAreaField(_l("Reason"), [InputRequired(_l("Say why you look it up."))])

    def refuse(self, error: Invalid) -> None:
        """Put an action's sentences beside their fields."""
        for name, sentence in error.fields.items():
            self[name].errors = (*self[name].errors, say(sentence))


@bp.get("")
@demands(Permission.ADMINISTRATION)
def index() -> str:
    """Show the form."""
    number = request.args.get("number", "")[:40]
    return _form_page(QuestionForm(parked.restored(), subject=number))


@bp.post("")
@demands(Permission.ADMINISTRATION, page="reading_log.index")
def ask() -> Response | tuple[str, int]:
    """Keep the reason and show the answer."""
    form = QuestionForm()
    if not form.validate():
        return _form_page(form), 422
    data = form.data
    try:
        with writing() as session:
            asked = actions.ask(session, g.actor, data["about"], data["subject"], data["reason"], utc_now())
    except Invalid as error:
        form.refuse(error)
        return _form_page(form), 422
    return redirect(url_for(".answer", asked=asked), 303)


@bp.get("/<int:asked>")
@demands(Permission.ADMINISTRATION)
def answer(asked: int) -> str:
    """Show what was asked for within the last hour, to whoever asked."""
    found = actions.question(reading(), g.actor, asked, utc_now())
    if found is None:
        raise NotFound(N_("This answer is not there any more. Ask again."))
    rows, has_more = store.answer(reading(), g.actor, found, place("before") or None, PAGE)
    return render_template(
        "admin/readings.html",
        title=_title(found),
        reason=found.reason,
        rows=rows,
        newest=url_for(".answer", asked=asked) if place("before") else None,
        older=url_for(".answer", asked=asked, before=rows[-1].id) if has_more else None,
    )


def _form_page(form: QuestionForm) -> str:
    months = current_app.extensions["desk_settings"].privacy.reading_log_months
    return render_template("admin/reading_log.html", form=form, months=months)


def _title(asked: Question) -> str:
    if asked.about is About.TICKET:
        return str(_("Who opened request %(number)s", number=asked.which))
    subject = f"person:{asked.which}"
    name = names_of(reading(), [subject]).get(subject, asked.which)
    if asked.about is About.READER:
        return str(_("What %(name)s opened", name=name))
    return str(_("Who opened the requests of %(name)s", name=name))
