"""What happens next with a ticket, computed from its state and clocks (requirement C12)."""

from dataclasses import dataclass
from datetime import datetime

from servicedesk.rules.lifecycle import NOT_APPROVED, Outcome, State, WaitingFor
from servicedesk.rules.sentences import N_


@dataclass(frozen=True, slots=True)
class Clocks:
    """The parts of a ticket that decide what comes next; instants are aware, None where nothing is due."""

    state: State
    waiting_for: str | None
    outcome: str | None
    expires_at: datetime | None
    resume_at: datetime | None
    reopen_until: datetime | None


@dataclass(frozen=True, slots=True)
class NextStep:
    """A sentence that may name the group (`%(group)s`) and an instant (`%(at)s`)."""

    msgid: str
    at: datetime | None = None


def next_steps(clocks: Clocks, now: datetime) -> list[NextStep]:
    """Return the sentences to show, the most pressing first."""
    if clocks.state in BY_STATE:
        return [NextStep(msgid) for msgid in BY_STATE[clocks.state]]
    if clocks.state is State.WAITING:
        return _waiting(clocks)
    if clocks.state is State.RESOLVED:
        return _resolved(clocks)
    return _ended(clocks, now)


BY_STATE: dict[State, tuple[str, ...]] = {
    State.NEW: (N_("The request is being approved. You will be told by mail."),),
    State.ASSIGNED_GROUP: (
        N_("The group %(group)s takes the request in charge."),
        N_("You will get a mail at every step. You may add comments and files at any time."),
    ),
    State.ASSIGNED_TECHNICIAN: (
        N_("A technician of %(group)s has the request and will answer you."),
        N_("You will get a mail at every step. You may add comments and files at any time."),
    ),
    State.IN_PROGRESS: (
        N_("A technician of %(group)s is working on the request."),
        N_("You will get a mail at every step. You may add comments and files at any time."),
    ),
}


def _waiting(clocks: Clocks) -> list[NextStep]:
    if clocks.waiting_for == WaitingFor.REQUESTER:
        steps = [NextStep(N_("Your answer is awaited: write it below, and the work goes on."))]
        if clocks.expires_at:
            steps.append(NextStep(N_("Without an answer the request is closed on %(at)s."), clocks.expires_at))
        return steps
    if clocks.resume_at:
        return [NextStep(N_("The request waits until %(at)s, then the work goes on by itself."), clocks.resume_at)]
    return [NextStep(N_("The request waits for somebody outside the desk. You need not do anything."))]


def _resolved(clocks: Clocks) -> list[NextStep]:
    steps = [NextStep(N_("There is a solution: accept it if it helps, or refuse it and say why."))]
    if clocks.expires_at:
        steps.append(NextStep(N_("Without an answer the request is closed by itself on %(at)s."), clocks.expires_at))
        steps.append(NextStep(N_("A comment of yours puts that date off; a thank you does not.")))
    return steps


def _ended(clocks: Clocks, now: datetime) -> list[NextStep]:
    if clocks.outcome == Outcome.WITHDRAWN:
        return [NextStep(N_("The request was withdrawn. If you still need help, open a new one."))]
    if clocks.outcome == Outcome.NOT_APPROVED:
        return [NextStep(NOT_APPROVED)]
    if clocks.outcome == Outcome.MERGED:
        return [NextStep(N_("The request is answered together with another one. The answer comes here."))]
    if clocks.outcome == Outcome.DUPLICATE:
        return [NextStep(N_("The request repeats another one, where the answer will be given."))]
    why = [NextStep(N_("The days to answer were over."))] if clocks.outcome == Outcome.EXPIRED else []
    if clocks.reopen_until and now <= clocks.reopen_until:
        return [*why, NextStep(N_("The request is closed. You may reopen it until %(at)s."), clocks.reopen_until)]
    return [*why, NextStep(N_("The request is closed. If you need more, open a new one: it will be linked to this."))]
