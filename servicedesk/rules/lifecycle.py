"""The life of a ticket as a table: which action leads from which states where, who may, who is told."""

from collections.abc import Mapping
from datetime import datetime

from servicedesk.rules import approvals, change_life, level_moves, line_moves, problems, relations, watching
from servicedesk.rules.changes import CHANGE
from servicedesk.rules.errors import NotAllowed, NotFound, NotNow
from servicedesk.rules.permissions import Actor, Permission, TicketFacts, is_requester, may
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.rules.states import Action, Audience, Note, Outcome, State, WaitingFor
from servicedesk.rules.transitions import Move, Table, Tell, Transition, assigned

__all__ = [
    "OPEN_STATES",
    "QUIET",
    "TRANSITIONS",
    "Action",
    "Audience",
    "Move",
    "Note",
    "Outcome",
    "State",
    "Tell",
    "Transition",
    "WaitingFor",
    "allowed_actions",
    "check",
    "target_of",
]


S = State
OPEN_STATES = frozenset(S) - {S.CLOSED, S.CANCELLED}
_WORKED = frozenset({S.ASSIGNED_GROUP, S.ASSIGNED_TECHNICIAN, S.IN_PROGRESS})
_OWNED = frozenset({S.ASSIGNED_TECHNICIAN, S.IN_PROGRESS})
_UNSOLVED = frozenset({S.NEW, S.ASSIGNED_GROUP, S.ASSIGNED_TECHNICIAN, S.IN_PROGRESS, S.WAITING})


def before_waiting(move: Move) -> State:
    """The state the wait interrupted."""
    return State(move.facts.state_before_waiting or S.ASSIGNED_GROUP)


def after_comment(move: Move) -> State:
    """The requester's word ends a wait for the requester; any other comment leaves the state (rule 2)."""
    facts = move.facts
    if facts.waiting_for == WaitingFor.REQUESTER and is_requester(move.actor, facts):
        return before_waiting(move)
    return State(facts.state or S.NEW)


def not_mine_already(move: Move) -> Sentence | None:
    """Taking what one has already changes nothing."""
    if move.facts.technician_id == move.actor.person_id:
        return Sentence(N_("This request is already yours."))
    return None


def waits_for_requester(move: Move) -> Sentence | None:
    """Only silence of the requester runs a waiting ticket out."""
    if move.facts.state == S.WAITING and move.facts.waiting_for != WaitingFor.REQUESTER:
        return Sentence(N_("This request does not wait for its requester."))
    return None


def is_private(move: Move) -> Sentence | None:
    """Made public once: to change to whom, it is made private first."""
    return Sentence(N_("This request is public already.")) if move.facts.publication else None


def is_public(move: Move) -> Sentence | None:
    """Only what is public can be made private."""
    return None if move.facts.publication else Sentence(N_("This request is not public."))


def was_answered(move: Move) -> Sentence | None:
    """Thanks are for an answer: a repetition got none of its own."""
    if move.facts.outcome == Outcome.NOT_APPROVED:
        return Sentence(relations.HAS_MOVED_ON)
    if move.facts.outcome in (Outcome.DUPLICATE, Outcome.MERGED):
        return Sentence(N_("This request repeats another one: say thank you there."))
    return None


NOT_APPROVED = N_("This request was not approved. Open a new one instead: it will be linked to this one.")


def may_reopen(move: Move) -> Sentence | None:
    """Closed for good when withdrawn or a duplicate; otherwise open to return within the window (rule 2)."""
    facts = move.facts
    if facts.outcome == Outcome.NOT_APPROVED:
        return Sentence(NOT_APPROVED)
    if facts.outcome in (Outcome.DUPLICATE, Outcome.MERGED, Outcome.WITHDRAWN):
        return Sentence(N_("A duplicate or withdrawn request cannot be reopened. Open a new request instead."))
    if facts.reopen_until is None or move.now > facts.reopen_until:
        return Sentence(N_("The time for reopening is over. Open a new request: it will be linked to this one."))
    return None


