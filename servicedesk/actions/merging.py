"""Merging one ticket into another, seen from both: two events of one transaction, locked in ascending order (F7)."""

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.errors import Invalid
from servicedesk.rules.permissions import Actor
from servicedesk.rules.sentences import N_
from servicedesk.rules.states import Action
from servicedesk.store.models.tickets import Ticket, TicketEvent
from servicedesk.store.tickets import locked
from servicedesk.store.visible import visible_to


def merge(session: Session, number: str, into: str, actor: Actor, now: datetime, details: Details) -> TicketEvent:
    """End one ticket in favour of another, tell both requesters, and return the event on the one that goes.

    Raises as `act` does, Invalid where the other one is not there to be read.
    """
    going, staying = _both(session, number, into, actor)
    event = act(session, going, Action.MERGE, actor, now, replace(details, other=into))
    act(session, staying, Action.ABSORB, actor, now, Details(other=number), cause=event)
    return event


def _both(session: Session, number: str, into: str, actor: Actor) -> tuple[Ticket, Ticket]:
    named = sa.select(Ticket.number).where(Ticket.number.in_((number, into)), visible_to(actor)).order_by(Ticket.id)
    found = {each: locked(session, each, actor) for each in session.scalars(named).all()}
    if number == into or len(found) < 2:
        raise Invalid(N_("Give the number of another request that you can read."))
    return found[number], found[into]
