"""Who else sees a ticket, as queries: whom it is shared with, what is public, and the lists of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.permissions import Actor, serves
from servicedesk.store.models.tickets import Invitation, Participation, Ticket
from servicedesk.store.visible import public_to


@dataclass(frozen=True, slots=True)
class Invited:
    """An address a ticket is shared with."""

    id: int
    address: str
    added_at: datetime


def services_of(tree: Catalogue, actor: Actor) -> frozenset[str]:
    """Return the ids of the services that are there for this person: `public_to` asks for them."""
    return frozenset(each.id for each in tree.services.values() if serves(frozenset(each.audience), actor))


def taking_part(actor: Actor) -> sa.ColumnElement[bool]:
    """Return the condition on `Ticket` for those shared with the person or watched by them (C2).

    It says nothing of reading: use it beside `visible_to`.
    """
    return Ticket.id.in_(sa.select(Participation.ticket_id).where(Participation.person_id == actor.person_id))


def published_for(actor: Actor, tree: Catalogue) -> sa.ColumnElement[bool]:
    """Return the condition on `Ticket` for the public ones that others asked and this person may read in short."""
    return sa.and_(public_to(actor, services_of(tree, actor)), Ticket.requester_id != actor.person_id)


def invitations(session: Session, ticket_id: int) -> Sequence[Invited]:
    """Return the addresses the ticket is shared with, oldest first."""
    query = sa.select(Invitation.id, Invitation.address, Invitation.added_at).where(Invitation.ticket_id == ticket_id)
    return [Invited(*row) for row in session.execute(query.order_by(Invitation.id))]
