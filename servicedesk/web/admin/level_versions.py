"""Earlier versions of the service levels: what going back to one would change, and going back with one press (F9)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions.level_book import go_back
from servicedesk.rules.catalogue import Catalogue, LocalText
from servicedesk.rules.errors import NotFound
from servicedesk.rules.level_book import Book, Calendar, Closure, Operational, Target
from servicedesk.rules.level_changes import Change, Part, changes
from servicedesk.rules.opening_hours import Season, Week
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue
from servicedesk.store import service_levels as store
from servicedesk.web.access import demands
from servicedesk.web.admin.calendar_forms import clock
from servicedesk.web.admin.level_forms import shown_time
from servicedesk.web.admin.levels import line_of
from servicedesk.web.appointments.times import weekday_name
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import whole
from servicedesk.web.labels import KINDS, WAITING_FOR, label, level
from servicedesk.web.language import locale_code
from servicedesk.web.level_words import TOLD

bp = Blueprint("level_versions", __name__, url_prefix="/admin/levels/versions")
NOTHING = "–"
PARTS: Mapping[type, str] = {
    Calendar: N_("Calendar"),
    Target: N_("Times promised to requesters"),
    Operational: N_("Times in a group"),
}
PROPERTIES: Mapping[str, str] = {
    "name": N_("Name"),
    "week": N_("Opening hours"),
    "zone": N_("Time zone"),
    "country": N_("Public holidays of"),
    "province": N_("Province"),
    "seasons": N_("Other hours"),
    "closures": N_("Closed"),
    "calendar": N_("Calendar"),
    "own_minutes": N_("Time to own"),
    "resolve_minutes": N_("Time to resolve"),
    "minutes": N_("Time in the group"),
    "service_id": N_("Service"),
    "category": N_("Category"),
    "kind": N_("Type"),
    "priority": N_("Priority"),
    "group": N_("Group"),
    "from_group": N_("Handed over by"),
    "pauses": N_("The clock also stops while waiting for"),
    "warn_percent": N_("Warn when so many per cent of the time have passed"),
    "warn_tells": N_("Whom the warning tells"),
    "breach_tells": N_("Whom it tells when time has run out"),
    "breach_escalates": N_("Escalate the request when time has run out"),
}


@dataclass(frozen=True, slots=True)
class Detail:
    """A property before and after, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Told:
    """A part that differs, in words; `kind` is added, removed or changed."""

    kind: str
    part: str
    name: str
    details: Sequence[Detail]


@bp.get("/<int:number>")
@demands(Permission.ADMINISTRATION)
def show(number: int) -> str:
    """Show what going back to a version would change."""
    session = reading()
    found = store.version(session, number)
    if found is None:
        raise NotFound()
    now_number, book = store.current(session)
    words = _Words(catalogue.current(session), book, then := store.numbered(session, number))
    told = [words.told(change) for change in changes(book, then)]
    return render_template("admin/level_version.html", version=found, number=now_number, told=told)


@bp.post("/<int:number>/back")
@demands(Permission.ADMINISTRATION, page="level_versions.show")
def back(number: int) -> Response:
    """Make an earlier version hold again, as a new one."""
    seen = whole(request.form, "seen", -1)
    with writing() as session:
        go_back(session, number, g.actor, utc_now(), seen)
    flash(
        _("Version %(number)s holds again. Open requests are reckoned anew within a minute.", number=number), "success"
    )
    return redirect(url_for("service_levels.index"), 303)


class _Words:
    """Says what differs between two books; names of calendars and groups are those of today."""

    def __init__(self, tree: Catalogue, now: Book, then: Book) -> None:
        self.tree, self.now, self.then, self.language = tree, now, then, locale_code()
        self.of: Mapping[str, Callable[[Any], str]] = {
            **dict.fromkeys(("own_minutes", "resolve_minutes", "minutes"), shown_time),
            **dict.fromkeys(("warn_tells", "breach_tells"), lambda value: _listed(_(TOLD[each]) for each in value)),
            **dict.fromkeys(("group", "from_group"), self._group),
            "name": lambda value: value.get(self.language),
            "week": _week,
            "seasons": lambda value: _listed(map(_season, value), "; "),
            "closures": lambda value: _listed(map(_closure, value), "; "),
            "calendar": self._calendar,
            "service_id": lambda value: self._named(self.tree.services, value),
            "category": lambda value: tree.path_name(value, self.language) if value in tree.categories else value,
            "kind": lambda value: label(KINDS, value),
            "priority": level,
            "pauses": lambda value: _listed(label(WAITING_FOR, each) for each in value),
            "warn_percent": lambda value: f"{value} %",
            "breach_escalates": lambda value: _("yes") if value else _("no"),
        }

    def told(self, change: Change) -> Told:
        """Return a change in words."""
        part = change.after or change.before
        assert part is not None
        kind = "changed" if change.before and change.after else "added" if change.after else "removed"
        details = [
            Detail(
                _(PROPERTIES[name]), *(self._shown(name, getattr(each, name)) for each in (change.before, change.after))
            )
            for name in change.what
        ]
        return Told(kind, _(PARTS[type(part)]), self._name(change), details)

    def _name(self, change: Change) -> str:
        part: Part | None = change.after or change.before
        if isinstance(part, Calendar):
            return part.name.get(self.language)
        if isinstance(part, Operational):
            between = (self._group(part.from_group) if part.from_group else _("anybody"), self._group(part.group))
            return " → ".join(between)
        assert part is not None
        line = line_of(part, self.then if change.after else self.now, self.tree)
        return ", ".join(filter(None, (line.service, line.category, line.kind, line.priority))) or _("All requests")

    def _shown(self, name: str, value: Any) -> str:
        if value is None or value == "":
            return NOTHING
        return self.of.get(name, str)(value) or NOTHING

    def _group(self, code: str) -> str:
        return self._named(self.tree.groups, code)

    def _calendar(self, key: str) -> str:
        return self._named({**self.now.calendars, **self.then.calendars}, key)

    def _named(self, known: Mapping[str, Any], key: str) -> str:
        name: LocalText | None = known[key].name if key in known else None
        return name.get(self.language) if name else key


def _listed(words: Any, between: str = ", ") -> str:
    return between.join(sorted(words))


def _week(week: Week) -> str:
    return ", ".join(
        f"{weekday_name(day)} " + " ".join(f"{clock(opens)}-{clock(closes)}" for opens, closes in spans)
        for day, spans in sorted(week.items())
        if spans
    )


def _season(season: Season) -> str:
    return f"{_days(season.first_day, season.last_day)}: {_week(season.week)}"


def _closure(closure: Closure) -> str:
    return f"{_days(closure.first_day, closure.last_day)} {closure.name}".strip()


def _days(first: date, last: date) -> str:
    return format_date(first) if first == last else f"{format_date(first)} - {format_date(last)}"
