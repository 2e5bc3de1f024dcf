"""What the page of a change shows above its conversation: plan, window, what stands in its way, the next step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import g, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import Form, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired

from servicedesk.rules.change_life import BY_HAND
from servicedesk.rules.changes import (
    CHANGE,
    PLANNED,
    Phase,
    Plan,
    Result,
    missing,
)
from servicedesk.rules.languages import WRITTEN
from servicedesk.rules.states import Action, State
from servicedesk.store import changes as store
from servicedesk.web import change_words as words
from servicedesk.web import labels
from servicedesk.web.labels import label
from servicedesk.web.language import say
from servicedesk.web.workbench.change_form import site_zone
from servicedesk.web.workbench.change_shown import Shown, shown
from servicedesk.web.workbench.work import Work


class FinishForm(Form):
    """How a change ended."""

    result = RadioField(_("How it ended"), [InputRequired()], id="change-result")
    note = TextAreaField(_("What was done and seen"), [InputRequired()], id="change-finish")


class ReasonForm(Form):
    """What the review found, or why the change is called off."""

    note = TextAreaField(_("What was found, or why"), [InputRequired()], id="change-note")


@dataclass(frozen=True, slots=True)
class Fixed:
    """A problem that the change is to fix."""

    number: str
    title: str
    state: str
    state_label: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class ChangePanel:
    """A change in words, and the forms of its next steps."""

    shown: Shown
    awaits: bool
    """Whether its approval is still to come, though it may be under way."""
    lacking: Sequence[str]
    """What is still to be written before it is put forward, in words."""
    announce_url: str
    """Where an administrator announces the window; empty for others and where there is none."""
    problems: Sequence[Fixed]
    offers_fix: bool
    """Whether it went well enough to say that its problems are over."""
    finish: FinishForm
    reason: ReasonForm


def change_panel(work: Work) -> ChangePanel | None:
    """Return it; None for a ticket of another kind. A constant number of statements."""
    change = store.change_of(work.session, work.row.id) if work.row.kind == CHANGE else None
    if change is None:
        return None
    plan = store.plan_of(change)
    lacking = missing(plan) if change.phase == Phase.DRAFT else {}
    problems = [_fixed(row) for row in store.problems_fixed(work.session, work.row.id, g.actor)]
    is_done = change.phase in (Phase.DONE, Phase.REVIEWED) and change.result != Result.BACKED_OUT
    sent = work.typed.get("action", "")
    return ChangePanel(
        shown=shown(work.session, change, work.names.tree),
        awaits=work.facts.awaits_approval,
        lacking=[say(sentence) for sentence in lacking.values()],
        announce_url=_announce_url(work, plan) if change.phase in PLANNED and g.actor.is_admin else "",
        problems=problems,
        offers_fix=is_done and any(each.is_open for each in problems) and Action.NOTE in work.actions,
        finish=_finish_form(work.typed.to_dict() if sent == Action.FINISH else {}),
        reason=ReasonForm(data=work.typed.to_dict() if sent in BY_HAND and sent != Action.FINISH else {}),
    )


def _announce_url(work: Work, plan: Plan) -> str:
    """Return the address of the form of an announcement, with the window written already."""
    if plan.starts_at is None or plan.ends_at is None:
        return ""
    wall = [each.astimezone(site_zone()) for each in (plan.starts_at, plan.ends_at)]
    text = "{:%d/%m/%Y %H:%M} - {:%d/%m/%Y %H:%M}".format(*wall)
    titles: dict[str, Any] = {f"title_{code}": work.row.title for code in WRITTEN}
    texts: dict[str, Any] = {f"source_{code}": f"{work.row.title}: {text}" for code in WRITTEN}
    return url_for("announcement_desk.new", **titles, **texts, ends_at=wall[1].strftime("%Y-%m-%dT%H:%M"))


def _fixed(row: Any) -> Fixed:
    is_open = row.state not in (State.RESOLVED, State.CLOSED)
    return Fixed(row.number, row.title, row.state, label(labels.STATES, row.state), is_open)


def _finish_form(data: dict[str, str]) -> FinishForm:
    form = FinishForm(data=data)
    form.result.choices = [SelectChoice(code, gettext(name)) for code, name in words.RESULTS.items()]
    return form
