"""Questions about who opened what: of one request, by one member of staff, of one person's requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.permissions import Actor
from servicedesk.store.models.people import Person
from servicedesk.store.models.reading import Reading
from servicedesk.store.models.tickets import Ticket


class About(StrEnum):
    """What somebody asks the record."""

    TICKET = "ticket"
    """Who opened this request."""
    READER = "reader"
    """What this member of staff opened and took away."""
    REQUESTER = "requester"
    """Who opened the requests of this person."""


@dataclass(frozen=True, slots=True)
class Question:
    """What an administrator asked, why and when; `which` is the number of a request or the id of a person."""

    about: About
    which: str
    reason: str
    asked_at: datetime


def of_ticket(session: Session, ticket_id: int, before: int | None, limit: int) -> tuple[Sequence[Any], bool]:
    """Return who opened a request, the newest first, below id `before`, and whether there is more."""
    return _page(session, _rows().where(Reading.ticket_id == ticket_id), before, limit)


def answer(
    session: Session, actor: Actor, asked: Question, before: int | None, limit: int
) -> tuple[Sequence[Any], bool]:
    """Return the same for a question, as far as it concerns the services this administrator administers."""
    query = _rows().where(_asked(asked))
    if not actor.administers_service(""):
        query = query.where(Ticket.service_id.in_(sorted(actor.administers)))
    return _page(session, query, before, limit)


def _asked(asked: Question) -> sa.ColumnElement[bool]:
    if asked.about is About.TICKET:
        return Reading.ticket_id == sa.select(Ticket.id).where(Ticket.number == asked.which).scalar_subquery()
    if asked.about is About.READER:
        return Reading.person_id == int(asked.which)
    return Reading.ticket_id.in_(sa.select(Ticket.id).where(Ticket.requester_id == int(asked.which)))


def _rows() -> sa.Select[Any]:
    columns: tuple[Any, ...] = (
        Reading.id,
        Reading.at,
        Reading.way,
        Ticket.number,
        Person.code,
        Person.given_name,
        Person.family_name,
    )
    query = sa.select(*columns).join(Person, Person.id == Reading.person_id)
    return query.outerjoin(Ticket, Ticket.id == Reading.ticket_id)


def _page(session: Session, query: sa.Select[Any], before: int | None, limit: int) -> tuple[Sequence[Any], bool]:
    if before is not None:
        query = query.where(Reading.id < before)
    found = session.execute(query.order_by(Reading.id.desc()).limit(limit + 1)).all()
    return found[:limit], len(found) > limit


def person_named(session: Session, typed: str) -> int | None:
    """Return the id of the account holder with this code or e-mail address, None where there is none."""
    fits = sa.or_(Person.code == typed, Person.email.in_({typed, typed.lower()}))
    query = sa.select(Person.id).where(fits, ~Person.is_guest).order_by(Person.id)
    return session.scalars(query.limit(1)).first() if typed else None
