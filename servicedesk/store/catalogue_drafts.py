"""Drafts of the catalogue, and what publishing one would touch: open requests and the requests of the past."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.errors import NotFound
from servicedesk.rules.identity import FISCAL
from servicedesk.rules.permissions import Actor
from servicedesk.rules.sentences import N_
from servicedesk.rules.simulation import Asked
from servicedesk.store.models.catalogue import CatalogueDraft
from servicedesk.store.models.people import Identity, Person, StudentRecord
from servicedesk.store.models.tickets import OPEN, Ticket

SHOWN = 50
COUNTED = 50_000
"""Open requests that are counted at most."""
REPLAYED = 50_000
BATCH = 5_000
ASKED = ("request", "incident")


@dataclass(frozen=True, slots=True)
class OpenCounts:
    """Open requests by category and by group; where not `is_whole`, there are more than are counted."""

    by_category: Mapping[str, int]
    by_group: Mapping[str, int]
    is_whole: bool


def drafts(session: Session) -> Sequence[Any]:
    """Return the newest 50 drafts without their contents, the last changed first."""
    columns = (
        *(CatalogueDraft.id, CatalogueDraft.origin, CatalogueDraft.title, CatalogueDraft.base_version),
        *(CatalogueDraft.changed_at, CatalogueDraft.changed_by, CatalogueDraft.created_at, CatalogueDraft.created_by),
    )
    query = sa.select(*columns).order_by(CatalogueDraft.changed_at.desc(), CatalogueDraft.id.desc())
    return session.execute(query.limit(SHOWN)).all()


def draft(session: Session, draft_id: int, *, is_locked: bool = False) -> CatalogueDraft:
    """Return a draft. Raises NotFound when it was published or thrown away."""
    query = sa.select(CatalogueDraft).where(CatalogueDraft.id == draft_id)
    found = session.scalars(query.with_for_update() if is_locked else query).first()
    if found is None:
        raise NotFound(N_("This draft is not there any more: it was published or thrown away."))
    return found


def open_counts(session: Session) -> OpenCounts:
    """Count the open requests by category and group, 50,000 at most."""
    listed = sa.select(Ticket.category_key, Ticket.group_code).where(OPEN).order_by(Ticket.category_key)
    some = listed.limit(COUNTED + 1).subquery()
    query = sa.select(some.c.category_key, some.c.group_code, sa.func.count()).group_by(
        some.c.category_key, some.c.group_code
    )
    categories: dict[str, int] = {}
    groups: dict[str, int] = {}
    for key, code, count in session.execute(query):
        categories[key] = categories.get(key, 0) + count
        groups[code] = groups.get(code, 0) + count
    return OpenCounts(categories, groups, sum(categories.values()) <= COUNTED)


def asked_since(session: Session, actor: Actor, since: datetime, most: int = REPLAYED) -> Iterator[Asked]:
    """Yield the newest requests filed since an instant, of the services the person administers, newest first."""
    own_record = sa.and_(Identity.person_id == Ticket.requester_id, Identity.namespace == FISCAL)
    query = (
        sa.select(
            *(Ticket.id, Ticket.number, Ticket.opened_at, Ticket.category_key),
            *(StudentRecord.area, StudentRecord.degree_course, StudentRecord.status),
        )
        .outerjoin(Identity, own_record)
        .outerjoin(StudentRecord, StudentRecord.fiscal_hash == Identity.subject)
        .where(Ticket.opened_at >= since, Ticket.kind.in_(ASKED))
        .order_by(Ticket.opened_at.desc(), Ticket.id.desc())
        .limit(most)
    )
    if not actor.administers_service(""):
        query = query.where(Ticket.service_id.in_(sorted(actor.administers)))
    for row in session.execute(query, execution_options={"yield_per": BATCH}):
        yield Asked(*row)


def names_of(session: Session, actors: Sequence[str]) -> Mapping[str, str]:
    """Return the names behind `person:<id>`, as the records of administration have them; others are left out."""
    ids = {int(each.removeprefix("person:")) for each in actors if each.removeprefix("person:").isdecimal()}
    query = sa.select(Person.id, Person.given_name, Person.family_name).where(Person.id.in_(ids))
    return {f"person:{row.id}": f"{row.given_name} {row.family_name}".strip() for row in session.execute(query)}
