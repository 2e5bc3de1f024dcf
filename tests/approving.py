"""Sets scenes of approvals: rounds that wait for somebody, and rounds that are decided."""

from datetime import datetime

from sqlalchemy.orm import Session

from servicedesk.rules.approval_steps import Approver, By, Decision, Step, as_json
from servicedesk.store.approvals import let_read
from servicedesk.store.models.approvals import Approval, ApprovalRound
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket

STEPS = (Step((Approver(By.PERSON, "001"), Approver(By.PERSON, "002"))),)


def asked(session: Session, ticket: Ticket, who: Person, now: datetime, decision: Decision = Decision.PENDING) -> None:
    """Ask somebody to approve a ticket in a round of its own, or have asked them."""
    made = ApprovalRound(ticket_id=ticket.id, steps=as_json(STEPS), step=0, state=decision, asked_at=now, reminders=0)
    session.add(made)
    session.flush()
    question = Approval(
        round_id=made.id, ticket_id=ticket.id, step=0, person_id=who.id, source=0, state=decision, asked_at=now
    )
    if decision is not Decision.PENDING:
        question.decided_by, question.decided_at, made.ended_at = who.id, now, now
    session.add(question)
    let_read(session, ticket.id, [who.id])
