"""Who is in which ticket right now: written while a page is open, gone when it is left or its time is over (F8)."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from servicedesk.store.models.work import Presence

FRESH = timedelta(seconds=45)
"""How long a sign of life counts; pages give one every 15 seconds."""
_KEY = ("ticket_id", "person_id")


def be_present(session: Session, ticket_id: int, person_id: int, is_writing: bool, now: datetime) -> None:
    """Note that the person has the ticket before them, and whether they are writing."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    values = {"ticket_id": ticket_id, "person_id": person_id, "seen_at": now, "is_writing": is_writing}
    insert = dialect.insert(Presence).values(values)
    session.execute(
        insert.on_conflict_do_update(index_elements=list(_KEY), set_={"seen_at": now, "is_writing": is_writing})
    )


def leave(session: Session, ticket_id: int, person_id: int) -> None:
    """Note that the person has left the page of the ticket."""
    session.execute(
        sa.delete(Presence)
        .where(Presence.ticket_id == ticket_id, Presence.person_id == person_id)
        .execution_options(synchronize_session=False)
    )
