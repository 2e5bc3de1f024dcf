"""The words for problems, which only staff read."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

from servicedesk.rules.problems import Phase
from servicedesk.rules.sentences import N_
from servicedesk.rules.states import Action

PHASES: Mapping[str, str] = {
    Phase.INVESTIGATED: N_("Investigated"),
    Phase.CAUSE_KNOWN: N_("Root cause known"),
    Phase.WORKAROUND: N_("Workaround found"),
    Phase.KNOWN_ERROR: N_("Known error"),
    Phase.RESOLVED: N_("Problem resolved"),
    Phase.CLOSED: N_("Problem closed"),
}
EVENTS: Mapping[Action, str] = {
    Action.DIAGNOSE: N_("wrote down the root cause"),
    Action.WORK_AROUND: N_("changed the workaround: %(phase)s"),
    Action.KNOW_ERROR: N_("marked the problem as a known error"),
    Action.FORGET_ERROR: N_("took the mark of a known error away"),
    Action.FIX: N_("resolved the problem"),
    Action.CONCLUDE: N_("closed the problem"),
    Action.TAKE_UP: N_("took the problem up again"),
}
DONE: Mapping[Action, str] = {
    Action.DIAGNOSE: N_("The root cause was kept."),
    Action.WORK_AROUND: N_("The workaround was kept."),
    Action.KNOW_ERROR: N_("The workaround is now shown on the requests of this category."),
    Action.FORGET_ERROR: N_("The workaround is no longer shown on other requests."),
    Action.FIX: N_("The problem is resolved. Its requests can be answered together."),
    Action.CONCLUDE: N_("The problem is closed."),
    Action.TAKE_UP: N_("The problem is open again."),
}
JOBS: Mapping[str, str] = {"find_bursts": N_("looks for many requests of one kind, which may have one cause")}


def of_event(changes: Mapping[str, Any]) -> dict[str, str]:
    """Return what the sentences above need of an event's changes."""
    phase = (changes.get("phase") or [None, ""])[1]
    return {"phase": gettext(PHASES[phase]).lower() if phase else ""}
