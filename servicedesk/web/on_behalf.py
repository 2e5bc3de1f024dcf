"""Filing a request for somebody who called, wrote or came by (C3, origin)."""

from collections.abc import Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import MultipleFileField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired

from servicedesk.actions.on_behalf import Asker, asker_of, open_for
from servicedesk.rules.catalogue import Category, FieldKind
from servicedesk.rules.errors import AlreadyDone, Invalid, NotFound
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue
from servicedesk.store.tickets import next_number
from servicedesk.web import parked, uploads
from servicedesk.web.access import demands, ticket_facts
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.fields import address_field, family_name_field, given_name_field
from servicedesk.web.language import locale_code, say
from servicedesk.web.portal.asking import Request, as_ticket
from servicedesk.web.portal.forms import Filled, RequestForm, check, form_for, prefilled
from servicedesk.web.workbench.choices import category_options
from servicedesk.web.workbench.forms import choices

bp = Blueprint("on_behalf", __name__)
ORIGINS: Mapping[str, str] = {"phone": N_("Phone"), "email": N_("E-mail"), "person": N_("In person")}
ELSEWHERE = N_("%(number)s went to a group that is not yours.")
SHOWN = "questions_of"
"""Names the category whose questions the form sent had shown."""


class BehalfForm(RequestForm):
    """What somebody asked, and how."""

    origin = RadioField(_("How did they ask?"), [InputRequired(_("Say how they asked."))])
    category = SelectField(_("Category"), [InputRequired(_("Choose a category."))])
    description = TextAreaField(_("What they ask"), [InputRequired(_("Fill this in."))])
    files = MultipleFileField(_("Attachments"))


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
    category = _category()
    form = _form(StrangerForm if asker is None else BehalfForm, category, asker)
    is_asked = request.method == "POST" and not problem and _are_all_shown(category)
    filled = check(form, category) if is_asked and category else None
    if filled is not None and category is not None:
        return _filed(form, category, filled, asker or _stranger(form))
    if is_asked and category is None:
        form.validate()
    status = 422 if is_asked or problem else 200
    shown = {"form": form, "category": category, "asker": asker, "who": typed, "problem": problem}
    is_more = request.method == "POST" and not is_asked
    if is_more:
        uploads.receive_for(form.idempotency_key.data or "", ())
    kept = uploads.drafts(form.idempotency_key.data or "")
    return render_template("workbench/on_behalf.html", **shown, is_more=is_more, kept=kept), status


def _category() -> Category | None:
    """Return the category chosen; what can only be given as a file may come later, from the requester."""
    restored: MultiDict[str, str] = parked.restored() or MultiDict()
    key = request.values.get("category") or restored.get("category", "")
    found = catalogue.current(reading()).categories.get(key)
    if found is None or not found.selectable or found.retired:
        return None
    fields = (replace(each, required=each.required and each.kind is not FieldKind.FILE) for each in found.fields)
    return replace(found, fields=tuple(fields))


def _are_all_shown(category: Category | None) -> bool:
    """Whether the form sent had shown what the category asks; where it had not, it is shown once more."""
    return category is None or not category.fields or request.form.get(SHOWN) == category.key


def _form(kind: type[BehalfForm], category: Category | None, asker: Asker | None) -> BehalfForm:
    known = prefilled(category, asker.student) if category and asker else {}
    form: BehalfForm
    if category:
        form = form_for(kind, category, {"category": category.key, **known})
    else:
        form = kind() if request.method == "POST" else kind(formdata=parked.restored())
    for name, value in known.items():
        form[name].data = form[name].data or value
    form.origin.choices = choices(*((code, gettext(words)) for code, words in ORIGINS.items()))
    offered = category_options(catalogue.current(reading()), "")
    named = [SelectChoice(key, path, optgroup=name) for name, options in offered for key, path in options]
    form.category.choices = [SelectChoice("", gettext("Choose a category")), *named]
    return form


def _stranger(form: BehalfForm) -> Asker:
    return Asker(form["given_name"].data, form["family_name"].data, form["email"].data)


def _filed(form: BehalfForm, category: Category, filled: Filled, asker: Asker) -> Response:
    service, now = catalogue.current(reading()).services[category.service_id], utc_now()
    with writing() as session:
        number = next_number(session, now, ZoneInfo(service.zone))
    asked = Request(service, category.key, form, filled, form.origin.data)
    try:
        with writing() as session:
            open_for(session, as_ticket(asked, number), asker, locale_code(), g.actor, now)
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