P = Permission
A = Audience
_FOLLOWED = Tell(A.FOLLOWERS, "followed")
TRANSITIONS: Mapping[Action, Transition] = {
    Action.SUBMIT: Transition(
        frozenset({None}), S.NEW, P.TICKET_OPEN, (Tell(A.REQUESTER, "opened", even_self=True),), Note.NEEDED
    ),
    Action.ROUTE: Transition(
        frozenset({S.NEW}), assigned, P.TICKET_CLOCK, (Tell(A.TECHNICIAN, "assigned"),), guard=approvals.is_approved
    ),
    Action.ASSIGN_GROUP: Transition(
        _WORKED, assigned, P.TICKET_WORK, (Tell(A.TECHNICIAN, "assigned"),), Note.OPTIONAL, is_public=False
    ),
    Action.ASSIGN_TECHNICIAN: Transition(
        _WORKED,
        S.ASSIGNED_TECHNICIAN,
        P.TICKET_WORK,
        (Tell(A.TECHNICIAN, "assigned"), Tell(A.REQUESTER, "taken")),
        Note.OPTIONAL,
        is_public=False,
    ),
    Action.TAKE: Transition(
        _WORKED,
        S.ASSIGNED_TECHNICIAN,
        P.TICKET_TAKE,
        (Tell(A.REQUESTER, "taken"),),
        guard=not_mine_already,
    ),
    Action.RELEASE: Transition(_OWNED, S.ASSIGNED_GROUP, P.TICKET_WORK, (), Note.OPTIONAL, is_public=False),
    Action.START: Transition(frozenset({S.ASSIGNED_TECHNICIAN}), S.IN_PROGRESS, P.TICKET_OWN),
    Action.WAIT: Transition(
        _OWNED,
        S.WAITING,
        P.TICKET_WORK,
        (Tell(A.REQUESTER, "waiting"), _FOLLOWED, watching.TO_WATCHERS),
        Note.NEEDED,
        answers=True,
    ),
    Action.RESUME: Transition(frozenset({S.WAITING}), before_waiting, P.TICKET_WORK),
    Action.COMMENT: Transition(
        OPEN_STATES | {S.CLOSED},
        after_comment,
        P.TICKET_COMMENT,
        (
            Tell(A.REQUESTER, "comment"),
            Tell(A.WORKERS, "requester_comment", only_from_requester=True),
            Tell(A.WORKERS, "follower_comment", only_from_follower=True),
            approvals.TO_APPROVERS,
            _FOLLOWED,
            watching.TO_WATCHERS,
        ),
        Note.NEEDED,
        answers=True,
        guard=relations.is_open_or_merged,
    ),
    Action.NOTE: Transition(
        frozenset(S), None, P.TICKET_WORK, (Tell(A.NAMED, "watch_mentioned"),), Note.NEEDED, is_public=False
    ),
    Action.RECLASSIFY: Transition(
        _WORKED | {S.NEW},
        approvals.after_reclassifying,
        P.TICKET_WORK,
        (Tell(A.TECHNICIAN, "assigned"),),
        Note.OPTIONAL,
        is_public=False,
    ),
    Action.FORWARD: Transition(
        _WORKED,
        assigned,
        P.TICKET_WORK,
        (Tell(A.TECHNICIAN, "assigned"), watching.TO_WATCHERS),
        Note.NEEDED,
        is_public=False,
    ),
    Action.PRIORITISE: Transition(OPEN_STATES, None, P.TICKET_WORK),
    Action.PROPOSE: Transition(
        _OWNED,
        S.RESOLVED,
        P.TICKET_WORK,
        (Tell(A.REQUESTER, "solution"), _FOLLOWED, watching.TO_WATCHERS),
        Note.NEEDED,
        answers=True,
    ),
    Action.REPLY_CLOSE: Transition(
        _OWNED,
        S.CLOSED,
        P.TICKET_WORK,
        (Tell(A.REQUESTER, "answered"), _FOLLOWED, watching.TO_WATCHERS),
        Note.NEEDED,
        answers=True,
    ),
    Action.ACCEPT: Transition(
        frozenset({S.RESOLVED, S.CLOSED}),
        S.CLOSED,
        P.TICKET_JUDGE,
        (Tell(A.REQUESTER, "closed", even_self=True), Tell(A.TECHNICIAN, "accepted"), watching.TO_WATCHERS),
        Note.OPTIONAL,
        guard=relations.is_solved_here_or_there,
    ),
    Action.REFUSE: Transition(
        frozenset({S.RESOLVED, S.CLOSED}),
        assigned,
        P.TICKET_JUDGE,
        (Tell(A.WORKERS, "refused"), watching.TO_WATCHERS),
        Note.NEEDED,
        guard=relations.is_solved_here_or_there,
    ),
    Action.WARN: Transition(
        frozenset({S.RESOLVED, S.WAITING}),
        None,
        P.TICKET_CLOCK,
        (Tell(A.REQUESTER, "expiring"),),
        guard=waits_for_requester,
    ),
    Action.NO_REPLY: Transition(frozenset({S.WAITING}), S.RESOLVED, P.TICKET_CLOCK, guard=waits_for_requester),
    Action.EXPIRE: Transition(
        frozenset({S.RESOLVED}), S.CLOSED, P.TICKET_CLOCK, (Tell(A.REQUESTER, "closed"), watching.TO_WATCHERS)
    ),
    Action.REOPEN: Transition(
        frozenset({S.CLOSED}),
        assigned,
        P.TICKET_JUDGE,
        (Tell(A.WORKERS, "reopened"), watching.TO_WATCHERS),
        Note.NEEDED,
        guard=may_reopen,
    ),
    Action.WITHDRAW: Transition(
        _UNSOLVED,
        S.CANCELLED,
        P.TICKET_JUDGE,
        (Tell(A.TECHNICIAN, "withdrawn"), watching.TO_WATCHERS, approvals.TO_APPROVERS),
        Note.OPTIONAL,
    ),
    Action.DUPLICATE: Transition(
        _UNSOLVED,
        S.CLOSED,
        P.TICKET_WORK,
        (Tell(A.REQUESTER, "duplicate"), watching.TO_WATCHERS),
        Note.OPTIONAL,
        answers=True,
    ),
    Action.LINK_ACCOUNT: Transition(frozenset(S), None, P.TICKET_CLOCK),
    Action.EDIT: Transition(
        frozenset({S.NEW, S.ASSIGNED_GROUP, S.ASSIGNED_TECHNICIAN}),
        approvals.after_editing,
        P.TICKET_JUDGE,
        (Tell(A.TECHNICIAN, "edited"), approvals.TO_APPROVERS),
        Note.OPTIONAL,
    ),
    Action.SHARE: Transition(frozenset(S) - {S.CANCELLED}, None, P.TICKET_SHARE, (Tell(A.INVITED, "shared"),)),
    Action.UNSHARE: Transition(frozenset(S), None, P.TICKET_UNSHARE),
    Action.LEAVE: Transition(frozenset(S), None, P.TICKET_LEAVE),
    Action.PUBLISH: Transition(frozenset(S) - {S.CANCELLED}, None, P.TICKET_SHARE, guard=is_private),
    Action.UNPUBLISH: Transition(frozenset(S), None, P.TICKET_UNSHARE, guard=is_public),
    Action.THANK: Transition(
        frozenset({S.RESOLVED, S.CLOSED}),
        None,
        P.TICKET_JUDGE,
        (Tell(A.TECHNICIAN, "thanked"),),
        Note.OPTIONAL,
        guard=was_answered,
    ),
    **line_moves.ROWS,
    **relations.TRANSITIONS,
    **level_moves.ROWS,
    **watching.ROWS,
    **approvals.ROWS,
}
_TAKES_NOTHING = frozenset({Action.UNSHARE, Action.LEAVE, Action.UNPUBLISH, Action.THANK})
QUIET = _TAKES_NOTHING | line_moves.QUIET | relations.QUIET | level_moves.QUIET | watching.QUIET | approvals.QUIET
"""What others need not have seen before they decide: it takes nothing from what they read."""
_BY_RULES = frozenset(
    {
        *(Action.RECLASSIFY, Action.PRIORITISE, Action.NOTE, Action.COMMENT, Action.WATCH),
        *(Action.WAIT, Action.ASK_ADVICE, Action.LINK, Action.PROPOSE, Action.REPLY_CLOSE),
    }
)
_ANSWERED_BY_RULES = frozenset({Action.WAIT, Action.PROPOSE, Action.REPLY_CLOSE})
"""What a rule answers also where nobody has taken the request yet: people take it first."""
_BY_SYSTEM_TOO = (
    frozenset({Action.SUBMIT, Action.RESUME}) | _BY_RULES | line_moves.BY_SYSTEM_TOO | approvals.BY_SYSTEM_TOO
)


