"""Announcements as readers find them, and as administrators list them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.announcements import Phase
from servicedesk.rules.catalogue import Audience
from servicedesk.rules.errors import NotFound
from servicedesk.rules.permissions import Actor
from servicedesk.rules.sentences import N_
from servicedesk.store.models.announcements import Announcement, AnnouncementAudience


@dataclass(frozen=True, slots=True)
class Shown:
    """An announcement with its texts (language to source, html and text)."""

    id: int
    weight: int
    service_id: str | None
    starts_at: datetime
    ends_at: datetime
    titles: Mapping[str, str]
    texts: Mapping[str, Mapping[str, str]]
    changed_at: datetime


_SHOWN = (
    Announcement.id,
    Announcement.weight,
    Announcement.service_id,
    Announcement.starts_at,
    Announcement.ends_at,
    Announcement.titles,
    Announcement.texts,
    Announcement.changed_at,
)
_ORDER = (Announcement.weight, Announcement.starts_at, Announcement.id)
_NOT_HERE = N_("This announcement is not here, is over, or is not for you.")


def current(
    session: Session, actor: Actor, service_id: str | None, after: int, size: int, now: datetime
) -> tuple[Sequence[Shown], bool]:
    """Return what this person is told now, the weightiest and newest first, after the id `after`; and whether more.

    With `service_id` only what is about this service or about all of them.
    """
    query = sa.select(*_SHOWN).where(*_current_for(actor, now))
    if service_id is not None:
        query = query.where(sa.or_(Announcement.service_id.is_(None), Announcement.service_id == service_id))
    if after:
        place = sa.select(*_ORDER).where(Announcement.id == after).scalar_subquery()
        query = query.where(sa.tuple_(*_ORDER) < place)
    rows = session.execute(query.order_by(*(column.desc() for column in _ORDER)).limit(size + 1)).all()
    return [Shown(*row) for row in rows[:size]], len(rows) > size


def one(session: Session, actor: Actor, announcement_id: int, now: datetime) -> Shown:
    """Return an announcement that shows now. Raises NotFound for one that does not, or is not for this person."""
    query = sa.select(*_SHOWN).where(*_current_for(actor, now), Announcement.id == announcement_id)
    row = session.execute(query).first()
    if row is None:
        raise NotFound(_NOT_HERE)
    return Shown(*row)


def in_phase(
    session: Session, actor: Actor, phase: Phase, before: int, size: int, now: datetime
) -> tuple[Sequence[Shown], bool]:
    """Return those this administrator manages, the last to begin first, below the id `before`; and whether more."""
    query = sa.select(*_SHOWN).where(_managed_by(actor), *_IN_PHASE[phase](now))
    order = (Announcement.starts_at, Announcement.id)
    if before:
        place = sa.select(*order).where(Announcement.id == before).scalar_subquery()
        query = query.where(sa.tuple_(*order) < place)
    rows = session.execute(query.order_by(*(column.desc() for column in order)).limit(size + 1)).all()
    return [Shown(*row) for row in rows[:size]], len(rows) > size


def managed(session: Session, actor: Actor, announcement_id: int, is_locked: bool = False) -> Announcement:
    """Return an announcement for changing it. Raises NotFound for one of a service that is not this person's."""
    query = sa.select(Announcement).where(Announcement.id == announcement_id, _managed_by(actor))
    found = session.scalars(query.with_for_update() if is_locked else query).first()
    if found is None:
        raise NotFound(N_("This announcement is not here, or not yours to change."))
    return found


def audience_of(session: Session, announcement_id: int) -> frozenset[Audience]:
    """Return who sees an announcement."""
    query = sa.select(AnnouncementAudience.audience).where(AnnouncementAudience.announcement_id == announcement_id)
    return frozenset(Audience(name) for name in session.scalars(query))


def set_audience(session: Session, announcement_id: int, audience: frozenset[Audience]) -> None:
    """Let exactly these see an announcement."""
    mine = AnnouncementAudience.announcement_id == announcement_id
    session.execute(sa.delete(AnnouncementAudience).where(mine))
    session.add_all(
        AnnouncementAudience(announcement_id=announcement_id, audience=name.value) for name in sorted(audience)
    )
    session.flush()


def _current_for(actor: Actor, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    audiences = sorted({Audience.EVERYONE.value, *actor.audiences})
    sees = sa.exists().where(
        AnnouncementAudience.announcement_id == Announcement.id, AnnouncementAudience.audience.in_(audiences)
    )
    return Announcement.ends_at > now, Announcement.starts_at <= now, sees


def _managed_by(actor: Actor) -> sa.ColumnElement[bool]:
    if actor.administers_service(""):
        return sa.true()
    return Announcement.service_id.in_(sorted(actor.administers))


_IN_PHASE: Mapping[Phase, Any] = {
    Phase.SCHEDULED: lambda now: (Announcement.ends_at > now, Announcement.starts_at > now),
    Phase.CURRENT: lambda now: (Announcement.ends_at > now, Announcement.starts_at <= now),
    Phase.OVER: lambda now: (Announcement.ends_at <= now,),
}
