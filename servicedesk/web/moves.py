"""Everything a person does to a ticket from its page: one address per action, one way through `act()`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from servicedesk.actions import held
from servicedesk.actions.details import Details
from servicedesk.actions.standard_sequels import Onward
from servicedesk.actions.tickets import act
from servicedesk.actions.work_drafts import Written, forget_written
from servicedesk.rules import approvals, relations
from servicedesk.rules.errors import Conflict, DeskError, Invalid, NotAllowed, NotNow
from servicedesk.rules.lifecycle import TRANSITIONS, Action
from servicedesk.rules.permissions import Permission, TicketFacts, is_requester, may
from servicedesk.rules.richtext import from_plain
from servicedesk.rules.sentences import N_
from servicedesk.settings import Settings
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.tickets import locked
from servicedesk.web import after, line_words, relation_words, ticket_page, watch_words
from servicedesk.web.access import demands, ticket_facts
from servicedesk.web.clock import utc_now
from servicedesk.web.db import writing
from servicedesk.web.inputs import fingerprint, whole
from servicedesk.web.limits import is_staff, limiter, messages, sender
from servicedesk.web.move_details import details_of
from servicedesk.web.workbench.forms import is_composed

bp = Blueprint("moves", __name__)
ON_PAGES_OF_THEIR_OWN = frozenset({Action.EDIT, Action.HOLD_OVER, *approvals.ROWS}) | relations.ON_PAGES_OF_THEIR_OWN
BY_HAND = tuple(
    action
    for action, row in TRANSITIONS.items()
    if row.needs is not Permission.TICKET_CLOCK and action not in ON_PAGES_OF_THEIR_OWN
)
ADDRESSES = ", ".join(action.value for action in BY_HAND if action is not Action.SUBMIT)
REFUSED = (Conflict, NotNow, Invalid, NotAllowed)
STATUS: Mapping[type[Exception], int] = {Conflict: 409, NotNow: 409, Invalid: 422, NotAllowed: 403}
DONE: Mapping[Action, str] = {
    Action.COMMENT: N_("Your comment was sent."),
    Action.ACCEPT: N_("You accepted the solution. The request is closed."),
    Action.REFUSE: N_("You refused the solution. The request went back to those who work on it."),
    Action.WITHDRAW: N_("You withdrew the request."),
    Action.REOPEN: N_("The request is open again."),
    Action.TAKE: N_("The request is yours."),
    Action.RELEASE: N_("The request went back to the group."),
    Action.START: N_("You are working on the request."),
    Action.WAIT: N_("The request waits. The requester was told."),
    Action.RESUME: N_("The request is being worked on again."),
    Action.ASSIGN_GROUP: N_("The request was assigned to the other group."),
    Action.ASSIGN_TECHNICIAN: N_("The request was assigned to your colleague."),
    Action.FORWARD: N_("The request was forwarded."),
    Action.RECLASSIFY: N_("The category was changed, and the request assigned anew."),
    Action.PRIORITISE: N_("The priority follows from the new urgency and impact."),
    Action.DUPLICATE: N_("The request was closed as a duplicate."),
    Action.PROPOSE: N_("The solution was sent to the requester."),
    Action.REPLY_CLOSE: N_("The answer was sent and the request closed."),
    Action.NOTE: N_("The internal note was kept."),
    Action.SHARE: N_(
        "If the address belongs to somebody with an account, they can now read the request and were told by mail."
    ),
    Action.UNSHARE: N_("The request is no longer shared with that address."),
    Action.LEAVE: N_("You no longer follow the request."),
    Action.PUBLISH: N_("Title, description and solution are public now. You can take this back at any time."),
    Action.UNPUBLISH: N_("The request is private again."),
    Action.THANK: N_("Your thanks were passed on."),
    **relation_words.DONE,
    **line_words.DONE,
    **watch_words.DONE,
}


@bp.post(f"/tickets/<number>/<any({ADDRESSES}):action>")
@demands(Permission.TICKET_READ, page="portal.ticket")  # `act` checks the finer right
@limiter.limit(messages, key_func=sender, exempt_when=is_staff)
def move(number: str, action: str) -> Response | tuple[str, int]:
    """Do one thing to a ticket, or show its page again with what stands in the way and all that was typed."""
    verb = Action(action)
    try:
        details = details_of(g.facts)
        with writing() as session:  # everything slow is done before this line
            ticket = locked(session, number, g.actor)
            is_held = _is_held(verb, g.facts)
            done = (_hold if is_held else _act)(session, ticket, verb, details)
    except REFUSED as error:
        return shown_again(number, error, verb)
    if is_held:
        return redirect(url_for("portal.ticket", number=number, _anchor="write"), 303)
    flash(_(DONE[done]), "success")
    return redirect(after.next_page(number, verb), 303)


def step(number: str, verb: Action, said: str, **more: Any) -> Response | tuple[str, int]:
    """Do what only problems and changes know, in words of their own; `more` are its particulars."""
    form = request.form
    note = form.get("note", "")
    details = Details(
        note=from_plain(note) if note.strip() else None,
        seen_seq=whole(form, "seen_seq"),
        form_key=fingerprint([form.get("idempotency_key", ""), request.path, list(form.items())]),
        **more,
    )
    try:
        with writing() as session:
            act(session, locked(session, number, g.actor), verb, g.actor, utc_now(), details)
    except REFUSED as error:
        return shown_again(number, error, verb)
    flash(said, "success")
    return redirect(url_for("portal.ticket", number=number), 303)


def shown_again(number: str, error: DeskError, verb: Action) -> tuple[str, int]:
    """Return the ticket's page with what stands in the way of the form just sent, and all that was typed."""
    status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
    g.facts = ticket_facts(number)
    since = error.since if isinstance(error, Conflict) else ()
    return ticket_page.show(number, status=status, problem=error.sentence, typed=_typed(verb), since=since)


