"""The rows of a ticket's life for approvals: what is asked, decided, reminded of, and what follows from it."""

from collections.abc import Mapping

from servicedesk.rules.approval_steps import Decision, Steps
from servicedesk.rules.changes import CHANGE
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.rules.states import Action, Audience, Note, State
from servicedesk.rules.transitions import Move, Table, Target, Tell, Transition, assigned

REQUESTS = frozenset({"request", "incident"})
"""The kinds of ticket of which the category says who approves them."""
THEN: Mapping[tuple[str, Decision], Action] = {
    (CHANGE, Decision.APPROVED): Action.CLEAR,
    (CHANGE, Decision.REFUSED): Action.SEND_BACK,
}
"""What the desk does, by kind of ticket, once everything is approved, or refused.

Where nothing stands, it routes what is approved, and does nothing about what is refused.
"""
P = Permission


def first_action(kind: str, steps: Steps) -> Action:
    """Return what follows on the opening of a ticket: its routing, or first the question for approval."""
    return Action.ASK_APPROVAL if steps and kind in REQUESTS else Action.ROUTE


def is_approved(move: Move) -> Sentence | None:
    """No work before everything is approved."""
    if move.facts.awaits_approval:
        return Sentence(N_("This request waits for its approval: it is assigned once it is approved."))
    return None


def is_undecided(move: Move) -> Sentence | None:
    """One question at a time."""
    return None if move.facts.awaits_approval else Sentence(NOTHING_TO_APPROVE)


NOTHING_TO_APPROVE = N_("Nothing is to be approved here any more: it was decided already, or the request has ended.")


def after_reclassifying(move: Move) -> State:
    """New again where the new category asks for an approval, else as it is assigned."""
    return State.NEW if move.awaits else assigned(move)


def after_editing(move: Move) -> State:
    """New again where what was approved now says something else, else as it is."""
    return State.NEW if move.awaits else State(move.facts.state or State.NEW)


def approval_rows(sources: frozenset[State], refused: Target, asks: Permission = P.TICKET_CLOCK) -> Table:
    """Return the rows of a kind of ticket that is approved in the states `sources`; a refusal leads to `refused`."""
    return {
        Action.ASK_APPROVAL: Transition(sources, None, asks, (Tell(Audience.NAMED, "approval_asked"),)),
        Action.APPROVE: Transition(
            sources,
            None,
            P.TICKET_APPROVE,
            (Tell(Audience.NAMED, "approved"),),
            Note.OPTIONAL,
            guard=is_undecided,
        ),
        Action.DISAPPROVE: Transition(
            sources,
            refused,
            P.TICKET_APPROVE,
            (Tell(Audience.REQUESTER, "not_approved"),),
            Note.NEEDED,
            guard=is_undecided,
        ),
        Action.REMARK: Transition(
            sources,
            None,
            P.TICKET_APPROVE,
            (Tell(Audience.WORKERS, "approval_remark"),),
            Note.NEEDED,
            is_public=False,
            guard=is_undecided,
        ),
        Action.REPLACE_APPROVER: Transition(
            sources, None, P.TICKET_APPROVERS, (Tell(Audience.NAMED, "approval_asked"),), guard=is_undecided
        ),
        Action.REMIND_APPROVERS: Transition(
            sources, None, P.TICKET_APPROVERS, (Tell(Audience.NAMED, "approval_reminder"),), guard=is_undecided
        ),
    }


ROWS: Table = approval_rows(frozenset({State.NEW}), State.CLOSED)
QUIET = frozenset({Action.REPLACE_APPROVER, Action.REMIND_APPROVERS, Action.ASK_APPROVAL, Action.APPROVE})
BY_SYSTEM_TOO = frozenset({Action.REPLACE_APPROVER, Action.REMIND_APPROVERS})
TO_APPROVERS = Tell(Audience.APPROVERS, "approval_news")
"""Those who are to decide hear that the request has ended, was changed or commented on."""
