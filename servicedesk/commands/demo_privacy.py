"""What the demo knows of who read what, and copies of people's data that were asked for."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk import jobs, turns
from servicedesk.actions import own_data
from servicedesk.actions.person_data import ask_for
from servicedesk.actions.reading_log import Way, ask, note_list, note_opened
from servicedesk.rules.permissions import EVERY_SERVICE, Role
from servicedesk.store import people
from servicedesk.store.base import writing
from servicedesk.store.models.people import Person, RoleGrant
from servicedesk.store.models.tickets import Ticket, TicketEvent
from servicedesk.store.reading_log import About

LATEST = 300
"""Events of staff before each of which somebody had opened the page."""
BEFORE = timedelta(minutes=3)
REASON = "Chiesto con lettera firmata, documento visto allo sportello."


def add(session: Session, context: turns.JobContext, now: datetime) -> int:
    """Write down who had read before they acted, let copies be made, and return how many readings there are."""
    read = _acted(session)
    session.rollback()
    with writing(session):
        for place, (person_id, number, at) in enumerate(read):
            way = Way.PDF if place % 40 == 0 else Way.FILE if place % 9 == 0 else Way.PAGE
            note_opened(session, person_id, [number], way, at - BEFORE)
        if read:
            note_list(session, read[0][0], now - timedelta(days=2))
    _copies(session, now)
    jobs.run_job(context, "own_data", now - timedelta(minutes=20))  # the seconds it takes do not lead beyond now
    return len(read)


def _acted(session: Session) -> list[tuple[int, str, datetime]]:
    query = (
        sa.select(TicketEvent.actor_id, Ticket.number, TicketEvent.at)
        .join(Ticket, Ticket.id == TicketEvent.ticket_id)
        .join(Person, Person.id == TicketEvent.actor_id)
        .where(Person.code.is_not(None), TicketEvent.actor_id != Ticket.requester_id)
        .order_by(TicketEvent.id.desc())
        .limit(LATEST)
    )
    return [(row.actor_id, row.number, row.at) for row in reversed(session.execute(query).all()) if row.actor_id]


def _copies(session: Session, now: datetime) -> None:
    """A student asks for a copy; an administrator asks for another's, and looks up who read a request."""
    newest = session.execute(
        sa.select(Ticket.requester_id, Ticket.number)
        .join(Person, Person.id == Ticket.requester_id)
        .where(~Person.is_guest, Person.code.is_(None))
        .order_by(Ticket.id.desc())
        .limit(2)
    ).all()
    boss = session.scalars(
        sa.select(RoleGrant.person_id)
        .where(RoleGrant.role == Role.ADMINISTRATOR, RoleGrant.service_id == EVERY_SERVICE)
        .limit(1)
    ).first()
    session.rollback()
    if boss is None or len(newest) < 2:
        return
    with writing(session):
        student, chief = people.actor_of(session, newest[0].requester_id), people.actor_of(session, boss)
        assert student is not None and chief is not None
        own_data.ask(session, student, "it", now - timedelta(hours=2))
        ask_for(session, chief, newest[1].requester_id, REASON, False, "it", now - timedelta(hours=1))
        ask(session, chief, About.TICKET, newest[1].number, REASON, now - timedelta(minutes=30))
