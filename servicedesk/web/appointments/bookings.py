"""Pages of one's own appointment: the form of a held time, the appointment booked, moved and cancelled (E2, E3)."""

from collections.abc import Sequence

from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions import appointment_mails
from servicedesk.actions import appointments as actions
from servicedesk.gateways.calendar_file import calendar_file
from servicedesk.rules import appointments as rules
from servicedesk.rules.addresses import Addresses
from servicedesk.rules.appointments import Stage
from servicedesk.rules.counters import Topic
from servicedesk.rules.errors import Conflict, Gone, Invalid, NotFound
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store import appointments as store
from servicedesk.store.appointments import BookedFile, Booking
from servicedesk.store.models.people import Person
from servicedesk.web import labels, parked, uploads
from servicedesk.web.access import demands
from servicedesk.web.appointments.forms import BookingForm
from servicedesk.web.appointments.views import bp, choose_again, draft_key, week_page
from servicedesk.web.appointments.weeks import read_instant
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.language import locale_code, say

TAKEN_MEANWHILE = Sentence(N_("Meanwhile somebody else took this time. Choose another one: your text is kept."), {})


@bp.get("/booking/<number>")
@demands(Permission.PORTAL_USE)
def booking(number: str) -> str | tuple[str, int]:
    """Show the form of a held time, or an appointment as it stands."""
    typed = parked.restored()
    mine = _found(number)
    if mine is None and typed is not None:
        return choose_again(number, typed, TAKEN_MEANWHILE)
    if mine is None:
        raise NotFound()
    if mine.state == Stage.HELD:
        person = reading().get_one(Person, g.actor.person_id)
        known = {"description": mine.description, "phone": mine.phone or person.phone, "contact": mine.contact}
        return _form_page(mine, BookingForm(typed, data=known))
    return render_template(
        "appointments/booking.html",
        booking=mine,
        files=listed("appointments.file", number, store.files_of(reading(), [mine.id])[mine.id]),
        state=labels.label(labels.APPOINTMENTS, mine.state),
        mode=labels.label(labels.MODES, mine.mode),
        is_changeable=rules.may_change(mine.counter, mine.state, mine.starts_at, utc_now()),
        until=rules.changeable_until(mine.counter, mine.starts_at),
    )


@bp.post("/booking/<number>")
@demands(Permission.PORTAL_USE, page="appointments.booking")
def book(number: str) -> Response | tuple[str, int]:
    """Book the held time (E2); where it is lost, what was typed and attached waits for another one."""
    form, key = BookingForm(), draft_key(number)
    try:
        files = uploads.receive(key)
        if not form.validate():
            return _not_booked(number, form)
        with writing() as session:
            actions.book(session, number, form.said(), g.actor.person_id, utc_now(), files, key)
    except Invalid as error:
        form.validate()
        form.files.errors = [say(error.sentence)]
        return _not_booked(number, form)
    except Gone:
        return choose_again(number, request.form, TAKEN_MEANWHILE)
    flash(_("Your appointment is booked. A mail with a calendar file is on its way."), "success")
    return redirect(url_for(".booking", number=number), 303)


@bp.post("/booking/<number>/cancel")
@demands(Permission.PORTAL_USE, page="appointments.booking")
def cancel(number: str) -> Response:
    """Cancel an appointment (E3)."""
    with writing() as session:
        actions.cancel(session, number, g.actor.person_id, utc_now())
    flash(_("Your appointment is cancelled."), "success")
    return redirect(url_for(".booking", number=number), 303)


@bp.get("/booking/<number>/move")
@demands(Permission.PORTAL_USE)
def other_times(number: str) -> str:
    """Show the week in which another time can be chosen for an appointment."""
    mine = _mine(number)
    minutes = int((mine.ends_at - mine.starts_at).total_seconds() // 60)
    return week_page(mine.counter, Topic(mine.topic_key, mine.topic, minutes), mine.mode, moved=mine)


@bp.post("/booking/<number>/move")
@demands(Permission.PORTAL_USE, page="appointments.other_times")
def move(number: str) -> Response:
    """Give an appointment another time (E3)."""
    at = read_instant(request.form.get("at", ""))
    try:
        with writing() as session:
            actions.move(session, number, at, g.actor.person_id, utc_now())
    except Conflict as error:
        flash(say(error.sentence), "warning")
        return redirect(url_for(".other_times", number=number, day=at.date().isoformat()), 303)
    flash(_("Your appointment has its new time. A mail with a new calendar file is on its way."), "success")
    return redirect(url_for(".booking", number=number), 303)


@bp.get("/booking/<number>/calendar")
@demands(Permission.PORTAL_USE)
def calendar(number: str) -> Response:
    """Return the appointment as a calendar file."""
    mine = _mine(number)
    if mine.state in store.NOT_YET:
        raise NotFound()
    context = appointment_mails.context_of(mine, is_cancelled=mine.state == Stage.CANCELLED)
    host = Addresses(current_app.config["SITE"].base_url).host
    answer = Response(calendar_file(context, locale_code(), host, utc_now()), mimetype="text/calendar")
    answer.headers["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return answer


@bp.get("/booking/<number>/files/<upload_id>")
@demands(Permission.PORTAL_USE)
def file(number: str, upload_id: str) -> Response:
    """Send a file of one's own appointment as a download."""
    return download(_mine(number), upload_id)


def download(booked: Booking, upload_id: str) -> Response:
    """Return a file of an appointment. Raises NotFound when it has none such."""
    found = next((each for each in store.files_of(reading(), [booked.id])[booked.id] if each.id == upload_id), None)
    if found is None:
        raise NotFound()
    return uploads.as_download(found.id, found.name, found.content_type, found.size)


def listed(endpoint: str, number: str, files: Sequence[BookedFile]) -> list[dict[str, str | int]]:
    """Return the files of an appointment as pages list them, with their addresses."""
    return [
        {"name": file.name, "size": file.size, "url": url_for(endpoint, number=number, upload_id=file.id)}
        for file in files
    ]


def _mine(number: str) -> Booking:
    return store.own_one(reading(), number, g.actor.person_id)


def _found(number: str) -> Booking | None:
    try:
        return _mine(number)
    except NotFound:
        return None


def _not_booked(number: str, form: BookingForm) -> tuple[str, int]:
    """Return the form with what is wrong with it, or the week where its time is lost too."""
    held = _found(number)
    if held is None:
        return choose_again(number, request.form, TAKEN_MEANWHILE)
    return _form_page(held, form), 422


def _form_page(held: Booking, form: BookingForm) -> str:
    key = draft_key(held.number)
    return render_template(
        "appointments/form.html",
        booking=held,
        form=form,
        mode=labels.label(labels.MODES, held.mode),
        key=key,
        kept=uploads.drafts(key),
    )
