"""Removing a person for good, and legal holds, in the browser: who is meant, what would go, what stands in the way."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions import holds
from servicedesk.actions.anonymising import anonymise_person
from servicedesk.actions.anonymising_rows import Left
from servicedesk.gateways.storage import Storage
from servicedesk.rules.errors import Invalid, NotAllowed
from servicedesk.rules.numbering import read_number
from servicedesk.rules.permissions import EVERY_SERVICE, Permission
from servicedesk.rules.role_rights import runs_everything
from servicedesk.rules.sentences import N_
from servicedesk.settings import Settings
from servicedesk.store import anonymising as store
from servicedesk.store import guests, known_people, retention
from servicedesk.store.people import student_of
from servicedesk.web import parked
from servicedesk.web.access import demands
from servicedesk.web.admin.retention_forms import HoldForm, RemovalForm, TicketHoldForm
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import place
from servicedesk.web.language import say

bp = Blueprint("removal", __name__, url_prefix="/admin/privacy")
PAGE = "removal.person"
GOES: Mapping[str, str] = {
    "ticket": N_("Requests: they stay with their times, category and group, without title, answers and texts"),
    "message": N_("Messages in them: emptied"),
    "upload": N_("Attachments: removed"),
    "feedback": N_("Answers about satisfaction: the grade stays, the words go"),
    "appointment": N_("Appointments: they stay without description, phone and contact"),
    "notice": N_("Mails and notices kept: removed"),
    "request_draft": N_("Requests begun and not sent: removed"),
    "login_session": N_("Signed-in browsers: signed out"),
    "identity": N_("Ways to sign in: removed; whoever signs in again is somebody new"),
}


@bp.get("")
@demands(Permission.ADMINISTRATION)
def index() -> str:
    """Show the holds, and find somebody to remove."""
    return _index(TicketHoldForm(parked.restored()))


def _index(form: TicketHoldForm) -> str:
    session, is_over = reading(), request.args.get("show") == "over"
    found = retention.holds(session, g.actor, place("before"), is_over, sorted(g.actor.administers - {EVERY_SERVICE}))
    shown = found[: retention.SHOWN]
    words = request.args.get("q", "").strip()
    older = {"before": shown[-1].id, **({"show": "over"} if is_over else {})} if len(found) > len(shown) else None
    return render_template(
        "admin/privacy.html",
        form=form,
        holds=shown,
        is_over=is_over,
        older=url_for(".index", **older) if older else None,
        words=words,
        people=_found(words),
        runs_everything=runs_everything(g.actor),
    )


def _found(words: str) -> Sequence[tuple[int, str, str]]:
    """Return (person id, name, what they were found by) of account holders, and of who filed a request by number."""
    if not (words and runs_everything(g.actor)):
        return []
    session = reading()
    people = [
        (each.id, each.name or each.email, each.code or each.student_number or each.email)
        for each in known_people.find(session, words)[: known_people.MOST_FOUND]
    ]
    read = read_number(words)
    filed = guests.by_number(session, read.number) if read else None
    if filed:
        who = store.person_with(session, filed.requester_id)
        people.append((who.id, who.display_name or who.email, filed.number))
    return people


@bp.post("/holds")
@demands(Permission.ADMINISTRATION, page="removal.index")
def hold_ticket() -> Response | tuple[str, int]:
    """Place a hold on a request."""
    form = TicketHoldForm()
    if not form.validate():
        return _index(form), 422
    try:
        with writing() as session:
            number = holds.hold_ticket(session, g.actor, form.number.data or "", form.reason.data or "", utc_now())
    except Invalid as error:
        form.refuse(error.fields)
        return _index(form), 422
    flash(_("Request %(number)s is kept until the hold is ended.", number=number), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/holds/<int:hold_id>/end")
@demands(Permission.ADMINISTRATION, page="removal.index")
def end_hold(hold_id: int) -> Response:
    """End a hold."""
    with writing() as session:
        holds.end_hold(session, g.actor, hold_id, utc_now())
    flash(_("The hold is ended. What is due by now is removed by the next run."), "success")
    return redirect(url_for(".index"), 303)


@bp.get("/people/<int:person_id>")
@demands(Permission.ADMINISTRATION)
def person(person_id: int) -> str:
    """Show what removing this person would take away, and what stands in the way."""
    kept = parked.restored()
    return _person(person_id, RemovalForm(kept), HoldForm(kept, prefix="hold-"))


def _person(person_id: int, form: RemovalForm, hold_form: HoldForm, problem: str = "") -> str:
    if not runs_everything(g.actor):
        raise NotAllowed(holds.NOT_YOURS)
    session = reading()
    found = store.person_with(session, person_id)
    amounts = store.amounts(session, person_id)
    return render_template(
        "admin/privacy_person.html",
        person=found,
        student=student_of(session, person_id),
        word=store.word_of(session, found),
        goes=[(_(words), amounts[name]) for name, words in GOES.items()],
        obstacles=store.obstacles(session, person_id, utc_now()),
        hold=retention.hold_on(session, person_id=person_id),
        elsewhere=store.same_address(session, found),
        is_self=person_id == g.actor.person_id,
        form=form,
        hold_form=hold_form,
        problem=problem,
    )


@bp.post("/people/<int:person_id>/hold")
@demands(Permission.ADMINISTRATION, page=PAGE)
def hold_person(person_id: int) -> Response | tuple[str, int]:
    """Place a hold on a person."""
    form = HoldForm(prefix="hold-")
    empty, problem = RemovalForm(formdata=None), ""
    if not form.validate():
        return _person(person_id, empty, form), 422
    try:
        with writing() as session:
            holds.hold_person(session, g.actor, person_id, form.reason.data or "", utc_now())
    except Invalid as error:
        form.refuse(error.fields)
        problem = "" if error.fields else say(error.sentence)
        return _person(person_id, empty, form, problem), 422
    flash(_("The person and all their requests are kept until the hold is ended."), "success")
    return redirect(url_for(".person", person_id=person_id), 303)


@bp.post("/people/<int:person_id>/remove")
@demands(Permission.ADMINISTRATION, page=PAGE)
def remove(person_id: int) -> Response | tuple[str, int]:
    """Overwrite everything personal; the bytes of files go after the commit."""
    form, hold_form = RemovalForm(), HoldForm(formdata=None, prefix="hold-")
    if not form.validate():
        return _person(person_id, form, hold_form), 422
    settings: Settings = current_app.extensions["desk_settings"]
    left = Left.by(settings.retention)
    reason, typed = form.reason.data or "", form.typed.data or ""
    try:
        with writing() as session:
            files = anonymise_person(session, g.actor, person_id, reason, typed, left, utc_now())
    except Invalid as error:
        return _person(person_id, form, hold_form, say(error.sentence)), 422
    _forget_bytes(files)
    flash(_("Everything personal was removed."), "success")
    return redirect(url_for(".person", person_id=person_id), 303)


def _forget_bytes(files: Sequence[str]) -> None:
    storage: Storage = current_app.extensions["desk_storage"]
    for upload_id in files:
        storage.remove(upload_id)
