"""Problems (F11): one cause of many incidents; its life as a table of its own, and when many alike suggest one."""

from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

from servicedesk.rules.permissions import Permission
from servicedesk.rules.states import Action, Audience, Note, State
from servicedesk.rules.transitions import Table, Transition, assigned

PROBLEM = "problem"
"""The kind of such a ticket."""


class Phase(StrEnum):
    """How far a problem has come."""

    INVESTIGATED = "investigated"
    CAUSE_KNOWN = "cause_known"
    WORKAROUND = "workaround"
    KNOWN_ERROR = "known_error"
    RESOLVED = "resolved"
    CLOSED = "closed"


OPEN_PHASES = frozenset(Phase) - {Phase.RESOLVED, Phase.CLOSED}


def phase_of(state: State, has_cause: bool, has_workaround: bool, is_known_error: bool) -> Phase:
    """Return how far a problem has come by what is known of it."""
    if state in (State.RESOLVED, State.CLOSED):
        return Phase(state.value)
    if is_known_error and has_workaround:
        return Phase.KNOWN_ERROR
    if has_workaround:
        return Phase.WORKAROUND
    return Phase.CAUSE_KNOWN if has_cause else Phase.INVESTIGATED


S = State
_WORKED = frozenset({S.ASSIGNED_GROUP, S.ASSIGNED_TECHNICIAN, S.IN_PROGRESS})
_P = Permission.TICKET_WORK
_SHARED = (
    Action.ASSIGN_GROUP,
    Action.ASSIGN_TECHNICIAN,
    Action.TAKE,
    Action.RELEASE,
    Action.START,
    Action.NOTE,
    Action.RECLASSIFY,
    Action.FORWARD,
    Action.PRIORITISE,
    Action.LINK,
    Action.UNLINK,
)
OWN: Table = {
    Action.DIAGNOSE: Transition(_WORKED, None, _P, (), Note.NEEDED, is_public=False),
    Action.WORK_AROUND: Transition(_WORKED, None, _P),
    Action.KNOW_ERROR: Transition(_WORKED, None, _P),
    Action.FORGET_ERROR: Transition(_WORKED, None, _P),
    Action.FIX: Transition(_WORKED, S.RESOLVED, _P, (), Note.NEEDED, is_public=False),
    Action.CONCLUDE: Transition(frozenset({S.RESOLVED}), S.CLOSED, _P),
    Action.TAKE_UP: Transition(frozenset({S.RESOLVED, S.CLOSED}), assigned, _P, (), Note.NEEDED, is_public=False),
}
"""What is done to problems alone."""


def problem_table(requests: Table) -> Table:
    """Return the life of a problem: what it shares with requests, told to staff alone, and its own."""
    submit = replace(requests[Action.SUBMIT], tells=(), is_public=False)
    shared = {action: _among_staff(requests[action]) for action in (Action.ROUTE, *_SHARED)}
    return {Action.SUBMIT: submit, **shared, **OWN}


def _among_staff(row: Transition) -> Transition:
    told = tuple(tell for tell in row.tells if tell.audience not in (Audience.REQUESTER, Audience.FOLLOWERS))
    return replace(row, tells=told)


TIMES_USUAL = 2
"""A burst is more than so many times what comes usually."""


def usual_in(window: timedelta, earlier: int, over: timedelta) -> float:
    """Return how many requests a window holds usually, from how many came in the long time before it."""
    return earlier * (window / over)


def is_burst(recent: int, usual: float, least: int) -> bool:
    """Whether so many requests of one category in a window suggest one cause."""
    return recent >= least and recent > usual * TIMES_USUAL
