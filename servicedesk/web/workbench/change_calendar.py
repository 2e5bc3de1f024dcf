"""The calendar of changes: a month or a week day by day, with what collides, freezes and closed days; as a file too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import g, render_template, request, url_for
from flask_babel import format_date, format_time, gettext
from werkzeug.wrappers import Response

from servicedesk.gateways.calendar_file import FeedEntry, feed_file
from servicedesk.rules.calendar import instant, local_day
from servicedesk.rules.changes import COMING_PHASES, collide
from servicedesk.rules.permissions import Permission
from servicedesk.rules.removed import told
from servicedesk.store import catalogue
from servicedesk.store import changes as store
from servicedesk.store import service_levels as levels
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading
from servicedesk.web.language import locale_code
from servicedesk.web.workbench.change_form import site_zone
from servicedesk.web.workbench.change_plans import bp as bp
from servicedesk.web.workbench.changes import Line, line_of, services_in_words

DAY = timedelta(days=1)
FURTHEST = timedelta(days=731)
"""How far one looks back or ahead."""
IN_FILE = timedelta(days=93)


@dataclass(frozen=True, slots=True)
class Entry:
    """A window on one day: what of it lies there, the change, and the numbers of those it collides with."""

    hours: str
    line: Line
    is_continued: bool
    against: Sequence[str]
    is_frozen: bool


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar."""

    day: date
    is_today: bool
    entries: Sequence[Entry]
    freezes: Sequence[tuple[str, str, datetime]]
    """Of those that begin: why nothing is changed, in which services (none for all), and until when."""
    closed: Sequence[str]
    """Names of the calendars that are closed."""


@dataclass(frozen=True, slots=True)
class Span:
    """The days shown, how they are called, and the address of the next ones."""

    first: date
    last: date
    title: str
    view: str

    def beside(self, step: int, today: date) -> str | None:
        """Return the address of the time after (1) or before (-1); None where that is too far away."""
        day = self.last + DAY if step > 0 else self.first - DAY
        return url_for("changes.calendar", view=self.view, day=day) if abs(day - today) < FURTHEST else None


@bp.get("/changes/calendar")
@demands(Permission.QUEUE_READ)
def calendar() -> str:
    """Show the windows of a month or a week, day by day."""
    today = local_day(utc_now(), site_zone())
    span = _span(today)
    other = "week" if span.view == "month" else "month"
    inside = today if span.first <= today <= span.last else span.first
    return render_template(
        "workbench/change_calendar.html",
        span=span,
        days=_days(span, today),
        previous_url=span.beside(-1, today),
        next_url=span.beside(1, today),
        today_url=url_for(".calendar", view=span.view),
        other=(other, url_for(".calendar", view=other, day=inside)),
        is_empty_shown=span.view == "week",
    )


def _span(today: date) -> Span:
    try:
        day = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        day = today
    day = day if abs(day - today) < FURTHEST else today
    if request.args.get("view") == "week":
        first = day - day.weekday() * DAY
        title = gettext("Week of %(day)s", day=format_date(first, "long"))
        return Span(first, first + 6 * DAY, title, "week")
    first = day.replace(day=1)
    last = (first + 31 * DAY).replace(day=1) - DAY
    return Span(first, last, format_date(first, "LLLL yyyy"), "month")


def _midnight(day: date) -> datetime:
    return instant(datetime.combine(day, time()), site_zone())


def _days(span: Span, today: date) -> list[Day]:
    session = reading()
    starts_at, ends_at = _midnight(span.first), _midnight(span.last + DAY)
    rows = store.windows(session, g.actor, starts_at, ends_at)
    freezes = store.freezes(session, starts_at, ends_at)
    others = store.neighbours(session, g.actor, starts_at, ends_at)
    tree, (_number, book) = catalogue.current(session), levels.current(session)
    closed = {key: levels.ClosedDays(each) for key, each in book.calendars.items()}
    listed = [(row, line_of(row, tree), _against(row, others), _is_frozen(row, freezes)) for row in rows]
    return [
        Day(
            day=day,
            is_today=day == today,
            entries=_entries(day, listed),
            freezes=[
                (each.reason, services_in_words([each.service_id], tree) if each.service_id else "", each.ends_at)
                for each in freezes
                if day == max(local_day(each.starts_at, site_zone()), span.first)
            ],
            closed=[book.calendars[key].name.get(locale_code()) for key, days in closed.items() if day in days],
        )
        for day in (span.first + number * DAY for number in range((span.last - span.first).days + 1))
    ]


def _entries(day: date, listed: Sequence[tuple[Any, Line, Sequence[str], bool]]) -> list[Entry]:
    begins, ends = _midnight(day), _midnight(day + DAY)
    return [
        Entry(_hours(row, begins, ends), line, row.starts_at < begins, against, is_frozen)
        for row, line, against, is_frozen in listed
        if row.starts_at < ends and row.ends_at > begins
    ]


def _hours(row: Any, begins: datetime, ends: datetime) -> str:
    """Return what of the window lies in the day; the midnight at its end is 24."""
    until = format_time(row.ends_at, "HH:mm") if row.ends_at < ends else "24:00"
    return f"{format_time(max(row.starts_at, begins), 'HH:mm')}-{until}"


def _against(row: Any, others: Sequence[Any]) -> list[str]:
    if row.phase not in COMING_PHASES:
        return []
    window = store.window_of(row)
    return [each.number for each in others if each.id != row.id and collide(window, store.window_of(each))]


def _is_frozen(row: Any, freezes: Sequence[Any]) -> bool:
    return row.phase in COMING_PHASES and any(collide(store.window_of(row), store.window_of(each)) for each in freezes)


@bp.get("/changes/calendar.ics")
@demands(Permission.QUEUE_READ)
def calendar_file() -> Response:
    """Return the windows of the coming three months as a calendar file."""
    session, now, zone = reading(), utc_now(), site_zone()
    rows = store.windows(session, g.actor, now - DAY, now + IN_FILE)
    entries = [
        FeedEntry(
            uid=f"change-{row.number}@{request.host}",
            starts_at=row.starts_at.astimezone(zone),
            ends_at=row.ends_at.astimezone(zone),
            stamp=now,
            sequence=0,
            summary=told(f"{row.number} {row.title}", gettext),
        )
        for row in rows
    ]
    return Response(
        feed_file(gettext("Calendar of changes"), entries),
        mimetype="text/calendar",
        headers={"Content-Disposition": "attachment; filename=changes.ics"},
    )
