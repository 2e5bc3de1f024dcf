"""What passes between lines, on the page of a ticket: its way so far, what is to be decided, advice, escalation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from wtforms import Form, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired

from servicedesk.rules.lifecycle import Action
from servicedesk.rules.lines import Matter, asks_a_supervisor, path_of
from servicedesk.store import lines as store
from servicedesk.store import queue
from servicedesk.web.house_texts import site_now
from servicedesk.web.workbench.choices import staff_name
from servicedesk.web.workbench.why_asked import why_asked
from servicedesk.web.workbench.work import Work

SHOWN = 5
"""Groups of a long way that are shown, the newest ones."""


class AdviceForm(Form):
    """Whom to ask, and what."""

    group = SelectField(_("Group"), id="advice-group")
    technician = SelectField(_("Or one colleague"), id="advice-technician")
    note = TextAreaField(_("Question"), [InputRequired()], id="advice-note")


class ElsewhereForm(Form):
    """The group a supervisor sends the ticket to."""

    group = SelectField(_("Group"), id="let-go-group")
    note = TextAreaField(_("Note for the group"), id="let-go-note")


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that is to be settled: of whom it is asked, by whom, when, in what words."""

    id: int
    of: str
    by: str
    at: datetime
    body: Markup
    answered_at: datetime | None
    why: str
    """Where the desk itself asked: why."""
    category: str
    """The path of the category it is to have where it is to go."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The panel."""

    way: Sequence[str]
    """Names of the groups the ticket went through; empty while it was never handed over."""
    hand_overs: int
    is_often: bool
    """Whether the next hand-over is for a supervisor to decide."""
    reasons: Sequence[str]
    is_major: bool
    proposal: Asked | None
    escalation: Asked | None
    advice: Sequence[Asked]
    asked_of_me: Asked | None
    """The question for advice that its reader has not answered."""
    advice_form: AdviceForm
    elsewhere_form: ElsewhereForm


def lines_panel(work: Work) -> Lines:
    """Return what the panel and the notices above the conversation show."""
    hand_overs = store.hand_overs(work.session, work.row.id)
    habits = store.habits_of(work.session, work.row.group_code)
    matters = store.matters_of(work.session, work.row.id)
    path = [work.names.group(code) for code in path_of(hand_overs)]
    return Lines(
        way=path[-SHOWN:],
        hand_overs=len(hand_overs),
        is_often=asks_a_supervisor(len(hand_overs), habits.asks_from),
        reasons=habits.reasons,
        is_major=work.facts.is_major,
        proposal=_first(matters, Matter.HAND_OVER, work),
        escalation=_first(matters, Matter.ESCALATION, work),
        advice=[_asked(each, work) for each in matters if each.kind == Matter.ADVICE],
        asked_of_me=next((_asked(each, work) for each in matters if _is_asked_of_reader(each)), None),
        advice_form=_advice_form(work),
        elsewhere_form=_elsewhere_form(work),
    )


def _first(matters: Sequence[Any], kind: Matter, work: Work) -> Asked | None:
    return next((_asked(each, work) for each in matters if each.kind == kind), None)


def _asked(row: Any, work: Work) -> Asked:
    return Asked(
        id=row.id,
        of=work.names.group(row.group_code) if row.group_code else staff_name(row) if row.given_name else "",
        by=_asker(row) or site_now().name,
        at=row.asked_at,
        # Cleaned by rules/richtext.py before it was stored.
        body=Markup(row.body_html or ""),  # noqa: S704
        answered_at=row.answered_at,
        why=why_asked(row),
        category=work.names.category(row.category_key) if row.category_key else "",
    )


def _asker(row: Any) -> str:
    if row.asker_given_name is None:
        return ""
    return f"{row.asker_code or ''} {row.asker_given_name} {row.asker_family_name}".strip()


def _is_asked_of_reader(row: Any) -> bool:
    if row.kind != Matter.ADVICE or row.answered_at is not None:
        return False
    return row.person_id == g.actor.person_id or row.group_code in g.actor.groups | g.actor.supervises


def _typed(work: Work, action: Action) -> dict[str, Any]:
    return work.typed.to_dict() if work.typed.get("action") == action else {}


def _advice_form(work: Work) -> AdviceForm:
    form = AdviceForm(data=_typed(work, Action.ASK_ADVICE))
    groups = _groups(work) if Action.ASK_ADVICE in work.actions else []
    others = queue.technicians(work.session, [code for code, _name in groups])
    form.group.choices = [SelectChoice("", gettext("Choose a group")), *(SelectChoice(*each) for each in groups)]
    form.technician.choices = [
        SelectChoice("", gettext("Anybody of the group")),
        *(SelectChoice(str(who.id), staff_name(who)) for who in others),
    ]
    return form


def _elsewhere_form(work: Work) -> ElsewhereForm:
    typed = _typed(work, Action.LET_GO)
    form = ElsewhereForm(data={"group": work.facts.proposed_group, **typed})
    form.group.choices = [SelectChoice(*each) for each in _groups(work)] if work.facts.proposed_group else []
    return form


def _groups(work: Work) -> list[tuple[str, str]]:
    tree = work.names.tree
    groups = (group for group in tree.groups.values() if group.active and group.code != work.row.group_code)
    return [(group.code, group.name.get(work.names.locale)) for group in groups]
