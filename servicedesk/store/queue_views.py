"""Saved views of the queue and what each technician chose for it."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.permissions import Actor
from servicedesk.store.models.queue import QueueSetting, QueueView

MOST = 40
"""How many views a person is shown; more than anybody reads."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a technician chose for the queue; `columns` are empty for the usual ones."""

    has_shortcuts: bool = True
    columns: tuple[str, ...] = ()
    view_id: int | None = None


def chosen_by(session: Session, actor: Actor) -> Chosen:
    """Return what this person chose."""
    query = sa.select(QueueSetting.has_shortcuts, QueueSetting.columns, QueueSetting.view_id)
    row = session.execute(query.where(QueueSetting.person_id == actor.person_id)).first()
    return Chosen(row.has_shortcuts, tuple(row.columns), row.view_id) if row else Chosen()


def readable(actor: Actor) -> sa.ColumnElement[bool]:
    """Return the condition on views that the person may use: their own, and those shared with their groups."""
    own = sa.and_(QueueView.owner_id == actor.person_id, QueueView.group_code == "")
    groups = sorted(actor.groups | actor.supervises)
    return sa.or_(own, QueueView.group_code.in_(groups)) if groups else own


def views_of(session: Session, actor: Actor) -> Sequence[QueueView]:
    """Return the views of this person, first those shared with their groups, then their own, each in its order."""
    order = (QueueView.group_code == "", QueueView.group_code, QueueView.position, QueueView.id)
    return session.scalars(sa.select(QueueView).where(readable(actor)).order_by(*order).limit(MOST)).all()
