"""What waits for a supervisor's decision or for one's advice, and how a group hands its tickets over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField, TextAreaField

from servicedesk.actions.lines import set_habits
from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.rules.lines import Matter
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue
from servicedesk.store import lines as store
from servicedesk.web import labels
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.entries import Names
from servicedesk.web.house_texts import site_now
from servicedesk.web.labels import label, level
from servicedesk.web.language import locale_code, say
from servicedesk.web.workbench.why_asked import why_asked

bp = Blueprint("matters", __name__, url_prefix="/workbench")
TITLES: Mapping[Matter, str] = {
    Matter.HAND_OVER: N_("To decide"),
    Matter.ESCALATION: N_("Escalated"),
    Matter.ADVICE: N_("Your advice is asked"),
}
SHOWN = 300
"""Letters of a reason that a row shows."""


class HabitsForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """How a group hands over; `problem` is why it was not kept."""

    problem = ""
    asks_from = StringField(_l("From which hand-over on a supervisor decides"), id="habits-asks")
    reasons = TextAreaField(_l("Ready reasons"), id="habits-reasons")


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket with what is asked about it."""

    number: str
    title: str
    group: str
    to_group: str
    technician: str
    state: str
    state_label: str
    priority: int
    priority_label: str
    by: str
    at: datetime
    reason: str


@bp.get("/matters")
@demands(Permission.QUEUE_READ)
def index() -> str:
    """Show what waits for the reader, oldest first."""
    session = reading()
    names = Names(catalogue.current(session), current_app.extensions["desk_settings"], locale_code(), None)
    parts = [(kind, _rows(store.matter_rows(session, kind, g.actor), names)) for kind in Matter]
    return render_template(
        "workbench/matters.html",
        parts=[(kind.value, _(TITLES[kind]), rows) for kind, rows in parts if rows],
        led=[(code, names.group(code)) for code in sorted(g.actor.supervises)],
    )


@bp.route("/hand-overs/<group>", methods=["GET", "POST"])
@demands(Permission.QUEUE_READ, page="matters.habits")
def habits(group: str) -> str | Response | tuple[str, int]:
    """Show how a group that the reader leads hands over, and keep what the form brings."""
    tree = catalogue.current(reading())
    if group not in g.actor.supervises or group not in tree.groups:
        raise NotFound()
    found = store.habits_of(reading(), group)
    form = HabitsForm(data={"asks_from": str(found.asks_from), "reasons": "\n".join(found.reasons)})
    if request.method == "POST" and _kept(group, form):
        flash(_("The group hands over this way from now on."), "success")
        return redirect(url_for(".index"), 303)
    shown = render_template(
        "workbench/habits.html", form=form, group=group, name=tree.groups[group].name.get(locale_code())
    )
    return (shown, 422) if request.method == "POST" else shown


def _kept(group: str, form: HabitsForm) -> bool:
    typed = (form.asks_from.data or "").strip()
    asks_from = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else -1
    try:
        with writing() as session:
            set_habits(session, g.actor, group, asks_from, (form.reasons.data or "").splitlines(), utc_now())
    except Invalid as refused:
        form.problem = say(refused.sentence)
        return False
    return True


def _rows(rows: Sequence[Any], names: Names) -> list[Row]:
    return [
        Row(
            number=row.number,
            title=row.title,
            group=names.group(row.group_code),
            to_group=names.group(row.to_group) if row.to_group else "",
            technician=_name(row, "technician"),
            state=row.state,
            state_label=label(labels.STATES, row.state),
            priority=row.priority,
            priority_label=level(row.priority),
            by=_name(row, "asker") or site_now().name,
            at=row.asked_at,
            reason=_short(row.reason or why_asked(row)),
        )
        for row in rows
    ]


def _name(row: Any, who: str) -> str:
    code, given, family = (getattr(row, f"{who}_{part}") for part in ("code", "given_name", "family_name"))
    return f"{code or ''} {given} {family}".strip() if given is not None else ""


def _short(words: str) -> str:
    return words if len(words) <= SHOWN else f"{words[:SHOWN].rstrip()}…"
