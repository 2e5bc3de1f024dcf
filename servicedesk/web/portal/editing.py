"""The form in which requesters edit what they asked, while nobody works on it (C9)."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import HiddenField

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act, kept_answers
from servicedesk.rules import richtext
from servicedesk.rules.catalogue import Category, FieldKind
from servicedesk.rules.errors import Conflict, DeskError, Invalid, NotNow
from servicedesk.rules.forms import NOT_ISSUED_SUFFIX, is_not_issued
from servicedesk.rules.lifecycle import Action, check
from servicedesk.rules.permissions import Permission
from servicedesk.store import catalogue, timeline
from servicedesk.store.revisions import description
from servicedesk.store.tickets import locked
from servicedesk.web.access import demands, ticket_facts
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import fingerprint
from servicedesk.web.language import say
from servicedesk.web.limits import limiter, messages, sender
from servicedesk.web.portal import forms
from servicedesk.web.portal.forms import HTML, PREFIX, Filled, RequestForm, form_for

NEVER_EDITED = frozenset({FieldKind.FILE, FieldKind.CONSENT})
"""A file is added with a comment; a consent, once given, is not typed over."""
STATUS = {Conflict: 409, NotNow: 409, Invalid: 422}
bp = Blueprint("editing", __name__)


class EditForm(RequestForm):
    """A request as it is, and the newest event its requester has seen."""

    seen_seq = HiddenField()


@bp.route("/tickets/<number>/edit", methods=["GET", "POST"])
@demands(Permission.TICKET_READ, page="editing.edit")
@limiter.limit(messages, methods=["POST"], key_func=sender)
def edit(number: str) -> str | Response | tuple[str, int]:
    """Show a request for editing and keep what was changed, or say beside all that was typed what stands in the way."""
    row = timeline.ticket_row(reading(), g.facts.id)
    category = _category(row)
    if request.method == "GET":
        check(Action.EDIT, g.facts, g.actor, utc_now())
        return _page(row, category, form_for(EditForm, category, _as_it_is(row, category)))
    form = form_for(EditForm, category, {})
    filled = forms.check(form, category)
    if filled is None:
        return _page(row, category, form), 422
    try:
        _save(number, row, category, form, filled)
    except (Conflict, NotNow, Invalid) as error:
        return _refused(number, category, form, error), STATUS[type(error)]
    flash(_("The request now says what you wrote."), "success")
    return redirect(url_for("portal.ticket", number=number), 303)


def _save(number: str, row: Any, category: Category, form: EditForm, filled: Filled) -> None:
    shown = {field.key for field in category.fields}
    others = {key: answer for key, answer in row.answers.items() if key not in shown}
    seen = form.seen_seq.data or ""
    details = Details(
        note=filled.body,
        title=form.title.data or "",
        answers={**others, **kept_answers(category, filled.answers)},
        seen_seq=int(seen) if seen.isdecimal() and len(seen) < 10 else 0,
        form_key=fingerprint([number, form.idempotency_key.data, form.title.data, filled.body.html, filled.answers]),
    )
    with writing() as session:
        act(session, locked(session, number, g.actor), Action.EDIT, g.actor, utc_now(), details)


def _refused(number: str, category: Category, form: EditForm, error: DeskError) -> str:
    """Show the form again with what stands in the way; sent once more, it counts as sent after that was read."""
    g.facts = ticket_facts(number)
    row = timeline.ticket_row(reading(), g.facts.id)
    form.seen_seq.data = str(row.last_seq)
    return _page(row, category, form, say(error.sentence))


def _page(row: Any, category: Category, form: EditForm, problem: str = "") -> str:
    is_late = False
    try:
        check(Action.EDIT, g.facts, g.actor, utc_now())
    except NotNow:
        is_late = True
    return render_template(
        "portal/edit.html", number=row.number, category=category, form=form, problem=problem, is_late=is_late
    )


def _category(row: Any) -> Category:
    """Return the ticket's category, as it runs or as it was when the request was filed, with what can be edited."""
    running = catalogue.current(reading())
    tree = running if row.category_key in running.categories else catalogue.numbered(reading(), row.catalogue_version)
    found = tree.categories[row.category_key]
    return replace(found, fields=tuple(field for field in found.fields if field.kind not in NEVER_EDITED))


def _as_it_is(row: Any, category: Category) -> dict[str, Any]:
    written = description(reading(), row.id)
    # A plain text is edited as one, with JavaScript or without; only formatting needs the editor.
    is_plain = richtext.from_plain(written.text).html == written.html
    answers: dict[str, Any] = {}
    for field in category.fields:
        value = str(row.answers.get(field.key, {}).get("value", ""))
        has_none = field.kind is FieldKind.STUDENT_NUMBER and is_not_issued(value)
        answers[PREFIX + field.key] = "" if has_none else value
        answers[PREFIX + field.key + NOT_ISSUED_SUFFIX] = has_none
    return {
        "title": row.title,
        "description": written.text if is_plain else written.html,
        "description_format": "text" if is_plain else HTML,
        "seen_seq": str(row.last_seq),
        **answers,
    }
