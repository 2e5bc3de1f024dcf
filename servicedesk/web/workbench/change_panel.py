"""What the page of a change shows above its conversation: plan, window, what stands in its way, the next step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
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
    COMING_PHASES,
    PLANNED,
    ChangeType,
    Consent,
    Phase,
    Plan,
    Result,
    Window,
    collide,
    missing,
    risk,
)
from servicedesk.rules.languages import WRITTEN
from servicedesk.rules.states import Action, State
from servicedesk.store import changes as store
from servicedesk.store.models.changes import Change
from servicedesk.web import change_words as words
from servicedesk.web import labels
from servicedesk.web.labels import label, level
from servicedesk.web.language import say
from servicedesk.web.workbench.change_form import site_zone
from servicedesk.web.workbench.changes import services_in_words
from servicedesk.web.workbench.choices import staff_name
from servicedesk.web.workbench.work import Work


class FinishForm(Form):
    """How a change ended."""

    result = RadioField(_("How it ended"), [InputRequired()], id="change-result")
    note = TextAreaField(_("What was done and seen"), [InputRequired()], id="change-finish")


class ReasonForm(Form):
    """What the review found, or why the change is called off."""

    note = TextAreaField(_("What was found, or why"), [InputRequired()], id="change-note")


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another change, or a freeze, at the same time; `url` is None where the reader may not open it."""

    words: str
    url: str | None
    starts_at: datetime
    ends_at: datetime


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
    """A change in words, what collides with its window, and the forms of its next steps."""

    phase: str
    is_planned: bool
    awaits: bool
    """Whether its approval is still to come, though it may be under way."""
    change_type: str
    consent: str
    approve_by: datetime | None
    risk: int | None
    risk_label: str
    plan: Plan
    facts: Sequence[tuple[str, str]]
    lacking: Sequence[str]
    """What is still to be written before it is put forward, in words."""
    neighbours: Sequence[Neighbour]
    freezes: Sequence[Any]
    result: str
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
    plan, grade = store.plan_of(change), risk(change.harm, change.likelihood)
    lacking = missing(plan) if change.phase == Phase.DRAFT else {}
    problems = [_fixed(row) for row in store.problems_fixed(work.session, work.row.id, g.actor)]
    is_done = change.phase in (Phase.DONE, Phase.REVIEWED) and change.result != Result.BACKED_OUT
    sent = work.typed.get("action", "")
    return ChangePanel(
        phase=gettext(words.PHASES[change.phase]),
        is_planned=change.phase in PLANNED,
        awaits=work.facts.awaits_approval,
        change_type=gettext(words.TYPES[change.change_type]),
        consent=_consent(change),
        approve_by=change.approve_by if change.consent == Consent.ASKED else None,
        risk=grade,
        risk_label=level(grade) if grade else "",
        plan=plan,
        facts=_facts(work, plan),
        lacking=[say(sentence) for sentence in lacking.values()],
        neighbours=_neighbours(work, plan) if change.phase in COMING_PHASES else (),
        freezes=_freezes(work, plan) if change.phase in PLANNED else (),
        result=gettext(words.RESULTS[change.result]) if change.result else "",
        announce_url=_announce_url(work, plan) if change.phase in PLANNED and g.actor.is_admin else "",
        problems=problems,
        offers_fix=is_done and any(each.is_open for each in problems) and "note" in work.actions,
        finish=_finish_form(work.typed.to_dict() if sent == Action.FINISH else {}),
        reason=ReasonForm(data=work.typed.to_dict() if sent in BY_HAND and sent != Action.FINISH else {}),
    )


def _consent(change: Change) -> str:
    if change.change_type == ChangeType.STANDARD:
        return gettext("not needed for this type")
    return gettext(words.CONSENTS[change.consent])


def _facts(work: Work, plan: Plan) -> list[tuple[str, str]]:
    named = store.person_name(work.session, plan.implementer_id) if plan.implementer_id else None
    return [
        (gettext(words.FIELDS["harm"]), _graded(words.HARMS, plan.harm)),
        (gettext(words.FIELDS["likelihood"]), _graded(words.LIKELIHOODS, plan.likelihood)),
        (gettext(words.FIELDS["services"]), services_in_words(plan.services, work.names.tree)),
        (gettext(words.FIELDS["categories"]), "; ".join(work.names.category(key) for key in plan.categories)),
        (gettext(words.FIELDS["implementer_id"]), staff_name(named) if named else ""),
    ]


def _graded(grades: Mapping[int, str], grade: int | None) -> str:
    return gettext(grades[grade]) if grade else ""


def _window(plan: Plan) -> Window | None:
    if plan.starts_at is None or plan.ends_at is None:
        return None
    return Window(plan.starts_at, plan.ends_at, frozenset(plan.services))


def _neighbours(work: Work, plan: Plan) -> list[Neighbour]:
    window = _window(plan)
    if window is None:
        return []
    found = store.neighbours(work.session, g.actor, window.starts_at, window.ends_at)
    return [neighbour(row) for row in found if row.id != work.row.id and collide(window, store.window_of(row))]


def neighbour(row: Any) -> Neighbour:
    """Return another change in words, of whose content nobody learns who may not read it."""
    title = row.title if row.is_readable else gettext("a change of the group %(group)s", group=row.group_code)
    url = url_for("portal.ticket", number=row.number) if row.is_readable else None
    return Neighbour(f"{row.number} {title}", url, row.starts_at, row.ends_at)


def _announce_url(work: Work, plan: Plan) -> str:
    """Return the address of the form of an announcement, with the window written already."""
    if plan.starts_at is None or plan.ends_at is None:
        return ""
    wall = [each.astimezone(site_zone()) for each in (plan.starts_at, plan.ends_at)]
    text = "{:%d/%m/%Y %H:%M} - {:%d/%m/%Y %H:%M}".format(*wall)
    titles = {f"title_{code}": work.row.title for code in WRITTEN}
    texts = {f"source_{code}": f"{work.row.title}: {text}" for code in WRITTEN}
    return url_for("announcement_desk.new", **titles, **texts, ends_at=wall[1].strftime("%Y-%m-%dT%H:%M"))


def _freezes(work: Work, plan: Plan) -> Sequence[Any]:
    window = _window(plan)
    return store.freezes_on(work.session, window) if window else ()


def _fixed(row: Any) -> Fixed:
    is_open = row.state not in (State.RESOLVED, State.CLOSED)
    return Fixed(row.number, row.title, row.state, label(labels.STATES, row.state), is_open)


def _finish_form(data: dict[str, str]) -> FinishForm:
    form = FinishForm(data=data)
    form.result.choices = [SelectChoice(code, gettext(name)) for code, name in words.RESULTS.items()]
    return form
