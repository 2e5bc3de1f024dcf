"""Pages of appointments before there is one: the counters, the week of one, and the hold of a time (E1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from servicedesk.actions.appointment_slots import Said, Wish
from servicedesk.actions.appointment_slots import hold as hold_time
from servicedesk.rules.appointments import Stage
from servicedesk.rules.counters import Counter, Topic
from servicedesk.rules.errors import Conflict
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import Sentence
from servicedesk.store import appointments as store
from servicedesk.store.appointments import Booking
from servicedesk.web import labels, uploads
from servicedesk.web.access import demands
from servicedesk.web.appointments.forms import LONGEST_CONTACT, LONGEST_DESCRIPTION, LONGEST_PHONE
from servicedesk.web.appointments.times import appointment_time, clock_time, weekday, weekday_name
from servicedesk.web.appointments.weeks import read_day, read_instant, week
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.language import say

bp = Blueprint("appointments", __name__, url_prefix="/appointments")
bp.add_app_template_filter(appointment_time)
bp.add_app_template_filter(clock_time)
bp.add_app_template_filter(weekday)
bp.add_app_template_filter(weekday_name)


@dataclass(frozen=True, slots=True)
class Kept:
    """The form of a hold that somebody else outran: what was typed stays while another time is chosen."""

    number: str
    said: Said
    ticket: str
    files: int
    problem: str


@bp.app_template_global()
def my_appointments() -> list[Booking]:
    """Return the person's appointments that are still to come, times on offer among them."""
    mine = store.own(reading(), g.actor.person_id, utc_now())
    return [booking for booking in mine if booking.state in (Stage.BOOKED, Stage.OFFERED)]


@bp.app_template_global()
def appointments_about(ticket: str) -> list[tuple[Booking, str, bool]]:
    """Return the appointments about a ticket, each with its state in words and whether the reader's staff has it."""
    found = store.of_ticket(reading(), ticket)
    states = labels.APPOINTMENTS
    return [(booking, labels.label(states, booking.state), store.staffs(g.actor, booking.counter)) for booking in found]


@bp.get("")
@demands(Permission.PORTAL_USE)
def index() -> str:
    """Show the counters that can be booked, and the person's own appointments."""
    open_ones = [counter for counter in store.counters(reading()) if counter.is_active]
    return render_template("appointments/index.html", counters=open_ones, ticket=request.args.get("ticket"))


@bp.get("/<key>")
@demands(Permission.PORTAL_USE)
def counter(key: str) -> str:
    """Show a week of a counter with its free times, for the topic and the mode chosen (E1)."""
    _id, chosen = store.counter_row(reading(), key)
    return week_page(
        chosen,
        chosen_topic(chosen, request.args),
        chosen_mode(chosen, request.args),
        ticket=request.args.get("ticket", ""),
    )


@bp.post("/<key>/hold")
@demands(Permission.PORTAL_USE, page="appointments.counter")
def hold(key: str) -> Response | tuple[str, int]:
    """Hold a time and go to the form; a time just taken leads back to the week, with what was typed before."""
    sent = request.form
    at, number, ticket = read_instant(sent.get("at", "")), sent.get("number", ""), sent.get("ticket", "")
    wish = Wish(key, sent.get("topic", ""), sent.get("mode", ""), at, number, said_in(sent), ticket)
    try:
        with writing() as session:
            made = hold_time(session, wish, g.actor.person_id, utc_now())
    except Conflict as error:
        if number:
            return choose_again(number, sent, error.sentence, at.date())
        flash(say(error.sentence), "warning")
        day = at.date().isoformat()
        again = url_for(".counter", key=key, topic=wish.topic, mode=wish.mode, day=day, ticket=ticket or None)
        return redirect(again, 303)
    return redirect(url_for(".booking", number=made), 303)


@bp.post("/booking/<number>/again")
@demands(Permission.PORTAL_USE, page="appointments.booking")
def again(number: str) -> tuple[str, int]:
    """Show another week in which to choose the time of a form that outlived its hold."""
    page, _status = choose_again(number, request.form, None, read_day(request.form.get("day")))
    return page, 200


def choose_again(
    number: str, typed: Mapping[str, str], problem: Sentence | None, day: date | None = None
) -> tuple[str, int]:
    """Return the week in which a new time is chosen for a form whose own is lost, and the status of a conflict.

    `typed` is the form, the counter it was for among it. Raises NotFound where that names no counter.
    """
    _id, chosen = store.counter_row(reading(), typed.get("counter", ""))
    files = len(uploads.drafts(draft_key(number)))
    kept = Kept(number, said_in(typed), typed.get("ticket") or "", files, say(problem) if problem else "")
    topic, mode = chosen_topic(chosen, typed), chosen_mode(chosen, typed)
    return week_page(chosen, topic, mode, ticket=kept.ticket, kept=kept, wanted=day), 409


def week_page(
    chosen: Counter,
    topic: Topic,
    mode: str,
    *,
    ticket: str = "",
    moved: Booking | None = None,
    kept: Kept | None = None,
    wanted: date | None = None,
) -> str:
    """Return the page of a week: to book a time, to move an appointment there, or to choose again."""
    wanted = wanted or read_day(request.args.get("day"))
    return render_template(
        "appointments/week.html",
        counter=chosen,
        topic=topic.key,
        mode=mode,
        modes={each: labels.label(labels.MODES, each) for each in chosen.modes},
        week=week(reading(), chosen.key, topic.minutes, wanted, utc_now()),
        moved=moved,
        kept=kept,
        ticket=ticket,
        view="list" if request.args.get("view") == "list" else None,
    )


def draft_key(number: str) -> str:
    """Return the key under which the files of an appointment's form are drafts; nobody else can name it."""
    return f"appointment/{g.actor.person_id}/{number}"


def said_in(typed: Mapping[str, str]) -> Said:
    """Return what a form says, empty where it says nothing."""
    # A hold keeps it before the form is checked: no more of it than the form itself takes.
    return Said(
        (typed.get("description") or "")[:LONGEST_DESCRIPTION],
        (typed.get("phone") or "")[:LONGEST_PHONE],
        (typed.get("contact") or "")[:LONGEST_CONTACT],
    )


def chosen_topic(chosen: Counter, said: Mapping[str, str]) -> Topic:
    """Return the topic an address or a form names, the first without one."""
    return chosen.topic(said.get("topic")) or chosen.topics[0]


def chosen_mode(chosen: Counter, said: Mapping[str, str]) -> str:
    """Return the mode an address or a form names, the first without one."""
    return next((each for each in chosen.modes if each == said.get("mode")), chosen.modes[0])
