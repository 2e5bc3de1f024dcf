"""One deed of a rule: what it does to a request, and a standard answer with everything that follows on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.standard_sequels import Onward, answer_and_forward, onward
from servicedesk.actions.standard_values import letter, subject_of
from servicedesk.actions.tickets import act
from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.rules.lifecycle import Action, WaitingFor
from servicedesk.rules.permissions import SYSTEM
from servicedesk.rules.sentences import N_
from servicedesk.rules.standard_answers import Sequel
from servicedesk.store import standard_answers as store
from servicedesk.store.models.tickets import Ticket, TicketEvent
from servicedesk.store.standard_answers import Published

ANSWERED: Mapping[Sequel, tuple[str, Action]] = {
    Sequel.NOTHING: ("answer", Action.COMMENT),
    Sequel.WAIT: ("answer_wait", Action.WAIT),
    Sequel.PROPOSE: ("answer_propose", Action.PROPOSE),
    Sequel.REPLY_CLOSE: ("answer_reply_close", Action.REPLY_CLOSE),
    Sequel.FORWARD: ("answer_forward", Action.COMMENT),
}
"""What sending a standard answer is called in a rule's record, and the action it is sent as."""


@dataclass(frozen=True, slots=True)
class Step:
    """A deed that would change something; with `to` it is an answer that hands the request on."""

    name: str
    action: Action
    details: Callable[[], Details]
    to: Onward | None = None


def carry_out(
    session: Session, ticket: Ticket, step: Step, rule: str, now: datetime, cause: TicketEvent | None = None
) -> None:
    """Do one step in the name of a rule, wholly or not at all. Raises what `act` raises."""
    with session.begin_nested():
        details = replace(step.details(), rule=rule)
        if step.to is not None:
            answer_and_forward(session, ticket, SYSTEM, now, details, step.to, cause)
        else:
            act(session, ticket, step.action, SYSTEM, now, details, cause)


def answering(session: Session, ticket: Ticket, shortcut: str, now: datetime) -> Step:
    """Return the sending of a standard answer with its sequel, as when a technician uses it."""
    answer = store.published_as(session, shortcut)
    if answer is None:
        return Step("answer", Action.COMMENT, _gone)
    is_there = answer.sequel is Sequel.FORWARD and answer.forward_group == ticket.group_code
    sequel = Sequel.NOTHING if is_there else answer.sequel
    name, action = ANSWERED[sequel]
    to = onward(ticket, answer) if sequel is Sequel.FORWARD else None
    return Step(name, action, lambda: _details(session, ticket, answer, now), to)


def _gone() -> Details:
    raise NotFound(N_("This standard answer is not offered any more. Choose another one."))


def _details(session: Session, ticket: Ticket, answer: Published, now: datetime) -> Details:
    """Return the answer as it is sent. Raises Invalid when it says what nobody knows here."""
    filled = letter(answer, subject_of(session, ticket), SYSTEM, "code", now)
    if filled.missing:
        raise Invalid(N_("For this request nobody knows: %(missing)s."), missing=", ".join(filled.missing))
    waiting_for = WaitingFor.REQUESTER if answer.sequel is Sequel.WAIT else None
    return Details(note=filled.text, standard_answer=answer.id, waiting_for=waiting_for)
