"""Rows of tickets in bulk, for questions of reading: pages, counts, plans. States are written, not reached."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.permissions import Actor, ActorKind
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def person(session: Session, code: str | None = None, name: str = "Ada") -> int:
    """Add a person and return the id."""
    found = Person(code=code, given_name=name, family_name="Prova", email=f"{name}@example.org", created_at=NOW)
    session.add(found)
    session.flush()
    return found.id


def technician(person_id: int, *groups: str) -> Actor:
    """Return a technician of these groups."""
    return Actor(ActorKind.PERSON, person_id=person_id, groups=frozenset(groups))


def row(number: int, requester: int, **given: Any) -> dict[str, Any]:
    """Return one ticket's columns; the n-th is opened n minutes after the first."""
    opened = NOW + timedelta(minutes=number)
    columns = {
        "number": f"2026{number:06d}",
        "service_id": "s",
        "kind": "request",
        "origin": "person",
        "category_key": "fees",
        "catalogue_version": 1,
        "group_code": "A",
        "technician_id": None,
        "requester_id": requester,
        "route_reason": {},
        "title": f"Ticket {number}",
        "answers": {},
        "state": "assigned_group",
        "urgency": 2,
        "impact": 2,
        "priority": 2,
        "opened_at": opened,
        "changed_at": opened,
        "last_seq": 2,
    }
    return columns | given


def add(session: Session, rows: Iterable[dict[str, Any]]) -> None:
    """Insert the rows at once."""
    session.execute(sa.insert(Ticket), list(rows))