def _is_held(verb: Action, facts: TicketFacts) -> bool:
    """Whether it waits for a moment in which it can be taken back: what staff say to the requester in the composer."""
    if verb not in held.HELD or not is_composed(_typed(verb)) or not can_be_taken_back():
        return False
    return may(g.actor, Permission.TICKET_WORK, facts) and not is_requester(g.actor, facts)


def _hold(session: Session, ticket: Ticket, verb: Action, details: Details) -> Action:
    hold(session, ticket, verb, details, written_in_form(details))
    return verb


def written_in_form(details: Details) -> Written:
    """Return the text of the form as it stands in the composer again if it is taken back."""
    form = request.form
    return Written(details.draft_key, form.get("note", ""), form.get("note_format", "text"), details.standard_answer)


def can_be_taken_back() -> bool:
    """Whether what staff send waits for a moment."""
    return _settings().workbench.undo_seconds > 0


def hold(
    session: Session,
    ticket: Ticket,
    verb: Action,
    details: Details,
    written: Written,
    onward: Onward | None = None,
) -> None:
    """Keep it for the moment in which it can be taken back; taken back, `written` stands in the composer."""
    now, settings = utc_now(), _settings()
    at, life = now + timedelta(seconds=settings.workbench.undo_seconds), timedelta(days=settings.storage.draft_days)
    held.hold(session, ticket, verb, g.actor, details, written, at, life, now, onward)


def _act(session: Session, ticket: Ticket, verb: Action, details: Details) -> Action:
    """Do it, and return what it became: one hand-over too many is a question to a supervisor."""
    now = utc_now()
    if may(g.actor, Permission.TICKET_WORK, g.facts):
        return Action(held.act_after(session, ticket, verb, g.actor, now, details).action)
    event = act(session, ticket, verb, g.actor, now, details)
    if details.draft_key and g.actor.person_id is not None:
        forget_written(session, g.actor.person_id, ticket.id, details.draft_key, now)
    return Action(event.action)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["desk_settings"]
    return settings


def _typed(action: Action) -> MultiDict[str, str]:
    typed = MultiDict(request.form)
    typed["action"] = action.value
    return typed
