"""Absences: who is away this month, one's own and those of the groups one leads, and the form to enter them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions import absences as actions
from servicedesk.rules.calendar import local_day
from servicedesk.rules.errors import Invalid
from servicedesk.rules.permissions import Permission
from servicedesk.store import absences as store
from servicedesk.store import lines
from servicedesk.store.models.people import Absence
from servicedesk.web import parked
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.labels import label
from servicedesk.web.language import say
from servicedesk.web.workbench.absence_form import HANDLINGS, AbsenceForm, absence_form, entry_of
from servicedesk.web.workbench.choices import staff_name

bp = Blueprint("absences", __name__, url_prefix="/workbench/absences")
FURTHEST = 24
"""Months that can be looked back or ahead."""


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the calendar: its days, and who is away on which."""

    title: str
    days: Sequence[date]
    rows: Sequence[tuple[str, frozenset[date], str]]
    """Name, the days away, and these days in words."""
    previous_url: str | None
    next_url: str | None
    today: date


@dataclass(frozen=True, slots=True)
class Line:
    """An absence in words; `url` is where it is changed."""

    id: int
    name: str
    first: date
    last: date
    substitute: str
    handling: str
    note: str
    url: str


@bp.route("", methods=["GET", "POST"])
@demands(Permission.ABSENCES, page="absences.index")
def index() -> str | Response | tuple[str, int]:
    """Show who is away in a month and the form of a new absence, and keep what it brings."""
    form = _form(None, {"person": str(g.actor.person_id)})
    if request.method == "POST" and _kept(form, None):
        flash(_("The absence is kept."), "success")
        return redirect(url_for(".index", month=(form.first.data or "")[:7]), 303)
    shown = render_template("workbench/absences.html", form=form, month=_month(), lines=_lines(), today=_today())
    return (shown, 422) if request.method == "POST" else shown


@bp.route("/<int:number>", methods=["GET", "POST"])
@demands(Permission.ABSENCES, page="absences.edit")
def edit(number: int) -> str | Response | tuple[str, int]:
    """Show an absence in its form, and keep what the form brings."""
    found = store.managed(reading(), g.actor, number)
    form = _form(found, _data_of(found))
    if request.method == "POST" and _kept(form, number):
        flash(_("The absence is kept."), "success")
        return redirect(url_for(".index"), 303)
    shown = render_template("workbench/absence.html", form=form, number=number)
    return (shown, 422) if request.method == "POST" else shown


@bp.post("/<int:number>/remove")
@demands(Permission.ABSENCES)
def remove(number: int) -> Response:
    """Take an absence away."""
    with writing() as session:
        actions.remove(session, number, g.actor, utc_now())
    flash(_("The absence was taken away."), "success")
    return redirect(url_for(".index"), 303)


def _today() -> date:
    return local_day(utc_now(), ZoneInfo(current_app.extensions["desk_settings"].site.zone))


def _form(found: Absence | None, data: Mapping[str, str]) -> AbsenceForm:
    session = reading()
    led_groups = store.led_by(session, g.actor)
    members = store.members(session, g.actor.groups | led_groups)
    led = {who.id for who in store.members(session, led_groups)}
    # One that is there already stays with whom it is of.
    people = [who for who in members if who.id in (led | {g.actor.person_id} if found is None else {found.person_id})]
    return absence_form(request.form or parked.restored() or None, data, people, members)


def _kept(form: AbsenceForm, number: int | None) -> bool:
    """Keep what was typed, or mark in the form what stands in the way."""
    try:
        entry = entry_of(form)
        with writing() as session:
            if number is None:
                actions.enter(session, entry, g.actor, _today(), utc_now())
            else:
                actions.change(session, number, entry, g.actor, _today(), utc_now())
    except Invalid as refused:
        form.problem = say(refused.sentence)
        for name, sentence in refused.fields.items():
            form[name].errors = [say(sentence)]
        return False
    return True


def _data_of(found: Absence) -> dict[str, str]:
    return {
        "person": str(found.person_id),
        "first": found.first_day.isoformat(),
        "last": found.last_day.isoformat(),
        "substitute": str(found.substitute_id or ""),
        "handling": found.handling,
        "note": found.note,
    }


def _month() -> Month:
    today = _today()
    first = _first_of(request.args.get("month", ""), today)
    following = _shifted(first, 1)
    session = reading()
    rows = store.between(session, g.actor.groups | store.led_by(session, g.actor), first, following - timedelta(days=1))
    days = [first + timedelta(days=ahead) for ahead in range((following - first).days)]
    return Month(
        title=str(format_date(first, "LLLL yyyy")),
        days=days,
        rows=_away(rows, days),
        previous_url=_month_url(_shifted(first, -1), today),
        next_url=_month_url(following, today),
        today=today,
    )


def _first_of(typed: str, today: date) -> date:
    try:
        year, month = (int(part) for part in typed.split("-"))
        wanted = date(year, month, 1)
    except ValueError:
        return today.replace(day=1)
    return wanted if _is_near(wanted, today) else today.replace(day=1)


def _shifted(first: date, months: int) -> date:
    place = first.year * 12 + first.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


def _is_near(first: date, today: date) -> bool:
    return abs((first.year - today.year) * 12 + first.month - today.month) <= FURTHEST


def _month_url(first: date, today: date) -> str | None:
    return url_for(".index", month=f"{first:%Y-%m}") if _is_near(first, today) else None


def _away(rows: Sequence[Any], days: Sequence[date]) -> list[tuple[str, frozenset[date], str]]:
    found: dict[int, tuple[str, set[date], list[str]]] = {}
    for row in rows:
        _name, away, words = found.setdefault(row.person_id, (staff_name(row), set(), []))
        away |= {day for day in days if row.first_day <= day <= row.last_day}
        words.append(_span(row.first_day, row.last_day))
    return [(name, frozenset(away), "; ".join(words)) for name, away, words in found.values()]


def _span(first: date, last: date) -> str:
    if first == last:
        return str(format_date(first, "d MMM"))
    return f"{format_date(first, 'd MMM')} - {format_date(last, 'd MMM')}"


def _lines() -> list[Line]:
    session = reading()
    rows = store.coming(session, store.led_by(session, g.actor), g.actor.person_id, _today())
    return [
        Line(
            id=row.id,
            name=staff_name(row),
            first=row.first_day,
            last=row.last_day,
            substitute=_substitute(row),
            handling=label(HANDLINGS, row.handling),
            note=row.note,
            url=url_for(".edit", number=row.id),
        )
        for row in rows
    ]


def _substitute(row: Any) -> str:
    if row.substitute_given_name is None:
        return ""
    return f"{row.substitute_code or ''} {row.substitute_given_name} {row.substitute_family_name}".strip()


@bp.app_template_global("my_part")
def my_part() -> dict[str, Any]:
    """Return what waits for the reader beside the queue: decisions, escalations, advice, colleagues stood in for."""
    session = reading()
    assert g.actor.person_id is not None
    return {
        "counts": {kind.value: count for kind, count in lines.matter_counts(session, g.actor).items()},
        "stood_in_for": store.stood_in_for(session, g.actor.person_id, _today()),
    }
