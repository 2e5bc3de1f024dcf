"""Filing a request for somebody who called, wrote or came by (C3, origin)."""

from collections.abc import Mapping
from secrets import token_urlsafe
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length

from servicedesk.actions.on_behalf import Asker, asker_of, open_for
from servicedesk.actions.tickets import NewTicket
from servicedesk.rules import richtext
from servicedesk.rules.errors import AlreadyDone, Invalid, NotFound
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue
from servicedesk.store.tickets import next_number
from servicedesk.web.access import demands, ticket_facts
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.fields import address_field, family_name_field, given_name_field
from servicedesk.web.inputs import fingerprint
from servicedesk.web.language import locale_code, say
from servicedesk.web.workbench.choices import category_options
from servicedesk.web.workbench.forms import choices

bp = Blueprint("on_behalf", __name__)
ORIGINS: Mapping[str, str] = {"phone": N_("Phone"), "email": N_("E-mail"), "person": N_("In person")}
NEEDED = _("Fill this in.")
ELSEWHERE = N_("%(number)s went to a group that is not yours.")


class BehalfForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """What somebody asked, and how."""

    origin = RadioField(_("How did they ask?"), [InputRequired(_("Say how they asked."))])
    category = SelectField(_("Category"), [InputRequired(_("Choose a category."))])
    title = StringField(_("Title"), [InputRequired(NEEDED), Length(max=200)])
    description = TextAreaField(_("What they ask"), [InputRequired(NEEDED)])
    idempotency_key = HiddenField()


class StrangerForm(BehalfForm):
    """The same for somebody without an account: the number of the request is mailed to them."""

    given_name = given_name_field()
    family_name = family_name_field()
    email = address_field()


@bp.route("/workbench/requests/new", methods=["GET", "POST"])
@demands(Permission.QUEUE_READ, page="on_behalf.new")
def new() -> str | Response | tuple[str, int]:
    """Show whom a student number or address belongs to and the form, and file what it brings."""
    typed, asker, problem = request.values.get("who", "").strip(), None, ""
    try:
        asker = asker_of(reading(), typed) if typed else None
    except Invalid as error:
        problem = say(error.sentence)
    form = _form(StrangerForm if asker is None else BehalfForm)
    if request.method == "POST" and not problem and form.validate_on_submit():
        return _filed(form, asker or _stranger(form))
    status = 422 if request.method == "POST" or problem else 200
    return render_template("workbench/on_behalf.html", form=form, asker=asker, who=typed, problem=problem), status


def _form(kind: type[BehalfForm]) -> BehalfForm:
    form = kind()
    form.origin.choices = choices(*((code, gettext(words)) for code, words in ORIGINS.items()))
    offered = category_options(catalogue.current(reading()), "")
    named = [SelectChoice(key, path, optgroup=name) for name, options in offered for key, path in options]
    form.category.choices = [SelectChoice("", gettext("Choose a category")), *named]
    form.idempotency_key.data = form.idempotency_key.data or token_urlsafe(24)
    return form


def _stranger(form: BehalfForm) -> Asker:
    return Asker(form["given_name"].data, form["family_name"].data, form["email"].data)


def _filed(form: BehalfForm, asker: Asker) -> Response:
    tree, now = catalogue.current(reading()), utc_now()
    key = form.category.data
    with writing() as session:
        number = next_number(session, now, ZoneInfo(tree.services[tree.categories[key].service_id].zone))
    said: Mapping[str, object] = {name: values for name, values in request.form.lists() if name != "csrf_token"}
    asked = NewTicket(
        number=number,
        category_key=key,
        title=form.title.data or "",
        body=richtext.from_plain(form.description.data or ""),
        origin=form.origin.data,
        answers={},
        form_key=fingerprint(said),
    )
    try:
        with writing() as session:
            open_for(session, asked, asker, locale_code(), g.actor, now)
    except AlreadyDone as error:
        number = error.made.split("#")[0]
    flash(gettext("Request %(number)s is filed. The requester was told.", number=number), "success")
    return redirect(_page_of(number), 303)


def _page_of(number: str) -> str:
    """Return the ticket's page, or the queue where it went to a group of others."""
    try:
        ticket_facts(number)
    except NotFound:
        flash(gettext(ELSEWHERE, number=number), "info")
        return url_for("workbench.queue")
    return url_for("portal.ticket", number=number)
