"""The life of a change (F11): draft, approval, window, result and review, as a table of its own."""

from dataclasses import replace

from servicedesk.rules.approvals import approval_rows
from servicedesk.rules.changes import PLANNED, Phase
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.rules.states import Action, Audience, Note, State
from servicedesk.rules.transitions import Guard, Move, Table, Tell, Transition

HAS_COME_FURTHER = Sentence(N_("The change has come further: its present phase is shown above."))


def during(*phases: Phase) -> Guard:
    """Return the guard that lets through changes in these phases."""

    def is_during(move: Move) -> Sentence | None:
        return None if move.facts.phase in phases else HAS_COME_FURTHER

    return is_during


def may_begin(move: Move) -> Sentence | None:
    """Only what is approved begins; an emergency may be approved afterwards."""
    if move.facts.phase == Phase.APPROVED:
        return None
    if move.facts.phase == Phase.AWAITING:
        is_urgent = move.facts.is_urgent
        return None if is_urgent else Sentence(N_("The approvals are still awaited: the change cannot begin yet."))
    return HAS_COME_FURTHER


def is_decided(move: Move) -> Sentence | None:
    """What was begun without approval is closed once somebody has decided on it."""
    if move.facts.phase != Phase.DONE:
        return HAS_COME_FURTHER
    if move.facts.awaits_approval:
        return Sentence(N_("The approval asked for is still awaited: the change cannot be closed without it."))
    return None


def as_it_is(move: Move) -> State:
    """What those asked decide moves the phase alone."""
    return State(move.facts.state or State.ASSIGNED_GROUP)


def under_way(move: Move) -> State:
    """In progress with whoever carries it out; with the group where that is nobody."""
    return State.IN_PROGRESS if move.technician is not None else State.ASSIGNED_GROUP


S = State
_OPEN = frozenset({S.ASSIGNED_GROUP, S.ASSIGNED_TECHNICIAN, S.IN_PROGRESS})
_DECIDED = _OPEN | {S.RESOLVED}
_AWAITED = (Phase.AWAITING, Phase.UNDER_WAY, Phase.DONE)
"""An emergency may be decided on while it is carried out, or afterwards."""
_P = Permission.TICKET_WORK
_SHARED = (
    Action.ASSIGN_GROUP,
    Action.ASSIGN_TECHNICIAN,
    Action.TAKE,
    Action.RELEASE,
    Action.NOTE,
    Action.RECLASSIFY,
    Action.FORWARD,
    Action.PRIORITISE,
    Action.LINK,
    Action.UNLINK,
)
OWN: Table = {
    Action.PLAN: Transition(_OPEN, None, _P, guard=during(*PLANNED)),
    Action.PUT_FORWARD: Transition(
        _OPEN, None, _P, (Tell(Audience.NAMED, "approval_asked"),), guard=during(Phase.DRAFT)
    ),
    Action.CLEAR: Transition(_DECIDED, None, Permission.TICKET_CLOCK, guard=during(*_AWAITED)),
    Action.SEND_BACK: Transition(_DECIDED, None, Permission.TICKET_CLOCK, guard=during(*_AWAITED)),
    Action.BEGIN: Transition(_OPEN, under_way, _P, guard=may_begin),
    Action.FINISH: Transition(_OPEN, S.RESOLVED, _P, (), Note.NEEDED, is_public=False, guard=during(Phase.UNDER_WAY)),
    Action.REVIEW: Transition(
        frozenset({S.RESOLVED}), S.CLOSED, _P, (), Note.NEEDED, is_public=False, guard=is_decided
    ),
    Action.CALL_OFF: Transition(_OPEN, S.CANCELLED, _P, (), Note.NEEDED, is_public=False, guard=during(*PLANNED)),
}
"""What is done to changes alone."""
BY_HAND = (Action.PUT_FORWARD, Action.BEGIN, Action.FINISH, Action.REVIEW, Action.CALL_OFF)
"""What is done by the buttons of its page; the plan has a page of its own."""


def change_table(requests: Table) -> Table:
    """Return the life of a change: what it shares with requests, told to staff alone, and its own."""
    submit = replace(requests[Action.SUBMIT], tells=(), is_public=False)
    shared = {action: _among_staff(requests[action]) for action in (Action.ROUTE, *_SHARED)}
    decided = {action: _in_its_words(row) for action, row in approval_rows(_DECIDED, as_it_is).items()}
    return {Action.SUBMIT: submit, **shared, **OWN, **decided}


_WORDS = {"approved": "change_approved", "not_approved": "change_refused"}
"""What is told of a decision: a change is carried out, or is a draft again, and nobody is its requester."""


def _in_its_words(row: Transition) -> Transition:
    return replace(
        row, tells=tuple(replace(tell, template=_WORDS.get(tell.template, tell.template)) for tell in row.tells)
    )


def _among_staff(row: Transition) -> Transition:
    told = tuple(tell for tell in row.tells if tell.audience not in (Audience.REQUESTER, Audience.FOLLOWERS))
    return replace(row, tells=told)
