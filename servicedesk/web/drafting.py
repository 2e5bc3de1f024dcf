"""Keeps an answer while it is being written, and takes back or hurries what is about to be sent."""

from datetime import timedelta

from flask import Blueprint, current_app, flash, g, redirect, request, url_for
from flask_babel import format_time
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from servicedesk.actions import files, held
from servicedesk.actions.work_drafts import NOT_KEPT, Written, forget_written, keep_written
from servicedesk.rules.errors import Invalid, NotNow
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import Sentence
from servicedesk.settings import Settings
from servicedesk.store import work
from servicedesk.store.tickets import locked
from servicedesk.web import after, ticket_page, uploads
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import whole
from servicedesk.web.language import say
from servicedesk.web.workbench.hand import my_work_drafts

bp = Blueprint("drafting", __name__)
bp.add_app_template_global(my_work_drafts)


@bp.post("/workbench/tickets/<number>/draft")
@demands(Permission.TICKET_WORK, page="portal.ticket")
def save(number: str) -> Response | tuple[str, int]:
    """Keep the text with its files, and show it again; also where it cannot be kept."""
    try:
        uploads.receive(request.form.get("idempotency_key", ""))
    except Invalid as error:
        flash(say(error.sentence), "warning")
    if not _keep():
        return ticket_page.show(number, status=409, problem=Sentence(NOT_KEPT), typed=MultiDict(request.form))
    flash(_("Kept, but not sent yet. You find it here and beside your queue."), "success")
    return _back(number)


@bp.post("/workbench/tickets/<number>/autosave")
@demands(Permission.TICKET_WORK)
def autosave(number: str) -> str:
    """Keep the text as it stands, and say when."""
    if not _keep():
        return _(NOT_KEPT)
    return _("Kept at %(time)s. Not sent yet.", time=format_time(utc_now(), "short"))


@bp.post("/workbench/tickets/<number>/discard")
@demands(Permission.TICKET_WORK, page="portal.ticket")
def discard(number: str) -> Response:
    """Forget what was begun."""
    with writing() as session:
        forget_written(session, g.actor.person_id, g.facts.id, None, utc_now())
    flash(_("What you had begun is gone."), "success")
    return _back(number)


@bp.post("/workbench/tickets/<number>/undo")
@demands(Permission.TICKET_READ, page="portal.ticket")
def undo(number: str) -> Response:
    """Take back what is about to be sent: the text and its files are in the composer again."""
    try:
        with writing() as session:
            held.undo(session, g.actor.person_id, g.facts.id)
    except NotNow as error:
        flash(say(error.sentence), "warning")
        return redirect(url_for("portal.ticket", number=number), 303)
    flash(_("Nothing was sent. Here is your text again."), "success")
    return _back(number)


@bp.post("/workbench/tickets/<number>/send")
@demands(Permission.TICKET_READ, page="portal.ticket")
def send(number: str) -> Response:
    """Send at once what is about to be sent. Where it cannot be sent, the page shows the text again and says why."""
    with writing() as session:
        why = held.send_now(session, locked(session, number, g.actor), g.actor, utc_now())
    if why is not None or _has_come_back():
        return redirect(url_for("portal.ticket", number=number, unsent=1, _anchor="write"), 303)  # read by js/work.js
    flash(_("It was sent."), "success")
    return redirect(after.next_page(number, Action.COMMENT), 303)


def _has_come_back() -> bool:
    """Whether the desk, which sends by itself at the same moment, could not."""
    draft = work.draft_of(reading(), g.actor.person_id, g.facts.id, utc_now())
    return draft is not None and draft.returned is not None


def _keep() -> bool:
    form, settings = request.form, current_app.extensions["desk_settings"]
    key, note = form.get("idempotency_key", ""), form.get("note", "")
    with writing() as session:
        if note.strip() or files.drafts_of(session, key):
            written = Written(key, note, form.get("note_format", "text"), whole(form, "standard_answer"))
            return keep_written(session, g.actor.person_id, g.facts.id, written, life(settings), utc_now())
        forget_written(session, g.actor.person_id, g.facts.id, None, utc_now())
        return True


def life(settings: Settings) -> timedelta:
    """Return how long what was begun is kept."""
    return timedelta(days=settings.storage.draft_days)


def _back(number: str) -> Response:
    return redirect(url_for("portal.ticket", number=number, _anchor="write"), 303)
