"""What the queue adds to the tickets: a way to what nobody has taken."""

import sqlalchemy as sa

from servicedesk.rules.lifecycle import State
from servicedesk.store.models.tickets import Ticket

_UNTAKEN = sa.text(f"state = '{State.ASSIGNED_GROUP}'")
UNTAKEN = sa.text(f"ticket.{_UNTAKEN.text}")
"""What is with a group and with nobody in it. Queries that want the index repeat its condition letter by letter."""

sa.Index(
    "ix_ticket_untaken",
    Ticket.group_code,
    Ticket.priority,
    Ticket.opened_at,
    Ticket.id,
    sqlite_where=_UNTAKEN,
    postgresql_where=_UNTAKEN,
)
