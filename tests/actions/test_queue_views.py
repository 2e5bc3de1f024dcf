"""Saved views of the queue: one's own and a group's, their order, and how one's queue is arranged."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from servicedesk.actions.queue_views import (
    NewView,
    arrange,
    begin_with,
    raise_view,
    remove_view,
    rename_view,
    save_view,
)
from servicedesk.rules.errors import Invalid, NotAllowed, NotFound
from servicedesk.rules.permissions import Actor
from servicedesk.store.queue_views import Chosen, chosen_by, views_of
from tests import factories
from tests.factories import NOW

LATE = NewView("Late ones", {"state": ["waiting"], "priority": ["4", "5"]}, "opened", ("state",))


@pytest.fixture
def me(session: Session) -> Actor:
    factories.publish(session)
    return factories.actor(session, factories.technician(session))


@pytest.fixture
def leader(session: Session, me: Actor) -> Actor:
    return factories.actor(session, factories.supervisor(session))


def names(session: Session, who: Actor) -> list[str]:
    return [view.name for view in views_of(session, who)]


def test_a_view_keeps_filters_order_and_columns_and_only_its_owner_sees_it(
    session: Session, me: Actor, leader: Actor
) -> None:
    save_view(session, LATE, me, NOW)
    [kept] = views_of(session, me)
    assert (kept.name, kept.filters, kept.sort, kept.columns) == (
        "Late ones",
        {"state": ["waiting"], "priority": ["4", "5"]},
        "opened",
        ["state"],
    )
    assert names(session, leader) == []
    with pytest.raises(NotFound):
        rename_view(session, kept.id, "Mine now", leader, NOW)


def test_a_view_saved_again_under_its_name_replaces_the_first(session: Session, me: Actor) -> None:
    first = save_view(session, LATE, me, NOW)
    again = save_view(session, replace(LATE, sort="changed"), me, NOW)
    assert (again.id, again.sort) == (first.id, "changed")
    assert names(session, me) == ["Late ones"]


def test_a_supervisor_shares_a_view_with_the_group_and_technicians_only_use_it(
    session: Session, me: Actor, leader: Actor
) -> None:
    shared = save_view(session, replace(LATE, group="DESK"), leader, NOW)
    save_view(session, replace(LATE, name="My own"), me, NOW)
    assert names(session, me) == ["Late ones", "My own"]
    with pytest.raises(NotAllowed, match="supervisors"):
        remove_view(session, shared.id, me)
    with pytest.raises(NotAllowed, match="supervisors"):
        save_view(session, replace(LATE, group="DESK"), me, NOW)
    stranger = factories.actor(session, factories.technician(session, "FEW"))
    assert names(session, stranger) == []


def test_views_move_up_are_renamed_and_removed(session: Session, me: Actor) -> None:
    _first, _second, third = (save_view(session, replace(LATE, name=name), me, NOW) for name in "ABC")
    raise_view(session, third.id, me)
    assert names(session, me) == ["A", "C", "B"]
    raise_view(session, third.id, me)
    raise_view(session, third.id, me)
    rename_view(session, third.id, "  First   now ", me, NOW)
    assert names(session, me) == ["First now", "A", "B"]
    remove_view(session, third.id, me)
    assert names(session, me) == ["A", "B"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_view_needs_a_name_of_a_readable_length(session: Session, me: Actor, name: str) -> None:
    with pytest.raises(Invalid):
        save_view(session, replace(LATE, name=name), me, NOW)


def test_twenty_views_are_enough(session: Session, me: Actor) -> None:
    for number in range(20):
        save_view(session, replace(LATE, name=f"View {number}"), me, NOW)
    with pytest.raises(Invalid, match="20 views"):
        save_view(session, LATE, me, NOW)


def test_the_queue_is_as_usual_until_somebody_arranges_it(session: Session, me: Actor) -> None:
    assert chosen_by(session, me) == Chosen()
    view = save_view(session, LATE, me, NOW)
    arrange(session, ["state", "number"], False, me, NOW)
    begin_with(session, view.id, me, NOW)
    assert chosen_by(session, me) == Chosen(False, ("state", "number"), view.id)
    remove_view(session, view.id, me)
    session.expire_all()
    assert chosen_by(session, me) == Chosen(False, ("state", "number"), None)
