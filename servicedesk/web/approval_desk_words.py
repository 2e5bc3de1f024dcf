"""The words for approvals that only those who approve and those who work on requests read."""

from collections.abc import Mapping

from flask_babel import gettext

from servicedesk.rules.approval_steps import OWN_GROUP, Approver, By, Need, Step
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.sentences import N_
from servicedesk.rules.states import Action
from servicedesk.web.language import locale_code

EVENTS: Mapping[Action, str] = {
    Action.REPLACE_APPROVER: N_("asked others for the approval: %(approvers)s"),
    Action.REMIND_APPROVERS: N_("reminded of the approval: %(approvers)s"),
    Action.REMARK: N_("wrote about the approval to those who work on it"),
}
MAILS: Mapping[str, str] = {
    "approval_asked": N_("Your approval is asked"),
    "approval_reminder": N_("Your approval is still awaited"),
    "approval_news": N_("News of a request to approve"),
    "approval_remark": N_("Written by somebody who is to approve"),
}
JOBS: Mapping[str, str] = {"look_after_approvals": N_("reminds of approvals, and asks others where somebody has left")}
DONE: Mapping[Action, str] = {
    Action.APPROVE: N_("You have approved."),
    Action.DISAPPROVE: N_("You have refused. The requester is told, with your reason."),
    Action.REMIND_APPROVERS: N_("Those who have not decided were reminded."),
    Action.REPLACE_APPROVER: N_("Somebody else is asked now."),
    Action.REMARK: N_("Those who work on it were told. Your answer is still awaited."),
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
RULES: Mapping[str, str] = {
    "any": N_("the first answer decides"),
    "all": N_("everybody has to approve"),
}
NEEDS: Mapping[Need, str] = {Need.ANY: N_("one of them"), Need.ALL: N_("all of them")}
APPROVERS: Mapping[By, str] = {
    By.SUPERVISORS: N_("supervisors of %(whom)s"),
    By.MEMBERS: N_("members of %(whom)s"),
    By.PERSON: N_("the person with the code %(whom)s"),
}


def step_words(tree: Catalogue, step: Step) -> str:
    """Return who is asked in a step, in words."""
    named = ", ".join(_approver(tree, each) for each in step.by)
    return f"{gettext(NEEDS[step.need])}: {named}" if len(step.by) > 1 or step.need is Need.ALL else named


def _approver(tree: Catalogue, approver: Approver) -> str:
    if approver.by is By.PERSON:
        return gettext(APPROVERS[approver.by]) % {"whom": approver.of}
    group = tree.groups.get(approver.of)
    named = f"{approver.of} ({group.name.get(locale_code())})" if group else approver.of
    return gettext(APPROVERS[approver.by]) % {"whom": gettext("its own group") if approver.of == OWN_GROUP else named}
