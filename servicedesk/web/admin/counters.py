"""The counters for appointments, as administration sees and changes them (E4)."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions.counters import set_counter
from servicedesk.rules.appointments import Slot, fits
from servicedesk.rules.counters import Counter, key_from, mark_of, read_counter
from servicedesk.rules.errors import Conflict, Invalid
from servicedesk.rules.permissions import Permission
from servicedesk.store import appointments as store
from servicedesk.store import catalogue
from servicedesk.store.appointments import Booking
from servicedesk.web import labels, parked
from servicedesk.web.access import demands
from servicedesk.web.admin.counter_forms import NEW, CounterForm, typed_from
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.language import locale_code, say

bp = Blueprint("counters", __name__, url_prefix="/admin/counters")


@bp.get("")
@demands(Permission.ADMINISTRATION)
def index() -> str:
    """Show every counter with its topics, windows, closures and terms."""
    return render_template("admin/counters.html", counters=store.counters(reading()), modes=labels.MODES)


@bp.route("/new", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="counters.new")
def new() -> str | Response | tuple[str, int]:
    """Show the form of a counter that is not there yet, and make it."""
    used = [counter.key for counter in store.counters(reading())]
    form = _form(NEW)
    key = key_from(form.name_en.data or "", [*used, "new"])
    return _page_or_change(key, form, None)


@bp.route("/<key>", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="counters.edit")
def edit(key: str) -> str | Response | tuple[str, int]:
    """Show the form of a counter, and change it."""
    _id, before = store.counter_row(reading(), key)
    form = _form({**typed_from(before), "seen": mark_of(before)})
    return _page_or_change(key, form, before)


def _form(known: dict[str, object]) -> CounterForm:
    form = CounterForm() if request.method == "POST" else CounterForm(parked.restored(), data=known)
    groups, language = catalogue.current(reading()).groups, locale_code()
    form.group.choices = [(code, f"{group.name.get(language)} ({code})") for code, group in groups.items()]
    if request.method == "GET":
        form.add_rows()
    return form


def _page_or_change(key: str, form: CounterForm, before: Counter | None) -> str | Response | tuple[str, int]:
    if request.method == "GET":
        return _page(form, before, _orphans(before) if before else [])
    if "more" in request.form:
        form.add_rows()
        return _page(form, before)
    if not form.validate():
        return _page(form, before), 422
    try:
        changed = read_counter(form.counter_data(key))
        lost = _orphans(changed) if before else []
        if {booking.number for booking in lost} - set(request.form.get("confirmed", "").split()):
            return _page(form, before, lost, is_asking=True), 409
        with writing() as session:
            set_counter(session, changed, f"person:{g.actor.person_id}", utc_now(), seen=form.seen.data or "")
    except Invalid as error:
        return _page(form, before, problem=say(error.sentence)), 422
    except Conflict as error:
        form.seen.data = mark_of(store.counter_row(reading(), key)[1])
        return _page(form, before, problem=say(error.sentence)), 409
    flash(_("The counter is saved. Appointments already booked stay as they are."), "success")
    return redirect(url_for(".index"), 303)


def _page(
    form: CounterForm,
    before: Counter | None,
    orphans: list[Booking] | None = None,
    problem: str = "",
    is_asking: bool = False,
) -> str:
    return render_template(
        "admin/counter.html", form=form, counter=before, orphans=orphans or [], problem=problem, is_asking=is_asking
    )


def _orphans(counter: Counter) -> list[Booking]:
    """Return the appointments ahead that the counter, as it is here, would not give any more."""
    counter_id, _now_so = store.counter_row(reading(), counter.key)
    ahead = store.ahead(reading(), counter_id, utc_now())
    return [
        booking
        for booking in ahead
        if not fits(counter, booking.topic_key, booking.mode, Slot(booking.starts_at, booking.ends_at))
    ]
