"""Starred tickets: which a person has marked, as far as they may still read them."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.permissions import Actor
from servicedesk.store.models.following import Star
from servicedesk.store.models.tickets import Ticket


def starred_by(actor: Actor) -> sa.ColumnElement[bool]:
    """Return the SQL condition on `Ticket` that this person has starred it."""
    return Ticket.id.in_(sa.select(Star.ticket_id).where(Star.person_id == actor.person_id))


def starred_among(session: Session, actor: Actor, ticket_ids: Sequence[int]) -> frozenset[int]:
    """Return which of these tickets the person has starred."""
    query = sa.select(Star.ticket_id).where(Star.person_id == actor.person_id, Star.ticket_id.in_(ticket_ids))
    return frozenset(session.scalars(query))
