"""The question after closing: asked with the mail about the closure, answered once, changed once (F13)."""

from datetime import datetime

from sqlalchemy.orm import Session

from servicedesk.actions.details import Situation
from servicedesk.rules.errors import Invalid, NotFound, NotNow
from servicedesk.rules.feedback import ANSWERED_BY_DESK, GRADES, LONGEST, REST, Ending, why_not
from servicedesk.rules.lifecycle import Outcome
from servicedesk.rules.sentences import N_
from servicedesk.store.feedback import was_asked_since
from servicedesk.store.models.following import Feedback
from servicedesk.store.models.tickets import Ticket


def ask(s: Situation, outcome: Outcome) -> None:
    """Let the mail about this closure ask the question, unless the service or the last days speak against it."""
    requester = s.ticket.requester_id
    if outcome not in ANSWERED_BY_DESK or not s.service.asks_feedback:
        return
    if was_asked_since(s.session, requester, s.now - REST):
        return
    said = _row(s.session, s.ticket)
    if said.grade is None:
        said.asked_at = s.now


def give_feedback(session: Session, ticket: Ticket, grade: int | None, comment: str, now: datetime) -> Feedback:
    """Keep what the requester of a closed ticket says; the ticket itself does not change.

    Raises Invalid without a grade, NotNow when the question cannot be answered any more.
    """
    if grade not in GRADES:
        raise Invalid(N_("Choose one of the five grades."))
    if len(comment) > LONGEST:
        raise Invalid(N_("This is too long: write at most %(count)s characters."), count=LONGEST)
    said = _row(session, ticket)
    ending = Ending(ticket.state, ticket.outcome, ticket.closed_at, said.answered_at, said.changed_at)
    if why := why_not(ending, now):
        raise NotNow(why.msgid, **why.params)
    if said.answered_at is None:
        said.answered_at = now
    elif (said.grade, said.comment) != (grade, comment.strip()):
        said.changed_at = now
    said.grade, said.comment = grade, comment.strip()
    session.flush()
    return said


def hand_over(session: Session, ticket_id: int, person_id: int) -> None:
    """Let what a guest said of a ticket belong to the account the ticket is linked to (A4)."""
    found = session.get(Feedback, ticket_id)
    if found is not None:
        found.person_id = person_id


def locked_ticket(session: Session, ticket_id: int) -> Ticket:
    """Return the ticket a feedback link names, locked so that two answers at once are one and its change.

    Raises NotFound when there is none, and when everything personal was removed of it: nobody is left to ask.
    """
    ticket = session.get(Ticket, ticket_id, with_for_update={"key_share": True}, populate_existing=True)
    if ticket is None or ticket.anonymised_at is not None:
        raise NotFound()
    return ticket


def _row(session: Session, ticket: Ticket) -> Feedback:
    found = session.get(Feedback, ticket.id, populate_existing=True)
    if found is None:
        found = Feedback(ticket_id=ticket.id, person_id=ticket.requester_id, comment="")
        session.add(found)
    return found
