"""The words for approvals: on the timeline, in notices, in the list of jobs."""

from collections.abc import Mapping, Sequence
from typing import Any

from servicedesk.rules.sentences import N_
from servicedesk.rules.states import Action

EVENTS: Mapping[Action, str] = {
    Action.ASK_APPROVAL: N_("Approval was asked of: %(approvers)s"),
    Action.APPROVE: N_("approved the request"),
    Action.DISAPPROVE: N_("did not approve the request"),
    Action.REPLACE_APPROVER: N_("Approval was asked of: %(approvers)s"),
    Action.REMIND_APPROVERS: N_("Approval was asked of: %(approvers)s"),
}
MAILS: Mapping[str, str] = {
    "approval_asked": N_("Your approval is asked"),
    "approval_reminder": N_("Your approval is still awaited"),
    "approval_news": N_("News of a request to approve"),
    "approved": N_("Approved"),
    "not_approved": N_("Not approved"),
}
INTERNAL = frozenset({Action.REPLACE_APPROVER, Action.REMIND_APPROVERS})
"""What requesters do not see."""


def of_event(changes: Mapping[str, Any], names: Any, people: Mapping[int, Any]) -> dict[str, str]:
    """Return what the sentences above need of an event's changes; `people` are rows of persons by id."""
    found = (people.get(person_id) for person_id in changes.get("asked") or ())
    return {"approvers": ", ".join(names.technician(p.code, p.given_name, p.family_name) for p in found if p)}


def instead_of(changes: Mapping[str, Any], names: Any, people: Mapping[int, Any]) -> Sequence[str]:
    """Return for whom somebody decided who stood in."""
    found = (people.get(person_id) for person_id in changes.get("instead_of") or ())
    return [names.technician(p.code, p.given_name, p.family_name) for p in found if p]
