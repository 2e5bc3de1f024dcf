"""Standard answers at work: put into the composer, sent on with the request, given at the wrong counter."""

from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Any

from flask import Blueprint, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from servicedesk.actions.details import Details
from servicedesk.actions.standard_sequels import answer_and_forward, onward
from servicedesk.actions.standard_values import subject_of
from servicedesk.actions.tickets import act
from servicedesk.actions.work_drafts import Written, forget_written
from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.permissions import Permission
from servicedesk.rules.richtext import RichText
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.rules.standard_answers import Filled
from servicedesk.store import catalogue, work
from servicedesk.store import standard_answers as store
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.standard_answers import Published
from servicedesk.store.tickets import locked
from servicedesk.web import after, moves, ticket_page, uploads
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import whole
from servicedesk.web.move_details import details_of
from servicedesk.web.workbench.standard_panel import offered, placeholder_name, written_for

bp = Blueprint("standard", __name__)


@bp.get("/tickets/<number>/standard/<int:answer_id>")
@demands(Permission.TICKET_WORK)
def text(number: str, answer_id: int) -> Mapping[str, Any]:
    """Return a standard answer as it would be sent for this ticket, for the editor: JSON."""
    filled = _filled(reading(), _offered(reading(), answer_id))
    missing = [placeholder_name(name) for name in filled.missing]
    said = _("Fill in before sending: %(missing)s.", missing=", ".join(missing)) if missing else ""
    return {"html": filled.text.html, "text": filled.text.text, "missing": said}


@bp.post("/tickets/<number>/standard")
@demands(Permission.TICKET_WORK, page="portal.ticket")
def insert(number: str) -> tuple[str, int]:
    """Show the ticket's page again, with the standard answer below what was typed."""
    typed = MultiDict(request.form)
    try:
        uploads.receive(typed.get("idempotency_key", ""))
    except Invalid as error:
        return ticket_page.show(number, status=422, problem=error.sentence, typed=typed)
    chosen = whole(typed, "standard")
    if chosen is None:
        why = Sentence(N_("Choose a standard answer from the list."))
        return ticket_page.show(number, status=422, problem=why, typed=typed)
    filled = _filled(reading(), _offered(reading(), chosen))
    is_html = typed.get("note_format") == "html"
    typed["note"] = _below(typed.get("note", ""), is_html, filled.text)
    typed["standard_answer"] = str(chosen)
    return ticket_page.show(number, typed=typed)


def _below(before: str, is_html: bool, added: RichText) -> str:
    if is_html:
        return before.rstrip() + added.html
    return "\n\n".join(filter(None, [before.rstrip(), added.text]))


@bp.post("/tickets/<number>/standard/forward")
@demands(Permission.TICKET_WORK, page="portal.ticket")
def reply_and_forward(number: str) -> Response | tuple[str, int]:
    """Send the answer and hand the request to the group that the standard answer names, for its reason.

    Both wait together for the moment in which they can be taken back.
    """
    try:
        details = details_of(g.facts)
        with writing() as session:
            ticket = locked(session, number, g.actor)
            answer = _offered(session, details.standard_answer or 0)
            _forward(session, ticket, answer, details)
    except moves.REFUSED as error:
        return moves.shown_again(number, error, Action.COMMENT)
    if moves.can_be_taken_back():
        return redirect(url_for("portal.ticket", number=number, _anchor="write"), 303)
    flash(_("The answer was sent and the request forwarded."), "success")
    return redirect(after.next_page(number, Action.FORWARD), 303)


def _forward(session: Session, ticket: Ticket, answer: Published, details: Details) -> None:
    now, to = utc_now(), onward(ticket, answer)
    if moves.can_be_taken_back():
        return moves.hold(session, ticket, Action.COMMENT, details, moves.written_in_form(details), to)
    answer_and_forward(session, ticket, g.actor, now, details, to)
    forget_written(session, g.actor.person_id, ticket.id, details.draft_key, now)


@bp.post("/tickets/<number>/standard/wrong-counter")
@demands(Permission.TICKET_WORK, page="portal.ticket")
def wrong_counter(number: str) -> Response | tuple[str, int]:
    """Answer with the contacts of the counter for the requester's degree course, and close, in one step.

    The request is taken at once; the answer waits as any other for the moment in which it can be taken back.
    """
    try:
        details = details_of(g.facts)
        with writing() as session:
            ticket = locked(session, number, g.actor)
            _answer_and_close(session, ticket, details)
    except moves.REFUSED as error:
        return moves.shown_again(number, error, Action.REPLY_CLOSE)
    if moves.can_be_taken_back():
        return redirect(url_for("portal.ticket", number=number, _anchor="write"), 303)
    flash(_(moves.DONE[Action.REPLY_CLOSE]), "success")
    return redirect(url_for("portal.ticket", number=number), 303)


def _answer_and_close(session: Session, ticket: Ticket, details: Details) -> None:
    tree, now = catalogue.current(session), utc_now()
    answer = store.counter_answer(session, offered(session, tree, ticket.group_code, ticket.category_key))
    if answer is None:
        raise Invalid(N_("There is no standard answer with the contacts of another counter. Write one first."))
    said: RichText = written_for(answer, subject_of(session, ticket), now).text
    took = None
    if ticket.state == State.ASSIGNED_GROUP:
        took = act(session, ticket, Action.TAKE, g.actor, now, Details(seen_seq=details.seen_seq))
    closing = Details(note=said, seen_seq=details.seen_seq, form_key=details.form_key, standard_answer=answer.id)
    if moves.can_be_taken_back():
        moves.hold(session, ticket, Action.REPLY_CLOSE, closing, _with_what_was_begun(session, ticket, closing))
    else:
        act(session, ticket, Action.REPLY_CLOSE, g.actor, now, closing, cause=took)


def _with_what_was_begun(session: Session, ticket: Ticket, closing: Details) -> Written:
    """Return what stands in the composer if this is taken back: the answer, below what was begun before it."""
    assert closing.note is not None
    draft = work.draft_of(session, g.actor.person_id, ticket.id, utc_now())
    if draft is None or draft.send_at is not None:
        return Written(token_urlsafe(24), closing.note.html, "html", closing.standard_answer)
    text = _below(draft.note, draft.note_format == "html", closing.note)
    return Written(draft.form_key, text, draft.note_format, closing.standard_answer)


def _offered(session: Session, answer_id: int) -> Published:
    """Return a standard answer that is offered for the ticket in hand. Raises NotFound for any other."""
    tree, ticket = catalogue.current(session), session.get(Ticket, g.facts.id)
    assert ticket is not None
    fitting = offered(session, tree, ticket.group_code, ticket.category_key)
    if answer_id not in {each.id for each in fitting}:
        raise NotFound(N_("This standard answer is not offered any more. Choose another one."))
    return store.published(session, answer_id)


def _filled(session: Session, answer: Published) -> Filled:
    ticket = session.get(Ticket, g.facts.id)
    assert ticket is not None
    return written_for(answer, subject_of(session, ticket), utc_now())
