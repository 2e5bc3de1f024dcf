"""Merging a request into another and undoing it: a page that shows what becomes of both before anything is done."""

from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import Form, StringField, TextAreaField

from servicedesk.actions.details import Details
from servicedesk.actions.merging import merge as merge_tickets
from servicedesk.actions.tickets import act
from servicedesk.rules.errors import AlreadyDone, Conflict, Invalid, NotAllowed, NotFound, NotNow
from servicedesk.rules.lifecycle import Action, check
from servicedesk.rules.numbering import read_number
from servicedesk.rules.permissions import Permission
from servicedesk.rules.relations import undone_until, why_not_undone
from servicedesk.rules.richtext import RichText, from_plain
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store import relations as store
from servicedesk.store import timeline
from servicedesk.store.tickets import locked
from servicedesk.web import labels
from servicedesk.web.access import demands, ticket_facts
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import fingerprint, whole
from servicedesk.web.labels import label
from servicedesk.web.language import say

bp = Blueprint("merging", __name__, url_prefix="/workbench/tickets/<number>")


class MergeForm(Form):
    """The request that stays, and what the requester of the other one is told."""

    into = StringField(_("Number of the request that stays"), id="merge-into")
    note = TextAreaField(_("What the requester is told"), id="merge-note")


class UndoForm(Form):
    """What the requester is told about the separation."""

    note = TextAreaField(_("What the requester is told"), id="unmerge-note")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two requests in short."""

    number: str
    title: str
    requester: str
    state: str
    state_label: str
    group: str
    opened_at: datetime
    messages: int
    files: int
    others: int
    """How many watch or follow it."""
    last_seq: int


@bp.get("/merge")
@demands(Permission.TICKET_WORK)
def show(number: str) -> str | tuple[str, int]:
    """Show both requests and what becomes of them; without the other's number, ask for it."""
    check(Action.MERGE, g.facts, g.actor, utc_now())
    return _page(number, request.args.get("into", ""), None)


@bp.post("/merge")
@demands(Permission.TICKET_WORK, page="merging.show")
def send(number: str) -> Response | tuple[str, int]:
    """Merge, and go to the request that stays."""
    into = _number(request.form.get("into", ""))
    details = Details(note=_note(), seen_seq=whole(request.form, "seen_seq"), form_key=_form_key())
    try:
        with writing() as session:
            merge_tickets(session, number, into, g.actor, utc_now(), details)
    except (Invalid, NotNow, Conflict, NotAllowed) as error:
        return _page(number, into, error.sentence)
    except AlreadyDone:
        return redirect(url_for("portal.ticket", number=into), 303)
    flash(gettext("%(number)s was merged into this request.", number=number), "success")
    return redirect(url_for("portal.ticket", number=into), 303)


@bp.get("/unmerge")
@demands(Permission.TICKET_WORK)
def ask(number: str) -> str:
    """Show until when a merge can be undone and what that means, or what stands in the way."""
    return render_template("workbench/unmerge.html", **_undoing(reading(), number), problem=None)


@bp.post("/unmerge")
@demands(Permission.TICKET_WORK, page="merging.ask")
def undo(number: str) -> Response | tuple[str, int]:
    """Undo a merge, and go to the request that is open again."""
    details = Details(note=_note(), form_key=_form_key())
    try:
        with writing() as session:
            act(session, locked(session, number, g.actor), Action.UNMERGE, g.actor, utc_now(), details)
    except NotNow as error:
        return render_template(
            "workbench/unmerge.html", **_undoing(reading(), number), problem=say(error.sentence)
        ), 409
    flash(gettext("The request is separate again."), "success")
    return redirect(url_for("portal.ticket", number=number), 303)


def _undoing(session: Session, number: str) -> dict[str, Any]:
    found = store.heir_of(session, g.facts.id)
    why = why_not_undone(found.merged_at, found.state, utc_now()) if found else None
    return {
        "number": number,
        "subject": timeline.ticket_row(session, g.facts.id).title,
        "heir": found,
        "until": undone_until(found.merged_at) if found else None,
        "why_not": say(why) if why else "",
        "form": UndoForm(request.form),
        "key": request.form.get("idempotency_key") or token_urlsafe(24),
    }


def _page(number: str, into: str, problem: Sentence | None) -> tuple[str, int]:
    other, sides = _number(into), []
    if into and not problem:
        try:
            sides = [_side(ticket_facts(each).id) for each in (number, other)] if other != number else []
        except NotFound:
            sides = []
        if not sides:
            problem = Sentence(N_("Give the number of another request that you can read."))
    page = render_template(
        "workbench/merge.html",
        number=number,
        subject=timeline.ticket_row(reading(), g.facts.id).title,
        going=sides[0] if sides else None,
        staying=sides[1] if sides else None,
        form=MergeForm(request.form, into=into),
        key=request.form.get("idempotency_key") or token_urlsafe(24),
        problem=say(problem) if problem else None,
    )
    return page, 422 if problem else 200


def _side(ticket_id: int | None) -> Side:
    assert ticket_id is not None
    row, counts = timeline.ticket_row(reading(), ticket_id), store.weights(reading(), ticket_id)
    return Side(
        number=row.number,
        title=row.title,
        requester=f"{row.requester_given_name} {row.requester_family_name}".strip(),
        state=row.state,
        state_label=label(labels.STATES, row.state),
        group=row.group_code,
        opened_at=row.opened_at,
        messages=counts.messages,
        files=counts.files,
        others=counts.others,
        last_seq=row.last_seq,
    )


def _number(typed: str) -> str:
    read = read_number(typed)
    return read.number if read else ""


def _note() -> RichText | None:
    typed = request.form.get("note", "")
    return from_plain(typed) if typed.strip() else None


def _form_key() -> str:
    key = request.form.get("idempotency_key", "")
    return fingerprint([key, request.path, request.form.get("into", "")]) if key else ""
