"""The words for what passes between lines, which only staff read."""

from collections.abc import Mapping
from typing import Any

from servicedesk.rules.sentences import N_
from servicedesk.rules.states import Action

EVENTS: Mapping[Action, str] = {
    Action.HOLD_OVER: N_("asked a supervisor to let the request go to %(proposed)s"),
    Action.LET_GO: N_("forwarded the request to %(whom)s"),
    Action.KEEP: N_("decided that the request stays"),
    Action.ESCALATE: N_("escalated the request to the supervisors"),
    Action.ACKNOWLEDGE: N_("acknowledged the escalation"),
    Action.ASK_ADVICE: N_("asked for advice: %(adviser)s"),
    Action.ADVISE: N_("gave advice"),
    Action.END_ADVICE: N_("ended the question for advice: %(adviser)s"),
    Action.DECLARE_MAJOR: N_("declared a major incident"),
    Action.END_MAJOR: N_("ended the major incident: the priority is %(priority)s"),
}
JOBS: Mapping[str, str] = {"begin_absences": N_("begins absences: hands on what was open, tells who stands in")}
DONE: Mapping[Action, str] = {
    Action.HOLD_OVER: N_("This request has been handed over often: a supervisor was asked where it goes."),
    Action.LET_GO: N_("The request was forwarded."),
    Action.KEEP: N_("The request stays. Whoever asked was told."),
    Action.ESCALATE: N_("The supervisors were told."),
    Action.ACKNOWLEDGE: N_("The escalation is acknowledged."),
    Action.ASK_ADVICE: N_("Your question was sent. The request stays where it is."),
    Action.ADVISE: N_("Your advice was sent."),
    Action.END_ADVICE: N_("The question is over."),
    Action.DECLARE_MAJOR: N_("The request is a major incident. The group was told."),
    Action.END_MAJOR: N_("The major incident is over: the priority follows from urgency and impact again."),
}
MAILS: Mapping[str, str] = {
    "line_to_decide": N_("Your decision is wanted"),
    "line_let_go": N_("Forwarded as you asked"),
    "line_kept": N_("It stays where it is"),
    "line_escalated": N_("Escalated"),
    "line_advice_asked": N_("Your advice is asked"),
    "line_advice_given": N_("Advice given"),
    "line_major": N_("Major incident"),
    "line_absence": N_("You stand in for a colleague"),
}
INTERNAL = frozenset(EVENTS) - {Action.LET_GO}
"""What requesters do not see; that their request goes to another group, they do."""


def of_event(changes: Mapping[str, Any], names: Any, people: Mapping[int, Any]) -> dict[str, str]:
    """Return what the sentences above need of an event's changes; `people` are rows of persons by id."""
    group = next((code for code in changes.get("advice") or () if code), None)
    person = people.get(next((each for each in changes.get("adviser") or () if each), 0))
    colleague = f"{person.code or ''} {person.given_name} {person.family_name}".strip() if person else ""
    return {
        "proposed": names.group((changes.get("proposed") or [None, None])[1] or ""),
        "adviser": names.group(group) if group else colleague,
    }
