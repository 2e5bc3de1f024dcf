"""Saving, renaming, ordering and removing views of the queue, and choosing how one's own queue looks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.errors import Invalid, NotAllowed, NotFound
from servicedesk.rules.permissions import Actor
from servicedesk.rules.sentences import N_
from servicedesk.store.models.people import Person
from servicedesk.store.models.queue import QueueSetting, QueueView
from servicedesk.store.queue_views import MOST, readable

LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class NewView:
    """A view as it is to be saved; `group` names the group it is shared with, empty for oneself."""

    name: str
    filters: Mapping[str, Sequence[str]]
    sort: str
    columns: Sequence[str] = ()
    group: str = ""


def save_view(session: Session, new: NewView, actor: Actor, now: datetime) -> QueueView:
    """Keep a view under its name; one's view of the same name is replaced.

    Raises Invalid without a name or when there are too many, NotAllowed to share with a group that one does not lead.
    """
    assert actor.person_id is not None
    name = _name(new.name)
    _may_change(new.group, actor)
    _hold(session, actor.person_id)
    ground = _beside(new.group, actor.person_id)
    view = session.scalars(sa.select(QueueView).where(ground, QueueView.name == name)).first()
    if view is None:
        if (session.scalar(sa.select(sa.func.count()).select_from(QueueView).where(ground)) or 0) >= MOST // 2:
            raise Invalid(N_("There are %(most)s views already. Remove one first."), most=MOST // 2)
        last = session.scalar(sa.select(sa.func.max(QueueView.position)).where(ground))
        view = QueueView(owner_id=actor.person_id, group_code=new.group, name=name, position=(last or 0) + 1)
        session.add(view)
    view.filters = {key: list(values) for key, values in new.filters.items()}
    view.sort, view.columns, view.changed_at = new.sort, list(new.columns), now
    session.flush()
    return view


def rename_view(session: Session, view_id: int, name: str, actor: Actor, now: datetime) -> None:
    """Give a view another name. Raises NotFound, NotAllowed or Invalid."""
    view = _changeable(session, view_id, actor)
    view.name, view.changed_at = _name(name), now
    session.flush()


def remove_view(session: Session, view_id: int, actor: Actor) -> None:
    """Remove a view; whoever began with it begins with what is to do again. Raises NotFound or NotAllowed."""
    session.delete(_changeable(session, view_id, actor))
    session.flush()


def raise_view(session: Session, view_id: int, actor: Actor) -> None:
    """Move a view one place up among those beside it. Raises NotFound or NotAllowed."""
    view = _changeable(session, view_id, actor)
    beside = session.scalars(
        sa.select(QueueView)
        .where(_beside(view.group_code, view.owner_id))
        .order_by(QueueView.position, QueueView.id)
        .with_for_update()
    ).all()
    order = list(beside)
    at = order.index(view)
    if at:
        order[at - 1], order[at] = order[at], order[at - 1]
    for position, each in enumerate(order, 1):
        each.position = position
    session.flush()


def begin_with(session: Session, view_id: int | None, actor: Actor, now: datetime) -> None:
    """Let the person's queue open with this view; None for what is to do. Raises NotFound."""
    if view_id is not None:
        _readable(session, view_id, actor)
    _setting(session, actor, now).view_id = view_id
    session.flush()


def arrange(session: Session, columns: Sequence[str], has_shortcuts: bool, actor: Actor, now: datetime) -> None:
    """Keep which columns the person's queue shows, and whether single keys do something."""
    setting = _setting(session, actor, now)
    setting.columns, setting.has_shortcuts = list(columns), has_shortcuts
    session.flush()


def _name(typed: str) -> str:
    name = " ".join(typed.split())
    if not name:
        raise Invalid(N_("Give the view a name."))
    if len(name) > LONGEST_NAME:
        raise Invalid(N_("The name of a view has at most %(most)s letters."), most=LONGEST_NAME)
    return name


def _beside(group: str, owner_id: int) -> Any:
    shared = QueueView.group_code == group
    return shared if group else sa.and_(shared, QueueView.owner_id == owner_id)


def _may_change(group: str, actor: Actor) -> None:
    if group and group not in actor.supervises:
        raise NotAllowed(N_("Views of a group are kept by its supervisors. Save it for yourself instead."))


def _readable(session: Session, view_id: int, actor: Actor) -> QueueView:
    view = session.scalars(sa.select(QueueView).where(QueueView.id == view_id, readable(actor))).first()
    if view is None:
        raise NotFound()
    return view


def _changeable(session: Session, view_id: int, actor: Actor) -> QueueView:
    view = _readable(session, view_id, actor)
    _may_change(view.group_code, actor)
    return view


def _hold(session: Session, person_id: int) -> None:
    # So that two first choices at once do not both insert.
    session.execute(sa.select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))


def _setting(session: Session, actor: Actor, now: datetime) -> QueueSetting:
    assert actor.person_id is not None
    _hold(session, actor.person_id)
    setting = session.get(QueueSetting, actor.person_id, populate_existing=True)
    if setting is None:
        setting = QueueSetting(person_id=actor.person_id, has_shortcuts=True, columns=[], changed_at=now)
        session.add(setting)
    setting.changed_at = now
    return setting
