"""Legal holds: placed on a ticket or a person with a reason, ended by an administrator; both are recorded."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.audit import record
from servicedesk.rules.errors import Invalid, NotAllowed, NotFound
from servicedesk.rules.numbering import read_number
from servicedesk.rules.permissions import Actor
from servicedesk.rules.role_rights import runs_everything
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store import anonymising, retention
from servicedesk.store.administration import administered_ticket
from servicedesk.store.models.retention import LegalHold
from servicedesk.store.models.tickets import Ticket

SHORTEST, LONGEST = 5, 500
NOT_YOURS = N_("Only an administrator of the whole installation can do this.")


def hold_ticket(session: Session, actor: Actor, typed: str, reason: str, now: datetime) -> str:
    """Keep a ticket of a service one administers, and return its number. Raises Invalid, by field."""
    read = read_number(typed)
    found = administered_ticket(session, read.number, actor) if read else None
    problems = _problems(reason)
    if found is None or read is None:
        problems["number"] = Sentence(N_("No request of the services you administer has this number."))
    elif session.get_one(Ticket, found, with_for_update=True, populate_existing=True).anonymised_at is not None:
        problems["number"] = Sentence(N_("Of this request everything personal was removed already."))
    elif retention.hold_on(session, ticket_id=found):
        problems["number"] = Sentence(N_("This request is under a hold already."))
    if problems or read is None:
        raise Invalid(N_("The hold was not placed. Please correct what follows."), problems)
    _place(session, actor, LegalHold(ticket_id=found, reason=reason.strip(), placed_at=now), f"ticket:{read.number}")
    return read.number


def hold_person(session: Session, actor: Actor, person_id: int, reason: str, now: datetime) -> None:
    """Keep a person and all of their tickets. Raises NotAllowed, NotFound, Invalid."""
    if not runs_everything(actor):
        raise NotAllowed(NOT_YOURS)
    person = anonymising.person_with(session, person_id, lock=True)
    problems = _problems(reason)
    if person.anonymised_at is not None:
        raise Invalid(N_("This person has been removed already."))
    if retention.hold_on(session, person_id=person_id):
        raise Invalid(N_("This person is under a hold already."))
    if problems:
        raise Invalid(N_("The hold was not placed. Please correct what follows."), problems)
    _place(session, actor, LegalHold(person_id=person_id, reason=reason.strip(), placed_at=now), f"person:{person_id}")


def _problems(reason: str) -> dict[str, Sentence]:
    if SHORTEST <= len(reason.strip()) <= LONGEST:
        return {}
    sentence = Sentence(N_("Say why in %(least)s to %(most)s characters."), {"least": SHORTEST, "most": LONGEST})
    return {"reason": sentence}


def _place(session: Session, actor: Actor, hold: LegalHold, subject: str) -> None:
    hold.placed_by = actor.person_id
    session.add(hold)
    session.flush()
    by, at = f"person:{actor.person_id}", hold.placed_at
    record(session, by, "hold.place", subject, at, after={"hold": hold.id, "reason": hold.reason})


def end_hold(session: Session, actor: Actor, hold_id: int, now: datetime) -> None:
    """End a hold; what was due meanwhile is removed by the next run. One that is over stays as it is.

    Raises NotFound, and NotAllowed for one that is not this administrator's to end.
    """
    hold = session.get(LegalHold, hold_id, with_for_update=True)
    if hold is None:
        raise NotFound()
    ticket = session.get(Ticket, hold.ticket_id) if hold.ticket_id is not None else None
    may_end = actor.administers_service(ticket.service_id) if ticket else runs_everything(actor)
    if not may_end:
        raise NotAllowed(NOT_YOURS)
    if hold.ended_at is not None:
        return
    hold.ended_at, hold.ended_by = now, actor.person_id
    subject = f"ticket:{ticket.number}" if ticket else f"person:{hold.person_id}"
    record(session, f"person:{actor.person_id}", "hold.end", subject, now, {"hold": hold.id}, {})


def keep_request(session: Session, guest_id: int, ticket_id: int) -> None:
    """Let the holds on a guest stand on the request that goes to an account, for the guest is forgotten."""
    is_held = retention.hold_on(session, ticket_id=ticket_id) is not None
    theirs = sa.update(LegalHold).where(LegalHold.person_id == guest_id)
    if is_held:  # a request has one running hold
        theirs = theirs.where(LegalHold.ended_at.is_not(None))
    session.execute(theirs.values(person_id=None, ticket_id=ticket_id))
