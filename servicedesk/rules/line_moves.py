"""The rows of a ticket's life for what passes between lines: decisions on hand-overs, escalation, advice, majors."""

from servicedesk.rules.approvals import after_reclassifying
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.rules.states import Action, Audience, Note, State
from servicedesk.rules.transitions import Guard, Move, Table, Tell, Transition


def nothing_to_decide(move: Move) -> Sentence | None:
    """One hand-over at a time waits for its decision."""
    if move.facts.proposed_group:
        return Sentence(N_("A supervisor has been asked already where this request goes. Wait for the decision."))
    return None


def is_to_decide(move: Move) -> Sentence | None:
    """Only what was asked can be decided."""
    if move.facts.proposed_group:
        return None
    return Sentence(N_("There is nothing to decide any more: the request stays or has gone already."))


def is_escalated(move: Move) -> Sentence | None:
    """Only an escalation can be acknowledged."""
    return None if move.facts.is_escalated else Sentence(N_("This request is not escalated, or no longer."))


def is_not_escalated(move: Move) -> Sentence | None:
    """Supervisors are told once, until they have seen to it."""
    if move.facts.is_escalated:
        return Sentence(N_("The supervisors were told already and have not acknowledged yet."))
    return None


def has_advice(move: Move) -> Sentence | None:
    """Only what was asked can be ended."""
    if move.facts.advising or move.facts.advisers:
        return None
    return Sentence(N_("Nobody is asked for advice on this request, or no longer."))


def is_major(move: Move) -> Sentence | None:
    """Only what was declared can be ended."""
    return None if move.facts.is_major else Sentence(N_("This request is not a major incident, or no longer."))


def is_not_major(move: Move) -> Sentence | None:
    """Declared once is enough."""
    return Sentence(N_("This request is a major incident already.")) if move.facts.is_major else None


S = State
P = Permission
_WORKED = frozenset({S.ASSIGNED_GROUP, S.ASSIGNED_TECHNICIAN, S.IN_PROGRESS})
_UNSOLVED = _WORKED | {S.NEW, S.WAITING}
_OPEN = _UNSOLVED | {S.RESOLVED}


def _told(template: str) -> tuple[Tell, ...]:
    return (Tell(Audience.NAMED, template),)


def _row(
    sources: frozenset[State], needs: Permission, tells: tuple[Tell, ...], guard: Guard | None, note: Note = Note.NEEDED
) -> Transition:
    """A row that leaves the state as it is, with a text that only staff read."""
    return Transition(sources, None, needs, tells, note, is_public=False, guard=guard)


ROWS: Table = {
    Action.HOLD_OVER: _row(_WORKED, P.TICKET_WORK, _told("line_to_decide"), nothing_to_decide),
    Action.LET_GO: Transition(
        _WORKED,
        after_reclassifying,
        P.TICKET_DECIDE,
        (Tell(Audience.TECHNICIAN, "assigned"), *_told("line_let_go")),
        Note.OPTIONAL,
        is_public=False,
        guard=is_to_decide,
    ),
    Action.KEEP: _row(_OPEN, P.TICKET_DECIDE, _told("line_kept"), is_to_decide),
    Action.ESCALATE: _row(_UNSOLVED, P.TICKET_WORK, _told("line_escalated"), is_not_escalated),
    Action.ACKNOWLEDGE: _row(_OPEN, P.TICKET_LEAD, (), is_escalated, Note.OPTIONAL),
    Action.ASK_ADVICE: _row(_OPEN, P.TICKET_WORK, _told("line_advice_asked"), None),
    Action.ADVISE: _row(_OPEN, P.TICKET_ADVISE, _told("line_advice_given"), None),
    Action.END_ADVICE: _row(_OPEN, P.TICKET_END_ADVICE, (), has_advice, Note.NONE),
    Action.DECLARE_MAJOR: _row(_UNSOLVED, P.TICKET_MAJOR, _told("line_major"), is_not_major),
    Action.END_MAJOR: _row(_OPEN, P.TICKET_MAJOR, (), is_major),
}
QUIET = frozenset({Action.HOLD_OVER, Action.ESCALATE, Action.ACKNOWLEDGE, Action.ASK_ADVICE, Action.END_ADVICE})
BY_SYSTEM_TOO = frozenset(
    {Action.ESCALATE, Action.ASSIGN_TECHNICIAN, Action.RELEASE, Action.ASSIGN_GROUP, Action.FORWARD}
)
