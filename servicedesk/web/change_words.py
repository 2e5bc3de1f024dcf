"""The words for changes, which only staff read."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

from servicedesk.rules.changes import ChangeType, Consent, Phase, Result
from servicedesk.rules.sentences import N_
from servicedesk.rules.states import Action

KINDS: Mapping[str, str] = {"change": N_("Planned change")}
TYPES: Mapping[str, str] = {
    ChangeType.STANDARD: N_("Standard change"),
    ChangeType.NORMAL: N_("Normal change"),
    ChangeType.EMERGENCY: N_("Emergency change"),
}
TYPE_HINTS: Mapping[str, str] = {
    ChangeType.STANDARD: N_("Done many times, always alike: approved once for all."),
    ChangeType.NORMAL: N_("Approved before it begins."),
    ChangeType.EMERGENCY: N_("Cannot wait: it may begin first and be approved afterwards."),
}
PHASES: Mapping[str, str] = {
    Phase.DRAFT: N_("Change in draft"),
    Phase.AWAITING: N_("Awaiting approval"),
    Phase.APPROVED: N_("Approved and scheduled"),
    Phase.UNDER_WAY: N_("Under way"),
    Phase.DONE: N_("Carried out, to be reviewed"),
    Phase.REVIEWED: N_("Reviewed and closed"),
    Phase.CALLED_OFF: N_("Called off"),
}
CONSENTS: Mapping[str, str] = {
    Consent.NONE: N_("not asked for"),
    Consent.ASKED: N_("asked for, not decided yet"),
    Consent.GIVEN: N_("given"),
    Consent.REFUSED: N_("refused"),
}
RESULTS: Mapping[str, str] = {
    Result.SUCCESSFUL: N_("Successful"),
    Result.WITH_ISSUES: N_("Successful, with issues"),
    Result.BACKED_OUT: N_("Backed out"),
}
HARMS: Mapping[int, str] = {
    1: N_("Hardly anybody notices"),
    2: N_("Some have to wait or to do it otherwise"),
    3: N_("A service stands still, or data are lost"),
}
LIKELIHOODS: Mapping[int, str] = {
    1: N_("Unlikely: done before, tested"),
    2: N_("Possible"),
    3: N_("Likely: new, or hard to test"),
}
FIELDS: Mapping[str, str] = {
    "title": N_("Title"),
    "change_type": N_("Type of change"),
    "reason": N_("Why it is needed"),
    "harm": N_("What happens if it goes wrong"),
    "likelihood": N_("How likely that is"),
    "plan": N_("What is done, step by step"),
    "back_out": N_("The way back"),
    "verification": N_("How one sees that it worked"),
    "services": N_("Services that it touches"),
    "categories": N_("Categories that it touches besides"),
    "starts_at": N_("Window from"),
    "ends_at": N_("Window until"),
    "implementer_id": N_("Carried out by"),
}
EVENTS: Mapping[Action, str] = {
    Action.PLAN: N_("changed the plan: %(planned)s"),
    Action.PUT_FORWARD: N_("put the change forward: %(change_phase)s"),
    Action.CLEAR: N_("The approvals are complete: %(change_phase)s."),
    Action.SEND_BACK: N_("The change was not approved."),
    Action.BEGIN: N_("began with the change"),
    Action.FINISH: N_("carried the change out: %(result)s"),
    Action.REVIEW: N_("reviewed and closed the change"),
    Action.CALL_OFF: N_("called the change off"),
}
MAILS: Mapping[str, str] = {
    "change_approved": N_("Change approved"),
    "change_refused": N_("Change refused"),
}
DONE: Mapping[Action, str] = {
    Action.PLAN: N_("The plan was kept."),
    Action.PUT_FORWARD: N_("The change was put forward."),
    Action.BEGIN: N_("The change is under way."),
    Action.FINISH: N_("How the change ended was kept."),
    Action.REVIEW: N_("The change is closed."),
    Action.CALL_OFF: N_("The change was called off."),
}


def of_event(changes: Mapping[str, Any]) -> dict[str, str]:
    """Return what the sentences above need of an event's changes."""
    phase, result = ((changes.get(name) or [None, ""])[1] for name in ("change_phase", "result"))
    named = (changes.get("planned") or [None, ()])[1]
    return {
        "planned": ", ".join(gettext(FIELDS[name]).lower() for name in named),
        "change_phase": gettext(PHASES[phase]).lower() if phase in PHASES else "",
        "result": gettext(RESULTS[result]).lower() if result in RESULTS else "",
    }
