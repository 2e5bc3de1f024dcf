"""Pages of appointments for those who come: counters, the week of one, the form, and one's own appointment (E1-E3)."""

from datetime import datetime

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions import appointment_mails
from servicedesk.actions import appointments as actions
from servicedesk.gateways.calendar_file import calendar_file
from servicedesk.rules import appointments as rules
from servicedesk.rules.addresses import Addresses
from servicedesk.rules.appointments import Stage
from servicedesk.rules.counters import Counter, Topic
from servicedesk.rules.errors import Conflict, NotFound
from servicedesk.rules.permissions import Permission
from servicedesk.store import appointments as store
from servicedesk.store.appointments import Booking
from servicedesk.store.models.people import Person
from servicedesk.web import labels, parked
from servicedesk.web.access import demands
from servicedesk.web.appointments.forms import BookingForm
from servicedesk.web.appointments.times import appointment_time, clock_time, weekday, weekday_name
from servicedesk.web.appointments.weeks import read_day, read_instant, week
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.language import locale_code, say

bp = Blueprint("appointments", __name__, url_prefix="/appointments")
bp.add_app_template_filter(appointment_time)
bp.add_app_template_filter(clock_time)
bp.add_app_template_filter(weekday)
bp.add_app_template_filter(weekday_name)


@bp.app_template_global()
def my_appointments() -> list[Booking]:
    """Return the person's appointments that are still to come."""
    mine = store.own(reading(), g.actor.person_id, utc_now())
    return [booking for booking in mine if booking.state == Stage.BOOKED]


@bp.get("")
@demands(Permission.PORTAL_USE)
def index() -> str:
    """Show the counters that can be booked, and the person's own appointments."""
    open_ones = [counter for counter in store.counters(reading()) if counter.is_active]
    return render_template("appointments/index.html", counters=open_ones)


@bp.get("/<key>")
@demands(Permission.PORTAL_USE)
def counter(key: str) -> str:
    """Show a week of a counter with its free times, for the topic and the mode chosen (E1)."""
    _id, chosen = store.counter_row(reading(), key)
    topic = _topic(chosen)
    mode = next((each for each in chosen.modes if each == request.args.get("mode")), chosen.modes[0])
    return _week_page(chosen, topic.key, topic.minutes, mode=mode, moved=None)


@bp.post("/<key>/hold")
@demands(Permission.PORTAL_USE, page="appointments.counter")
def hold(key: str) -> Response:
    """Hold a time and go to the form; a time just taken leads back to the week."""
    said = request.form
    wish = actions.Wish(key, said.get("topic", ""), said.get("mode", ""), read_instant(said.get("at", "")))
    try:
        with writing() as session:
            number = actions.hold(session, wish, g.actor.person_id, utc_now())
    except Conflict as error:
        flash(say(error.sentence), "warning")
        day = wish.starts_at.date().isoformat()
        return redirect(url_for(".counter", key=key, topic=wish.topic, mode=wish.mode, day=day), 303)
    return redirect(url_for(".booking", number=number), 303)


@bp.get("/booking/<number>")
@demands(Permission.PORTAL_USE)
def booking(number: str) -> str:
    """Show the form of a held time, or an appointment as it stands."""
    mine = _mine(number)
    if mine.state == Stage.HELD:
        person = reading().get_one(Person, g.actor.person_id)
        return _form_page(mine, BookingForm(parked.restored(), phone=person.phone))
    return render_template(
        "appointments/booking.html",
        booking=mine,
        state=labels.label(labels.APPOINTMENTS, mine.state),
        mode=labels.label(labels.MODES, mine.mode),
        is_changeable=rules.may_change(mine.counter, mine.state, mine.starts_at, utc_now()),
        until=rules.changeable_until(mine.counter, mine.starts_at),
    )


@bp.post("/booking/<number>")
@demands(Permission.PORTAL_USE, page="appointments.booking")
def book(number: str) -> Response | tuple[str, int]:
    """Book the held time (E2)."""
    form = BookingForm()
    if not form.validate():
        return _form_page(_mine(number), form), 422
    with writing() as session:
        actions.book(session, number, form.said(), g.actor.person_id, utc_now())
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
    return _week_page(mine.counter, mine.topic_key, minutes, mode=mine.mode, moved=mine)


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
    if mine.state == Stage.HELD:
        raise NotFound()
    context = appointment_mails.context_of(mine, is_cancelled=mine.state == Stage.CANCELLED)
    host = Addresses(current_app.config["SITE"].base_url).host
    answer = Response(calendar_file(context, locale_code(), host, utc_now()), mimetype="text/calendar")
    answer.headers["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return answer


def _mine(number: str) -> Booking:
    return store.own_one(reading(), number, g.actor.person_id)


def _topic(chosen: Counter) -> Topic:
    return chosen.topic(request.args.get("topic")) or chosen.topics[0]


def _week_page(chosen: Counter, topic: str, minutes: int, mode: str, moved: Booking | None) -> str:
    wanted = read_day(request.args.get("day"))
    shown = week(reading(), chosen.key, minutes, wanted, utc_now())
    return render_template(
        "appointments/week.html",
        counter=chosen,
        topic=topic,
        minutes=minutes,
        mode=mode,
        modes={each: labels.label(labels.MODES, each) for each in chosen.modes},
        week=shown,
        moved=moved,
    )


def _form_page(held: Booking, form: BookingForm) -> str:
    mode: str = labels.label(labels.MODES, held.mode)
    until: datetime | None = held.held_until
    return render_template("appointments/form.html", booking=held, form=form, mode=mode, until=until)
