"""Changes (F11): the list with its filters."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from flask_babel import gettext

from servicedesk.rules.changes import ChangeType, Phase, risk
from servicedesk.rules.permissions import Permission
from servicedesk.store import catalogue
from servicedesk.store import changes as store
from servicedesk.web import change_words as words
from servicedesk.web.access import demands
from servicedesk.web.db import reading
from servicedesk.web.inputs import place
from servicedesk.web.labels import level
from servicedesk.web.language import locale_code

bp = Blueprint("changes", __name__)


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the list, in words."""

    number: str
    title: str
    group: str
    phase: str
    change_type: str
    risk: int | None
    risk_label: str
    services: str
    starts_at: datetime | None
    ends_at: datetime | None


@bp.get("/changes")
@demands(Permission.QUEUE_READ)
def index() -> str:
    """Show the changes of the reader's groups: those that are open, or of a phase, a type, a group."""
    session, wanted = reading(), _wanted()
    rows = store.page(session, g.actor, wanted, place("before") or None)
    shown, tree = rows[: store.PAGE], catalogue.current(session)
    asked: dict[str, Any] = {"phase": wanted.phase, "type": wanted.change_type, "group": wanted.group or None}
    groups = sorted(g.actor.groups | g.actor.supervises)
    return render_template(
        "workbench/changes.html",
        lines=[line_of(row, tree) for row in shown],
        phases=[("", gettext("Not closed yet"))] + [(each.value, gettext(words.PHASES[each])) for each in Phase],
        types=[("", gettext("All types"))] + [(each.value, gettext(words.TYPES[each])) for each in ChangeType],
        groups=[("", gettext("All my groups"))] + [(each, each) for each in groups],
        asked=asked,
        is_filtered=any(asked.values()),
        next_url=url_for(".index", **asked, before=shown[-1].id) if len(rows) > store.PAGE else None,
    )


def _wanted() -> store.Wanted:
    phase, change_type = request.args.get("phase", ""), request.args.get("type", "")
    return store.Wanted(
        Phase(phase) if phase in set(Phase) else None,
        ChangeType(change_type) if change_type in set(ChangeType) else None,
        request.args.get("group", "")[:40],
    )


def line_of(row: Any, tree: Any) -> Line:
    """Return a row of the store in words."""
    grade = risk(row.harm, row.likelihood)
    return Line(
        number=row.number,
        title=row.title,
        group=row.group_code,
        phase=phase_in_words(row),
        change_type=gettext(words.TYPES[row.change_type]),
        risk=grade,
        risk_label=level(grade) if grade else "",
        services=services_in_words(row.services, tree),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
    )


def phase_in_words(row: Any) -> str:
    """Return how far a change has come; of one that is over, how it ended."""
    return gettext(words.RESULTS[row.result] if row.phase == Phase.REVIEWED else words.PHASES[row.phase])


def services_in_words(services: Sequence[str], tree: Any) -> str:
    """Return the names of services, those that the catalogue no longer knows by their id."""
    language = locale_code()
    return ", ".join(tree.services[each].name.get(language) if each in tree.services else each for each in services)
