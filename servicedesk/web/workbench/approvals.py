"""Approving: what waits for the reader, the page with one button for each answer, and asking others from a ticket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import Form, TextAreaField

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.errors import Conflict, DeskError, Invalid, NotAllowed, NotFound, NotNow
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.permissions import Permission, TicketFacts, is_approver, may
from servicedesk.rules.richtext import RichText, from_plain
from servicedesk.rules.sentences import Sentence
from servicedesk.store import approval_lists as store
from servicedesk.store import catalogue, timeline
from servicedesk.store.tickets import locked
from servicedesk.web import parked
from servicedesk.web.access import demands, ticket_facts
from servicedesk.web.approval_desk_words import DONE, STATES
from servicedesk.web.approval_words import approvers_of
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.entries import Entry, Names, entries_of
from servicedesk.web.filled_in import filled_in
from servicedesk.web.inputs import fingerprint, whole
from servicedesk.web.language import locale_code, say
from servicedesk.web.workbench.approval_rounds import Round, rounds_of

bp = Blueprint("approvals", __name__)
STATUS: Mapping[type[DeskError], int] = {Conflict: 409, NotNow: 409, Invalid: 422, NotAllowed: 403}
REFUSED = tuple(STATUS)


class DecisionForm(Form):
    """What somebody says with their answer."""

    note = TextAreaField(_l("Reason or remark"), id="approval-note")


class RemarkForm(Form):
    """What somebody writes to those who work on it, before their answer."""

    remark = TextAreaField(_l("Question or note"), id="approval-remark")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that waits for the reader's answer."""

    number: str
    title: str
    category: str
    requester: str
    instead_of: str
    """Whom it was asked of, where the reader stands in."""
    step: int
    steps: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as somebody reads it who is to approve it."""

    number: str
    title: str
    requester: str
    category: str
    service: str
    opened_at: datetime
    description: Entry | None
    said: Sequence[Entry]
    """What was said since, but for internal notes."""
    answers: Sequence[tuple[str, str]]
    rounds: Sequence[Round]
    remarks: Sequence[Any]
    """What the reader wrote to those who work on it."""
    last_seq: int
    may_decide: bool


@bp.get("/approvals")
@demands(Permission.PORTAL_USE)
def index() -> str:
    """Show what waits for the reader, the oldest first, and what they decided last."""
    session = reading()
    tree = catalogue.current(session)
    names = Names(tree, current_app.extensions["desk_settings"], locale_code(), None)
    return render_template(
        "workbench/approvals.html",
        waiting=[_waiting(row, names) for row in store.waiting(session, g.actor.person_id)],
        decided=[(row, _(STATES[row.state])) for row in store.decided(session, g.actor.person_id)],
    )


def _waiting(row: Any, names: Names) -> Waiting:
    is_own = row.person_id == g.actor.person_id
    return Waiting(
        number=row.number,
        title=row.title,
        category=names.category(row.category_key),
        requester=f"{row.given_name} {row.family_name}".strip(),
        instead_of="" if is_own else f"{row.asked_given_name} {row.asked_family_name}".strip(),
        step=row.step + 1,
        steps=len(row.steps),
        at=row.asked_at,
    )


@bp.get("/approvals/<number>")
@demands(Permission.PORTAL_USE)
def page(number: str) -> str:
    """Show a request with one button to approve and one to refuse it; opening the page changes nothing (rule 8)."""
    return shown(number, parked.restored() or {})


@bp.post("/approvals/<number>/<any(approve, disapprove):action>")
@demands(Permission.PORTAL_USE, page="approvals.page")
def decide(number: str, action: str) -> Response | str | tuple[str, int]:
    """Approve or refuse, with what stands below for those at work; where that cannot be done, show both texts again."""
    verb = Action(action)
    details = Details(note=written("note"), seen_seq=whole(request.form, "seen_seq"), form_key=form_key())
    try:
        decided(number, verb, details, written("remark"))
    except NotFound:  # somebody else was faster, and it is no longer theirs to read
        return shown(number, request.form)
    except REFUSED as error:
        return shown(number, request.form, error.sentence), STATUS[type(error)]
    flash(_(DONE[verb]), "success")
    return redirect(url_for(".index"), 303)


def decided(number: str, verb: Action, details: Details, remark: RichText | None = None) -> None:
    """Do it in a transaction of its own, after telling those at work the remark, if there is one."""
    with writing() as session:
        ticket = locked(session, number, g.actor)
        if remark:
            act(session, ticket, Action.REMARK, g.actor, utc_now(), Details(note=remark))
        act(session, ticket, verb, g.actor, utc_now(), details)


def written(name: str) -> RichText | None:
    """Return what was typed into this field, None for nothing. Raises Invalid when it is too long."""
    text = request.form.get(name, "")
    return from_plain(text) if text.strip() else None


def form_key() -> str:
    """Return the key by which the form just sent is known when it is sent twice."""
    written = [request.form.get(name, "") for name in ("idempotency_key", "note", "remark")]
    return fingerprint([request.path, *written])


def shown(number: str, typed: Mapping[str, Any], problem: Sentence | None = None) -> str:
    """Return the page of a request to approve, with what was typed and what stands in its way."""
    try:
        facts = g.facts = _facts(number)
    except NotFound:
        if not store.was_asked(reading(), number, g.actor.person_id):
            raise
        return render_template("workbench/approval_over.html", number=number)
    return render_template(
        "workbench/approval.html",
        asked=_asked(reading(), facts.id or 0, may(g.actor, Permission.TICKET_APPROVE, facts)),
        form=DecisionForm(data={"note": typed.get("note", "")}),
        remark_form=RemarkForm(data={"remark": typed.get("remark", "")}),
        key=token_urlsafe(24),
        problem=say(problem) if problem else "",
    )


def _facts(number: str) -> TicketFacts:
    """Return what is known of a ticket, to those who decide or work on it: others do not learn who decides, and why."""
    facts = ticket_facts(number)
    if not (is_approver(g.actor, facts) or may(g.actor, Permission.TICKET_READ_INTERNAL, facts)):
        raise NotFound()
    return facts


def _asked(session: Session, ticket_id: int, may_decide: bool) -> Asked:
    row = timeline.ticket_row(session, ticket_id)
    tree = catalogue.current(session)
    archive = None if row.category_key in tree.categories else catalogue.numbered(session, row.catalogue_version)
    names = Names(tree, current_app.extensions["desk_settings"], locale_code(), row, archive)
    entries = entries_of(session, row, names, False, ())
    return Asked(
        number=row.number,
        title=row.title,
        requester=names.requester(),
        category=names.category(row.category_key),
        service=tree.services[row.service_id].name.get(names.locale),
        opened_at=row.opened_at,
        description=next((entry for entry in entries if entry.is_description), None),
        said=[entry for entry in entries if entry.body and not entry.is_description],
        answers=filled_in(row.answers),
        rounds=rounds_of(session, ticket_id),
        remarks=store.remarks_of(session, ticket_id, g.actor.person_id),
        last_seq=row.last_seq,
        may_decide=may_decide,
    )


bp.add_app_template_global(approvers_of)


@bp.app_template_global("approvals_waiting")
def waiting_count() -> int:
    """Return how many requests wait for the reader's approval, at most 101."""
    return store.count_for(reading(), g.actor.person_id) if g.actor.person_id is not None else 0
