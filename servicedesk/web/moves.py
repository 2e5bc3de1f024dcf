"""Everything a person does to a ticket from its page: one address per action, one way through `act()`."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from servicedesk.actions import held
from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.actions.work_drafts import Written, forget_written
from servicedesk.rules import relations, richtext
from servicedesk.rules.calendar import instant
from servicedesk.rules.errors import Conflict, DeskError, Invalid, NotAllowed, NotFound, NotNow
from servicedesk.rules.lifecycle import TRANSITIONS, Action, WaitingFor
from servicedesk.rules.numbering import read_number
from servicedesk.rules.permissions import Permission, TicketFacts, is_requester, may
from servicedesk.rules.richtext import RichText
from servicedesk.rules.sentences import N_
from servicedesk.settings import Settings
from servicedesk.store import catalogue
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.tickets import locked
from servicedesk.web import tabs, ticket_page, uploads, watch_words
from servicedesk.web.access import demands, ticket_facts
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import fingerprint
from servicedesk.web.limits import is_staff, limiter, messages, sender
from servicedesk.web.workbench import line_words, relation_words
from servicedesk.web.workbench.forms import is_composed

bp = Blueprint("moves", __name__)
ON_PAGES_OF_THEIR_OWN = frozenset({Action.EDIT, Action.HOLD_OVER}) | relations.ON_PAGES_OF_THEIR_OWN
BY_HAND = tuple(
    action
    for action, row in TRANSITIONS.items()
    if row.needs is not Permission.TICKET_CLOCK and action not in ON_PAGES_OF_THEIR_OWN
)
ADDRESSES = ", ".join(action.value for action in BY_HAND if action is not Action.SUBMIT)
START_OF_DAY = time(8)
_NOT_SAID = {"csrf_token", "idempotency_key", "seen_seq", uploads.KEPT}
LARGEST = 2**31 - 1
"""The largest number the database counts to."""
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
    return redirect(next_page(number, verb), 303)


def shown_again(number: str, error: DeskError, verb: Action) -> tuple[str, int]:
    """Return the ticket's page with what stands in the way of the form just sent, and all that was typed."""
    status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
    g.facts = ticket_facts(number)
    since = error.since if isinstance(error, Conflict) else ()
    return ticket_page.show(number, status=status, problem=error.sentence, typed=_typed(verb), since=since)


def _is_held(verb: Action, facts: TicketFacts) -> bool:
    """Whether it waits for a moment in which it can be taken back: what staff say to the requester in the composer."""
    if verb not in held.HELD or not is_composed(_typed(verb)) or _settings().workbench.undo_seconds == 0:
        return False
    return may(g.actor, Permission.TICKET_WORK, facts) and not is_requester(g.actor, facts)


def _hold(session: Session, ticket: Ticket, verb: Action, details: Details) -> Action:
    now, settings = utc_now(), _settings()
    written = Written(details.draft_key, request.form.get("note", ""), request.form.get("note_format", "text"))
    at = now + timedelta(seconds=settings.workbench.undo_seconds)
    held.hold(session, ticket, verb, g.actor, details, written, at, timedelta(days=settings.storage.draft_days), now)
    return verb


def _act(session: Session, ticket: Ticket, verb: Action, details: Details) -> Action:
    """Do it, and return what it became: one hand-over too many is a question to a supervisor."""
    now = utc_now()
    if may(g.actor, Permission.TICKET_WORK, g.facts):
        held.send_now(session, ticket, g.actor, now)  # said before, hence first
    event = act(session, ticket, verb, g.actor, now, details)
    if details.draft_key and g.actor.person_id is not None:
        forget_written(session, g.actor.person_id, ticket.id, details.draft_key, now)
    return Action(event.action)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["desk_settings"]
    return settings


def next_page(number: str, verb: Action) -> str:
    """Return the ticket's page, or one's lists when this person may no longer read it, saying so."""
    try:
        ticket_facts(number)
    except NotFound:
        if verb is Action.LEAVE:
            return url_for("portal.my_tickets")
        flash(_("%(number)s is no longer with your groups.", number=number), "info")
        return url_for("workbench.queue")
    return url_for("portal.ticket", number=number, tab=tabs.TAB_OF.get(verb))


def details_of(facts: TicketFacts) -> Details:
    """Return what a form sent from a ticket's page brings along. Raises Invalid for what cannot be read."""
    form = request.form
    key = form.get("idempotency_key", "")
    return Details(
        note=_note(),
        files=uploads.receive(key) if key else (),
        draft_key=key,
        seen_seq=_whole("seen_seq"),
        form_key=_form_key(key) if key else "",
        standard_answer=_whole("standard_answer"),
        group=form.get("group", ""),
        technician_id=_whole("technician"),
        category=form.get("category", ""),
        urgency=_whole("urgency"),
        impact=_whole("impact"),
        waiting_for=_waiting_for(form.get("waiting_for")),
        until=_until(form.get("until", "").strip(), facts),
        duplicate_of=_number(form.get("duplicate_of", "")),
        keep_watching=bool(form.get("keep_watching")),
        address=form.get("address", ""),
        invitation_id=_whole("invitation"),
        scope=form.get("scope", ""),
        is_confirmed=bool(form.get("is_confirmed")),
        link_kind=form.get("link_kind", ""),
        other=_number(form.get("other", "")),
        link_id=_whole("link"),
        matter_id=_whole("matter"),
    )


def _form_key(key: str) -> str:
    said = {name: values for name, values in request.form.lists() if name not in _NOT_SAID}
    return fingerprint([key, request.path, said])


def _note() -> RichText | None:
    typed = request.form.get("note", "")
    if not typed.strip():
        return None
    return richtext.from_html(typed) if request.form.get("note_format") == "html" else richtext.from_plain(typed)


def _whole(name: str) -> int | None:
    found = request.form.get(name, type=int)
    if found is not None and abs(found) > LARGEST:
        raise Invalid(N_("This form is not complete. Open the page again and send it from there."))
    return found


def _waiting_for(code: str | None) -> WaitingFor | None:
    return WaitingFor(code) if code in set(WaitingFor) else None


def _until(day: str, facts: TicketFacts) -> datetime | None:
    """Return the start of working hours of a typed day, in the service's time zone."""
    if not day:
        return None
    try:
        wall = datetime.combine(datetime.strptime(day, "%Y-%m-%d").date(), START_OF_DAY)
    except ValueError as error:
        raise Invalid(N_("The date until which the request waits is not a date such as 2026-12-31.")) from error
    zone = catalogue.current(reading()).services[facts.service_id].zone
    return instant(wall, ZoneInfo(zone))


def _number(typed: str) -> str:
    read = read_number(typed)
    return read.number if read else ""


def _typed(action: Action) -> MultiDict[str, str]:
    typed = MultiDict(request.form)
    typed["action"] = action.value
    return typed
