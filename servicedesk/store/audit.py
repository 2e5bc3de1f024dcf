"""The record of administration, newest first: who changed what, before and after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.permissions import Actor, Role
from servicedesk.store.models.people import Person, RoleGrant
from servicedesk.store.models.system import AuditEvent

MOST_ADMINISTRATORS = 200
COMMANDS = "command"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: of a kind of subject or one subject, by one actor or by commands, in a time; empty for all."""

    kind: str = ""
    subject: str = ""
    by: str = ""
    since: datetime | None = None
    until: datetime | None = None


def events(session: Session, actor: Actor, wanted: Wanted, before: int, size: int) -> tuple[Sequence[Any], bool]:
    """Return up to `size` events older than the id `before` (0: the newest), and whether there are more.

    Administrators of every service see all of them; those of one, what they did themselves and what was published.
    """
    columns = (AuditEvent.id, AuditEvent.at, AuditEvent.actor, AuditEvent.action, AuditEvent.subject)
    query = sa.select(*columns, AuditEvent.before, AuditEvent.after).where(*_conditions(actor, wanted))
    if before:
        query = query.where(AuditEvent.id < before)
    rows = session.execute(query.order_by(AuditEvent.id.desc()).limit(size + 1)).all()
    return rows[:size], len(rows) > size


def _conditions(actor: Actor, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if not actor.administers_service(""):
        found.append(sa.or_(AuditEvent.actor == f"person:{actor.person_id}", _of("catalogue")))
    if wanted.subject:
        found.append(AuditEvent.subject == wanted.subject)
    elif wanted.kind:
        found.append(_of(wanted.kind))
    if wanted.by == COMMANDS:
        found.append(sa.and_(AuditEvent.actor >= f"{COMMANDS}:", AuditEvent.actor < f"{COMMANDS};"))
    elif wanted.by:
        found.append(AuditEvent.actor == wanted.by)
    if wanted.since:
        found.append(AuditEvent.at >= wanted.since)
    if wanted.until:
        found.append(AuditEvent.at < wanted.until)
    return found


def _of(kind: str) -> sa.ColumnElement[bool]:
    return sa.and_(AuditEvent.subject >= f"{kind}:", AuditEvent.subject < f"{kind};")


def administrators(session: Session) -> Sequence[tuple[str, str]]:
    """Return (actor, name) of those who administer anything, by family name."""
    is_one = sa.exists().where(RoleGrant.person_id == Person.id, RoleGrant.role == Role.ADMINISTRATOR)
    query = sa.select(Person.id, Person.given_name, Person.family_name).where(is_one)
    rows = session.execute(query.order_by(Person.family_name, Person.id).limit(MOST_ADMINISTRATORS))
    return [(f"person:{row.id}", f"{row.given_name} {row.family_name}".strip()) for row in rows]
