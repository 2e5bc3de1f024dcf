"""What people ask about: a person's own last subjects, and the figures behind "popular" (B4)."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.permissions import Actor
from servicedesk.store.models.announcements import CategoryDemand
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.visible import visible_to

LOOKED_THROUGH = 100
"""How many of a person's last changed tickets are looked through for recent subjects."""


def recent(session: Session, actor: Actor) -> Sequence[tuple[str, datetime]]:
    """Return the subjects of the person's own tickets and when they last asked about each, the latest first."""
    mine = (
        sa.select(Ticket.category_key, Ticket.opened_at)
        .where(visible_to(actor), Ticket.requester_id == actor.person_id)
        .order_by(Ticket.changed_at.desc())
        .limit(LOOKED_THROUGH)
        .subquery()
    )
    asked_at = sa.func.max(mine.c.opened_at, type_=mine.c.opened_at.type)
    query = sa.select(mine.c.category_key, asked_at).group_by(mine.c.category_key)
    return [(key, at) for key, at in session.execute(query.order_by(asked_at.desc(), mine.c.category_key))]


def popular(session: Session, most: int) -> Sequence[str]:
    """Return the subjects about which most people asked lately, as last counted."""
    order = (CategoryDemand.requesters.desc(), CategoryDemand.category_key.desc())
    return session.scalars(sa.select(CategoryDemand.category_key).order_by(*order).limit(most)).all()


def requesters_since(session: Session, since: datetime, fewest: int) -> Sequence[tuple[str, int]]:
    """Return how many account holders asked about each subject since then, where at least `fewest` did.

    Guests are left out: nobody knows which of them are the same person.
    """
    people = sa.func.count(Ticket.requester_id.distinct())
    query = sa.select(Ticket.category_key, people).join(Person, Person.id == Ticket.requester_id)
    query = query.where(Ticket.opened_at > since, Person.is_guest.is_(False))
    rows = session.execute(query.group_by(Ticket.category_key).having(people >= fewest))
    return [(key, count) for key, count in rows]


def keep_counts(session: Session, counts: Sequence[tuple[str, int]]) -> None:
    """Put new figures in place of the old ones."""
    session.execute(sa.delete(CategoryDemand))
    session.add_all(CategoryDemand(category_key=key, requesters=count) for key, count in counts)
    session.flush()