_OF_KIND = {problems.PROBLEM: problems.problem_table(TRANSITIONS), CHANGE: change_life.change_table(TRANSITIONS)}


def table_of(kind: str) -> Table:
    """Return the table that the life of a ticket of this kind follows."""
    return _OF_KIND.get(kind, TRANSITIONS)


def check(action: Action, facts: TicketFacts, actor: Actor, now: datetime) -> Transition:
    """Return the row that allows this, or say why not.

    Raises NotFound when the person may not even read the ticket, NotAllowed when they may not do this to it, NotNow
    when the state forbids it.
    """
    transition = table_of(facts.kind).get(action)
    if facts.state is not None and not may(actor, P.TICKET_READ, facts):
        raise NotFound()
    if transition is None:
        raise NotNow(relations.HAS_MOVED_ON)
    if not (may(actor, transition.needs, facts) or (action in _BY_SYSTEM_TOO and may(actor, P.TICKET_CLOCK, facts))):
        raise NotAllowed(N_("You cannot do this to the request: it is for its requester or for the group it is with."))
    source = State(facts.state) if facts.state is not None else None
    is_answered = source is S.ASSIGNED_GROUP and action in _ANSWERED_BY_RULES and may(actor, P.TICKET_CLOCK, facts)
    if source not in transition.sources and not is_answered:
        raise NotNow(N_("This cannot be done any more: the request has moved on. Its present state is shown above."))
    if transition.guard and (why := transition.guard(Move(facts, actor, now))):
        raise NotNow(why.msgid, **why.params)
    return transition


def target_of(transition: Transition, move: Move) -> State:
    """Return the state the ticket will be in."""
    if callable(transition.target):
        return transition.target(move)
    return transition.target if transition.target is not None else State(move.facts.state or S.NEW)


def allowed_actions(facts: TicketFacts, actor: Actor, now: datetime) -> tuple[Action, ...]:
    """Return what this person may do to the ticket now, in the table's order: the buttons to draw."""
    return tuple(action for action in table_of(facts.kind) if _passes(action, facts, actor, now))


def _passes(action: Action, facts: TicketFacts, actor: Actor, now: datetime) -> bool:
    try:
        check(action, facts, actor, now)
    except (NotFound, NotAllowed, NotNow):
        return False
    return True
