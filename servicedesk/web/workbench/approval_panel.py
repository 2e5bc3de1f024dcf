"""What the page of a ticket at work shows of its approvals: every round, and asking again or somebody else."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _
from wtforms import Form, StringField
from wtforms.validators import InputRequired

from servicedesk.rules.states import Action
from servicedesk.web.inputs import whole
from servicedesk.web.workbench.approval_rounds import Round, rounds_of
from servicedesk.web.workbench.work import Work


class InsteadForm(Form):
    """Who is asked instead."""

    code = StringField(_("Code of the person who is asked instead"), [InputRequired()])


@dataclass(frozen=True, slots=True)
class ApprovalPanel:
    """All rounds of the ticket; `forms` and what was typed by the question whose approver is to be replaced."""

    rounds: Sequence[Round]
    forms: dict[int, InsteadForm]
    typed_at: int
    """The question whose form is shown again; 0 for none."""


def approval_panel(work: Work) -> ApprovalPanel | None:
    """Return it; None where nothing was ever to be approved."""
    if not (work.facts.awaits_approval or work.facts.approvers):
        return None
    rounds = rounds_of(work.session, work.row.id)
    is_sent = work.typed.get("action") == Action.REPLACE_APPROVER
    typed_at = whole(work.typed, "approval", 0) if is_sent else 0
    pending = [each.id for found in rounds for step in found.steps for each in step.answers if each.is_pending]
    return ApprovalPanel(rounds, {key: _form(key, work, key == typed_at) for key in pending}, typed_at)


def _form(key: int, work: Work, is_typed: bool) -> InsteadForm:
    form = InsteadForm(data={"code": work.typed.get("code", "") if is_typed else ""})
    form.code.id = f"instead-{key}"
    form.code.label.field_id = form.code.id
    return form
