"""Starring a ticket and taking the star away again (C2)."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from servicedesk.rules.errors import NotAllowed
from servicedesk.rules.permissions import Actor, ActorKind, Permission, TicketFacts, may
from servicedesk.rules.sentences import N_
from servicedesk.store.models.following import Star


def star(session: Session, facts: TicketFacts, actor: Actor, now: datetime) -> None:
    """Mark a ticket as one of the person's favourites; marked already, it stays so.

    Raises NotAllowed for those without an account, and for a ticket the person may not read.
    """
    _refuse_strangers(facts, actor)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"person_id": actor.person_id, "ticket_id": facts.id, "starred_at": now}
    session.execute(insert(Star).values(values).on_conflict_do_nothing())


def unstar(session: Session, facts: TicketFacts, actor: Actor) -> None:
    """Take the star away; there need not be one. Raises NotAllowed as `star` does."""
    _refuse_strangers(facts, actor)
    query = sa.delete(Star).where(Star.person_id == actor.person_id, Star.ticket_id == facts.id)
    session.execute(query.execution_options(synchronize_session=False))


def _refuse_strangers(facts: TicketFacts, actor: Actor) -> None:
    if actor.kind is not ActorKind.PERSON or not may(actor, Permission.TICKET_READ, facts):
        raise NotAllowed(N_("Favourites belong to an account. Sign in to mark this request."))
