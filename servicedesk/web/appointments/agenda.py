"""The agenda of those who staff a counter: a day or a week of appointments, and who came (E4)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from secrets import token_urlsafe
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions.appointments import note_visit
from servicedesk.actions.walk_ins import Visit, note_walk_in
from servicedesk.rules import appointments as rules
from servicedesk.rules.calendar import instant, local_day
from servicedesk.rules.counters import Counter
from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.rules.permissions import Permission
from servicedesk.store import appointments as store
from servicedesk.web import labels
from servicedesk.web.access import demands
from servicedesk.web.appointments.bookings import download, listed
from servicedesk.web.appointments.feeds import address_of
from servicedesk.web.appointments.weeks import read_day
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.language import say

bp = Blueprint("agenda", __name__, url_prefix="/agenda")
DAY, WEEK = "day", "week"
LONGEST_NAME = 120


@bp.get("")
@demands(Permission.QUEUE_READ)
def index() -> str:
    """Show the day or the week of a counter the person staffs, by default today at the first of them."""
    mine = _staffed()
    chosen = _chosen(mine, request.args.get("counter"))
    if chosen is None:
        return render_template("appointments/agenda.html", counters=mine, counter=None)
    view = WEEK if request.args.get("view") == WEEK else DAY
    return _page(mine, chosen, view, read_day(request.args.get("day")), {})


@bp.post("/<key>/walk-in")
@demands(Permission.QUEUE_READ, page="agenda.index")
def walk_in(key: str) -> Response | tuple[str, int]:
    """Note somebody who stands at the counter now without an appointment."""
    said = request.form
    name, number = " ".join(said.get("name", "").split())[:LONGEST_NAME], said.get("student_number", "").strip()
    visit = Visit(key, said.get("topic", ""), name, number, said.get("idempotency_key", ""))
    try:
        with writing() as session:
            note_walk_in(session, visit, g.actor, utc_now())
    except Invalid as error:
        mine = _staffed()
        chosen = _chosen(mine, key)
        assert chosen is not None
        return _page(mine, chosen, DAY, None, said, say(error.sentence)), 422
    flash(_("The visit is noted."), "success")
    return redirect(url_for(".index", counter=key), 303)


@bp.get("/<number>/files/<upload_id>")
@demands(Permission.QUEUE_READ)
def file(number: str, upload_id: str) -> Response:
    """Send a file of an appointment at a counter the person staffs as a download."""
    return download(store.staffed_one(reading(), number, g.actor), upload_id)


@bp.post("/<number>/<any(came, missed):outcome>")
@demands(Permission.QUEUE_READ, page="agenda.index")
def note(number: str, outcome: str) -> Response:
    """Note that the person came, or did not."""
    with writing() as session:
        note_visit(session, number, outcome == "came", g.actor, utc_now())
    seen = store.staffed_one(reading(), number, g.actor)
    day = local_day(seen.starts_at, seen.counter.clock).isoformat()
    return redirect(url_for(".index", counter=seen.counter.key, day=day, view=request.form.get("view")), 303)


def _page(
    mine: Sequence[Counter],
    chosen: Counter,
    view: str,
    wanted: date | None,
    typed: Mapping[str, str],
    problem: str = "",
) -> str:
    """Return the agenda; `typed` is a visit that could not be noted, `problem` why."""
    today = local_day(utc_now(), chosen.clock)
    day = wanted or today
    days = rules.week_of(day) if view == WEEK else [day]
    return render_template(
        "appointments/agenda.html",
        counters=mine,
        counter=chosen,
        view=view,
        day=day,
        today=today,
        earlier=days[0] - timedelta(days=len(days)),
        later=days[-1] + timedelta(days=1),
        **_filled(chosen, days),
        feed=address_of(chosen),
        key=typed.get("idempotency_key") or token_urlsafe(24),
        typed=typed,
        problem=problem,
        states=labels.APPOINTMENTS,
        modes=labels.MODES,
    )


def _staffed() -> list[Counter]:
    return [counter for counter in store.counters(reading()) if store.staffs(g.actor, counter)]


def _chosen(mine: list[Counter], wanted: str | None) -> Counter | None:
    """Return the counter wanted, the first where none is. Raises NotFound for a counter of others."""
    if wanted is None:
        return mine[0] if mine else None
    found = next((counter for counter in mine if counter.key == wanted), None)
    if found is None:
        raise NotFound()
    return found


def _filled(chosen: Counter, days: Sequence[date]) -> dict[str, Any]:
    """Return for each day whether the counter is closed, and its appointments; their files and tickets."""
    counter_id, _counter = store.counter_row(reading(), chosen.key)
    first, last = _midnight(chosen, days[0]), _midnight(chosen, days[-1] + timedelta(days=1))
    found = store.agenda(reading(), counter_id, first, last)
    files = store.files_of(reading(), [booking.id for booking in found])
    on = {day: [each for each in found if local_day(each.starts_at, chosen.clock) == day] for day in days}
    return {
        "days": [(day, rules.is_closed(chosen, day), on[day]) for day in days],
        "files": {each.id: listed("agenda.file", each.number, files[each.id]) for each in found},
        "readable": store.readable_tickets(reading(), [each.ticket for each in found if each.ticket], g.actor),
    }


def _midnight(chosen: Counter, day: date) -> datetime:
    return instant(datetime.combine(day, time()), chosen.clock)
