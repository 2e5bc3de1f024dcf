"""Replaying the past on another tree."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from servicedesk.rules.approval_steps import OWN_GROUP, Approver, By, Step
from servicedesk.rules.catalogue import Routing
from servicedesk.rules.catalogue_edit import with_category, with_retirement
from servicedesk.rules.simulation import Asked, replay
from tests.rules.catalogues import catalogue, category, group

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TREE = catalogue(group("A"), group("B"), category("a", group="A"), category("b", group="B"), category("c", group="B"))
STAFFED = frozenset({"A", "B", "LAST"})


def asked(number, key, area=None):
    return Asked(number, f"2026{number:06}", NOW - timedelta(days=number), key, area, None, None)


def test_only_requests_whose_group_differs_go_elsewhere_and_are_counted_by_pair():
    routed = replace(TREE.categories["a"], routing=Routing("area", {"Medicina": "B"}))
    other = with_category(TREE, routed, is_carried=False)
    found = replay(TREE, other, STAFFED, [asked(1, "a"), asked(2, "a", "Medicina"), asked(3, "b", "Medicina")])
    assert [each.asked.id for each in found.elsewhere] == [2]
    assert (found.total, found.pairs(), found.oldest) == (3, [("A", "B", 1)], NOW - timedelta(days=3))


def test_a_category_that_goes_is_counted_apart_and_one_long_gone_not_at_all():
    other = with_retirement(TREE, "c", is_retired=True)
    found = replay(TREE, other, STAFFED, [asked(1, "c"), asked(2, "c"), asked(3, "of-old")])
    assert (found.total, dict(found.lost), found.elsewhere) == (3, {"c": 2}, [])


def test_a_group_without_people_hands_on_in_both_trees_alike():
    other = with_category(TREE, replace(TREE.categories["a"], group="B"), is_carried=False)
    assert replay(TREE, other, frozenset({"LAST"}), [asked(1, "a")]).elsewhere == []


def test_nothing_asked_gives_nothing():
    found = replay(TREE, TREE, STAFFED, [])
    assert (found.total, found.pairs(), found.oldest) == (0, [], None)


def test_requests_that_would_have_to_be_approved_are_counted_apart():
    steps = (Step((Approver(By.SUPERVISORS, OWN_GROUP),)),)
    other = with_category(TREE, replace(TREE.categories["a"], approvals=steps), is_carried=False)
    found = replay(TREE, other, STAFFED, [asked(1, "a"), asked(2, "b")])
    assert dict(found.approved_first) == {"a": 1} and found.elsewhere == []
    assert not replay(other, other, STAFFED, [asked(1, "a")]).approved_first
