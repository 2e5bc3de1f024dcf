"""What rules and their deeds are called."""

from collections.abc import Mapping

from flask_babel import gettext as _

from servicedesk.rules.automation import Hours, Technician, Trigger
from servicedesk.rules.sentences import N_

JOBS: Mapping[str, str] = {
    "follow_rules": N_("does what the services' rules say"),
    "open_recurring": N_("opens the requests that open themselves on given days"),
}
MAILS: Mapping[str, str] = {"recurring_paused": N_("Recurring request paused")}
ORIGINS: Mapping[str, str] = {"recurring": N_("Recurring request")}
TRIGGERS: Mapping[str, str] = {
    Trigger.OPENED: N_("a request was opened"),
    Trigger.MOVED: N_("a request went to another group"),
    Trigger.RECLASSIFIED: N_("a request was given another category"),
    Trigger.REQUESTER_WROTE: N_("the requester wrote"),
    Trigger.NOTED: N_("somebody wrote an internal note"),
    Trigger.SOLVED: N_("a solution was proposed"),
    Trigger.REFUSED: N_("the solution was refused"),
    Trigger.REOPENED: N_("a request was reopened"),
    Trigger.PRIORITY: N_("urgency or impact was changed"),
    Trigger.LEVEL_WARNED: N_("promised time runs short"),
    Trigger.LEVEL_MISSED: N_("promised time has run out"),
    Trigger.IDLE: N_("nothing happened for some hours"),
    Trigger.IN_STATE: N_("it has been in one state for some hours"),
    Trigger.DUE_SOON: N_("some hours before a promised time runs out"),
    Trigger.OVERDUE: N_("some hours after a promised time has run out"),
    Trigger.CLOSING: N_("some hours before it closes by itself"),
}
HOURS: Mapping[str, str] = {Hours.OPEN: N_("during opening hours"), Hours.CLOSED: N_("outside opening hours")}
TECHNICIANS: Mapping[str, str] = {
    Technician.NOBODY: N_("nobody"),
    Technician.PRESENT: N_("somebody who is there"),
    Technician.ABSENT: N_("somebody who is absent"),
}
DEEDS: Mapping[str, str] = {
    "category": N_("category changed"),
    "group": N_("given to the group"),
    "technician": N_("given to the technician"),
    "urgency": N_("urgency and impact set"),
    "watcher": N_("watcher added"),
    "note": N_("note written"),
    "reply": N_("reply sent"),
    "answer": N_("standard answer sent"),
    "answer_wait": N_("standard answer sent, and set to wait for the requester"),
    "answer_propose": N_("standard answer proposed as solution"),
    "answer_reply_close": N_("standard answer sent, and the request closed"),
    "answer_forward": N_("standard answer sent, and the request forwarded"),
    "wait_days": N_("set to wait"),
    "advise": N_("group asked for advice"),
    "link": N_("tied to another request"),
    "escalate": N_("supervisors told"),
}


def author(rule: str) -> str:
    """Return who did it, where a rule did."""
    return str(_("Rule \u201c%(name)s\u201d", name=rule))
