"""Requests that staff file for somebody who called, wrote or came by: in that person's name, by the one who typed."""

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.guests import Guest, new_guest
from servicedesk.actions.tickets import NewTicket, open_ticket
from servicedesk.rules.errors import Invalid
from servicedesk.rules.identity import FISCAL
from servicedesk.rules.numbering import new_suffix
from servicedesk.rules.permissions import Actor
from servicedesk.rules.sentences import N_
from servicedesk.store.models.people import Identity, Person, StudentRecord
from servicedesk.store.models.tickets import Ticket, TicketEvent
from servicedesk.store.people import Student


@dataclass(frozen=True, slots=True)
class Asker:
    """Whom a request is for: an account, or somebody known by name and address alone."""

    given_name: str
    family_name: str
    email: str
    detail: str = ""
    """What tells them from others of that name: the degree course."""
    person_id: int | None = None
    student: Student | None = None
    """What the register says of them."""


def asker_of(session: Session, typed: str) -> Asker:
    """Return whom exactly this student number or institutional address belongs to; nobody is listed by half a name.

    Raises Invalid when it belongs to nobody.
    """
    meant = typed.strip()
    record = session.scalars(
        sa.select(StudentRecord)
        .where(sa.or_(StudentRecord.student_number == meant, StudentRecord.institutional_email == meant.lower()))
        .limit(1)
    ).first()
    if record is not None:
        mine = Identity.namespace == FISCAL, Identity.subject == record.fiscal_hash
        names = record.given_name, record.family_name, record.institutional_email
        return Asker(
            *names,
            detail=record.degree_course_name,
            person_id=session.scalar(sa.select(Identity.person_id).where(*mine)),
            student=Student(**{name: getattr(record, name) for name in Student.__dataclass_fields__}),
        )
    staff = sa.select(Person).where(Person.email == meant.lower(), Person.code.is_not(None), Person.is_active)
    person = session.scalars(staff.limit(1)).first()
    if person is None or not meant:
        raise Invalid(
            N_("Nobody has this student number or institutional address. Correct it, or give name and e-mail.")
        )
    return Asker(person.given_name, person.family_name, person.email, person_id=person.id)


def open_for(session: Session, new: NewTicket, asker: Asker, locale: str, actor: Actor, now: datetime) -> Ticket:
    """File a request in somebody's name; without an account they get the full number by mail, as any guest.

    Raises what `open_ticket` raises.
    """
    if asker.person_id is None:
        guest = Guest(asker.given_name, asker.family_name, asker.email, "", locale)
        requester_id, new = new_guest(session, guest, now).id, replace(new, access_suffix=new_suffix())
    else:
        requester_id = asker.person_id
    ticket = open_ticket(session, new, requester_id, actor, now)
    filed = sa.update(TicketEvent).where(TicketEvent.ticket_id == ticket.id, TicketEvent.seq == 1)
    session.execute(filed.values(on_behalf_of=requester_id))
    return ticket
