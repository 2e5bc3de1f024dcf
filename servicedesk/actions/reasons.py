"""The reason an administrator gives before reading a ticket (rule 7)."""

from datetime import datetime

from sqlalchemy.orm import Session

from servicedesk.rules.errors import Invalid, NotAllowed
from servicedesk.rules.numbering import read_number
from servicedesk.rules.permissions import Actor, Permission, may
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store.administration import administered_ticket
from servicedesk.store.models.system import AccessLog
from servicedesk.store.tickets import claim_form_key

SHORTEST, LONGEST = 10, 500


def give_reason(session: Session, actor: Actor, typed_number: str, reason: str, now: datetime, form_key: str) -> str:
    """Log why this administrator reads a ticket, and return its number; the same form sent twice is logged once.

    Raises NotAllowed for anybody else, Invalid for an unknown number or a reason that says too little or too much.
    """
    if actor.person_id is None or not may(actor, Permission.ACCESS_WITH_REASON):
        raise NotAllowed(N_("Only administrators open a request by giving a reason."))
    read = read_number(typed_number)
    found = administered_ticket(session, read.number, actor) if read else None
    problems: dict[str, Sentence] = {}
    if found is None:
        problems["number"] = Sentence(N_("No request of the services you administer has this number."))
    if not SHORTEST <= len(reason.strip()) <= LONGEST:
        problems["reason"] = Sentence(
            N_("Say why in %(least)s to %(most)s characters."), {"least": SHORTEST, "most": LONGEST}
        )
    if problems or found is None or read is None:
        raise Invalid(N_("The request was not opened. Please correct what follows."), problems)
    if not claim_form_key(session, form_key, read.number, now):
        session.add(AccessLog(at=now, person_id=actor.person_id, ticket_id=found, reason=reason.strip()))
        session.flush()
    return read.number
