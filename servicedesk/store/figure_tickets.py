"""The tickets behind the figures, for an export: those a person may read, batch by batch in the order of opening."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.figure_events import REQUESTS
from servicedesk.rules.permissions import Actor
from servicedesk.store.figures_daily import Ground
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.visible import visible_to

BATCH = 500


@dataclass(frozen=True, slots=True)
class Opened:
    """From one instant to before another."""

    start: datetime
    end: datetime


def tickets(session: Session, opened: Opened, ground: Ground, actor: Actor) -> Iterator[sa.Row[Any]]:
    """Yield the requests that were opened in this time and that the person may read, never many at once."""
    place: tuple[datetime, int] | None = None
    while batch := session.execute(_query(opened, ground, actor, place)).all():
        yield from batch
        place = (batch[-1].opened_at, batch[-1].id)


def _query(opened: Opened, ground: Ground, actor: Actor, place: tuple[datetime, int] | None) -> Any:
    query = (
        sa.select(*Ticket.__table__.columns, Person.code.label("technician_code"))
        .outerjoin(Person, Person.id == Ticket.technician_id)
        .where(Ticket.opened_at >= (place[0] if place else opened.start), Ticket.opened_at < opened.end)
        .where(visible_to(actor), *_conditions(ground, actor))
    )
    if place:
        query = query.where(sa.or_(Ticket.opened_at > place[0], Ticket.id > place[1]))
    return query.order_by(Ticket.opened_at, Ticket.id).limit(BATCH)


def _conditions(ground: Ground, actor: Actor) -> Iterator[sa.ColumnElement[bool]]:
    yield Ticket.kind.in_(sorted(REQUESTS))
    # What they read for other reasons, such as their own requests, is none of their figures.
    yield sa.or_(
        Ticket.group_code.in_(sorted(actor.groups | actor.supervises)), Ticket.service_id.in_(sorted(actor.administers))
    )
    if ground.service_id is not None:
        yield Ticket.service_id == ground.service_id
    if ground.categories is not None:
        yield Ticket.category_key.in_(ground.categories)
    if ground.group is not None:
        yield Ticket.group_code == ground.group
    if ground.technician_id is not None:
        yield Ticket.technician_id == ground.technician_id
        if ground.technician_id != actor.person_id:
            yield Ticket.group_code.in_(sorted(actor.supervises))
