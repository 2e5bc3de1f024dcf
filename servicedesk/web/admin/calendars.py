"""The calendars that promised times are reckoned in, as administration sees and changes them (F9)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions.level_book import publish_by
from servicedesk.rules.counters import key_from
from servicedesk.rules.errors import Conflict, Invalid, NotFound
from servicedesk.rules.level_book import Book, Calendar
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue
from servicedesk.store import service_levels as store
from servicedesk.web import parked
from servicedesk.web.access import demands
from servicedesk.web.admin.calendar_forms import NEW, CalendarForm, clock, typed_from
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.language import locale_code, say

bp = Blueprint("calendars", __name__, url_prefix="/admin/calendars")
HOLIDAY_LANGUAGES: Mapping[str, str] = {"it": "it_IT", "en": "en_US"}
bp.add_app_template_filter(clock, "wall_clock")


@bp.get("")
@demands(Permission.ADMINISTRATION)
def index() -> str:
    """Show every calendar with its hours, seasons and closures."""
    _number, book = store.current(reading())
    return render_template("admin/calendars.html", calendars=book.calendars.values(), used=book.used)


@bp.post("/begin")
@demands(Permission.ADMINISTRATION, page="calendars.index")
def begin() -> Response:
    """Make a calendar of each service's opening hours in the catalogue: something to begin with."""
    with writing() as session:
        number, book = store.current(session)
        made = dict(book.calendars)
        for service in catalogue.current(session).services.values():
            week = {
                day: tuple(
                    (opens.hour * 60 + opens.minute, closes.hour * 60 + closes.minute) for opens, closes in spans
                )
                for day, spans in service.hours.items()
                if spans
            }
            if week and service.key not in made:
                made[service.key] = Calendar(service.key, service.name, week, service.zone)
        publish_by(session, replace(book, calendars=made), g.actor, utc_now(), number)
    flash(_("Each service has a calendar now: its opening hours and the public holidays."), "success")
    return redirect(url_for(".index"), 303)


@bp.route("/new", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="calendars.new")
def new() -> str | Response | tuple[str, int]:
    """Show the form of a new calendar, and make it."""
    number, book = store.current(reading())
    form = _form({**NEW, "seen": number})
    key = key_from(form.name_en.data or "", [*book.calendars, "new", "begin"])
    return _page_or_change(key, form, None)


@bp.route("/<key>", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="calendars.edit")
def edit(key: str) -> str | Response | tuple[str, int]:
    """Show the form of a calendar, and change it."""
    number, book = store.current(reading())
    if key not in book.calendars:
        raise NotFound()
    before = book.calendars[key]
    return _page_or_change(key, _form({**typed_from(before), "seen": number}), before)


@bp.post("/<key>/remove")
@demands(Permission.ADMINISTRATION, page="calendars.edit")
def remove(key: str) -> Response:
    """Remove a calendar that nothing uses."""
    with writing() as session:
        number, book = store.current(session)
        if key in book.used:
            raise Invalid(N_("Promised times are reckoned in this calendar: give them another one first."))
        left = {other: calendar for other, calendar in book.calendars.items() if other != key}
        publish_by(session, replace(book, calendars=left), g.actor, utc_now(), number)
    flash(_("The calendar was removed."), "success")
    return redirect(url_for(".index"), 303)


def _form(known: dict[str, object]) -> CalendarForm:
    form = CalendarForm() if request.method == "POST" else CalendarForm(parked.restored(), data=known)
    if request.method == "GET":
        form.add_rows()
    return form


def _page_or_change(key: str, form: CalendarForm, before: Calendar | None) -> str | Response | tuple[str, int]:
    if request.method == "GET":
        return _page(form, before)
    if "more" in request.form:
        form.add_rows()
        return _page(form, before)
    if not form.validate():
        return _page(form, before), 422
    try:
        with writing() as session:
            _number, book = store.current(session)
            calendars = {**book.calendars, key: form.calendar(key)}
            publish_by(session, Book(calendars, book.targets, book.operational), g.actor, utc_now(), seen_in(form))
    except Conflict as error:
        form.seen.data = str(store.current_number(reading()))
        return _page(form, before, say(error.sentence)), 409
    flash(_("The calendar is saved. Open requests are reckoned anew within a minute."), "success")
    return redirect(url_for(".index"), 303)


def seen_in(form: CalendarForm) -> int:
    """Return the version that the form was made from; -1, which there never is, where it carries none."""
    typed = form.seen.data or ""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else -1


def _page(form: CalendarForm, before: Calendar | None, problem: str = "") -> str:
    return render_template(
        "admin/calendar.html", form=form, calendar=before, holidays=_holidays(before) if before else [], problem=problem
    )


def _holidays(calendar: Calendar) -> list[tuple[date, str]]:
    """Return the public holidays of the coming year."""
    today = utc_now().date()
    known = store.holidays_of(calendar.country, calendar.province, HOLIDAY_LANGUAGES.get(locale_code()[:2]))
    days = [today + timedelta(days=number) for number in range(365)]
    return [(day, known[day]) for day in days if day in known] if known is not None else []
