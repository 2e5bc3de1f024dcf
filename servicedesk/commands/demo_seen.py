"""What the demo's technicians have seen of open requests: their own as far as they went, the rest until yesterday."""

from collections import defaultdict
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.seen import note_seen
from servicedesk.rules.permissions import Role
from servicedesk.store.base import writing
from servicedesk.store.models.people import RoleGrant
from servicedesk.store.models.tickets import Ticket, TicketEvent

LATELY = timedelta(days=1)


def add(session: Session, now: datetime) -> int:
    """Note it for each technician and open request of their group, and return how many pairs there are."""
    seen: dict[tuple[int, str], int] = defaultdict(int)
    for person_id, number, seq in session.execute(_read(now)):
        seen[person_id, number] = max(seen[person_id, number], seq)
    with writing(session):
        for (person_id, number), seq in seen.items():
            note_seen(session, person_id, number, seq, now)
    return len(seen)


def _read(now: datetime) -> sa.Select[int, str, int]:
    """Person, number and the newest event of theirs, or from before yesterday where nobody has the request."""
    is_member = sa.and_(RoleGrant.group_code == Ticket.group_code, RoleGrant.role == Role.TECHNICIAN)
    is_theirs = TicketEvent.actor_id == RoleGrant.person_id
    is_known = sa.and_(Ticket.technician_id.is_(None), TicketEvent.at < now - LATELY)
    return (
        sa.select(RoleGrant.person_id, Ticket.number, sa.func.max(TicketEvent.seq))
        .join_from(RoleGrant, Ticket, is_member)
        .join(TicketEvent, TicketEvent.ticket_id == Ticket.id)
        .where(Ticket.closed_at.is_(None), sa.or_(is_theirs, is_known))
        .group_by(RoleGrant.person_id, Ticket.number)
    )
