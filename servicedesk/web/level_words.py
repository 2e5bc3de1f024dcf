"""Words about service levels, which only staff read: clocks, what a ticket's time was spent with, who is told."""

from collections.abc import Mapping

from servicedesk.rules.lifecycle import Action
from servicedesk.rules.sentences import N_

EVENTS: Mapping[Action, str] = {
    Action.LEVEL_WARN: N_("The promised time runs short: those concerned were told."),
    Action.LEVEL_BREACH: N_("The promised time has run out."),
}
MAILS: Mapping[str, str] = {
    "level_warn": N_("The promised time runs short"),
    "level_breach": N_("The promised time has run out"),
}
JOBS: Mapping[str, str] = {"levels": N_("warns before promised times run out, and reckons anew after a change")}
CLOCKS: Mapping[str, str] = {
    "own": N_("Time to own"),
    "resolve": N_("Time to resolve"),
    "hold": N_("Time in the group"),
}
PHASES: Mapping[str, str] = {
    "approval": N_("waiting for an approval"),
    "running": N_("the desk works on it"),
    "requester": N_("waiting for the requester"),
    "third_party": N_("waiting for a third party"),
    "date": N_("waiting for a date"),
    "solved": N_("solved, the requester decides"),
    "ended": N_("closed"),
}
GOALS: Mapping[str, str] = {
    "category": N_("another category: what is promised was reckoned anew from the opening"),
    "kind": N_("another type: what is promised was reckoned anew from the opening"),
    "priority": N_("another priority: what is promised was reckoned anew from the opening"),
}
"""What moved the goal."""
TOLD: Mapping[str, str] = {
    "technician": N_("the technician, or the group while there is none"),
    "group": N_("everybody in the group"),
    "supervisors": N_("the supervisors of the group"),
}
