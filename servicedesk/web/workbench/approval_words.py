"""The words for approvals that only those who approve and those who work on requests read."""

from collections.abc import Mapping

from servicedesk.rules.sentences import N_
from servicedesk.rules.states import Action

EVENTS: Mapping[Action, str] = {
    Action.REPLACE_APPROVER: N_("asked others for the approval: %(approvers)s"),
    Action.REMIND_APPROVERS: N_("reminded of the approval: %(approvers)s"),
}
MAILS: Mapping[str, str] = {
    "approval_asked": N_("Your approval is asked"),
    "approval_reminder": N_("Your approval is still awaited"),
    "approval_news": N_("News of a request to approve"),
}
JOBS: Mapping[str, str] = {"look_after_approvals": N_("reminds of approvals, and asks others where somebody has left")}
DONE: Mapping[Action, str] = {
    Action.APPROVE: N_("You have approved."),
    Action.DISAPPROVE: N_("You have refused. The requester is told, with your reason."),
    Action.REMIND_APPROVERS: N_("Those who have not decided were reminded."),
    Action.REPLACE_APPROVER: N_("Somebody else is asked now."),
}
STATES: Mapping[str, str] = {
    "pending": N_("not decided yet"),
    "approved": N_("approved"),
    "refused": N_("refused"),
    "passed": N_("no longer asked"),
}
ROUNDS: Mapping[str, str] = {
    "pending": N_("Waits for an approval"),
    "approved": N_("Approved"),
    "refused": N_("Not approved"),
    "passed": N_("Ended without a decision"),
}
NEEDS: Mapping[str, str] = {
    "any": N_("the first answer decides"),
    "all": N_("everybody has to approve"),
}
