"""What each of the staff has seen of a request: noted when its page is shown to them, so that news can be marked."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from servicedesk.store.models.tickets import Ticket
from servicedesk.store.models.work import TicketSeen

_KEY = ("ticket_id", "person_id")


def note_seen(session: Session, person_id: int, number: str, seq: int, now: datetime) -> None:
    """Note that the person has seen a ticket up to the event `seq`, or to its last one; never less than before."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    reached = sa.case((Ticket.last_seq < seq, Ticket.last_seq), else_=sa.literal(seq, sa.Integer))
    values = (Ticket.id, sa.literal(person_id, sa.Integer), reached, sa.literal(now, TicketSeen.__table__.c.at.type))
    found = sa.select(*values).where(Ticket.number == number)
    insert = dialect.insert(TicketSeen).from_select([*_KEY, "seq", "at"], found)
    newer = {"seq": insert.excluded.seq, "at": insert.excluded.at}
    session.execute(
        insert.on_conflict_do_update(index_elements=list(_KEY), set_=newer, where=TicketSeen.seq < insert.excluded.seq)
    )
