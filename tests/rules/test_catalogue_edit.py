"""Edits of a draft: order, what follows below, retiring, moving, and taking in what others published."""

from dataclasses import replace
from datetime import date

import pytest

from servicedesk.rules.approval_steps import OWN_GROUP, Approver, By, Step
from servicedesk.rules.catalogue import Routing
from servicedesk.rules.catalogue_changes import difference, foreign
from servicedesk.rules.catalogue_consequences import Held, consequences
from servicedesk.rules.catalogue_edit import (
    added,
    living,
    mark,
    merged,
    moved,
    plain,
    settled,
    shifted,
    with_category,
    with_group,
    with_retirement,
)
from servicedesk.rules.errors import Invalid
from tests.rules.catalogues import SERVICE, catalogue, category, group, service, text

OTHER = "5b1f6a0e-7d0c-4c39-9a5e-2f4f7a1d8c63"
TREE = catalogue(
    service(),
    service(id=OTHER, key="other"),
    group("A"),
    group("B"),
    category("top", selectable=False, group="A"),
    category("one", parent="top", group="A"),
    category("two", parent="top", group="B"),
    category("last", group="A"),
    category("far", service_id=OTHER),
)


def order(tree):
    return list(tree.categories)


def test_what_changes_at_a_heading_follows_where_it_was_the_same_and_only_if_wished():
    changed = replace(TREE.categories["top"], group="LAST", urgency=4, name=text("New"))
    followed = with_category(TREE, changed, is_carried=True).categories
    assert [followed[key].group for key in ("top", "one", "two", "last")] == ["LAST", "LAST", "B", "A"]
    assert [followed[key].urgency for key in ("one", "two")] == [4, 4]
    assert followed["one"].name == TREE.categories["one"].name
    alone = with_category(TREE, changed, is_carried=False).categories
    assert [alone[key].group for key in ("top", "one")] == ["LAST", "A"]


def test_a_new_category_stands_last_below_its_heading():
    assert order(added(TREE, category("three", parent="top"))) == ["top", "one", "two", "three", "last", "far"]
    with pytest.raises(Invalid, match="used already"):
        added(TREE, category("one"))


def test_a_category_moves_with_what_is_below_it_even_to_another_service():
    tree = moved(TREE, "top", "far", SERVICE)
    assert order(tree) == ["last", "far", "top", "one", "two"]
    assert {tree.categories[key].service_id for key in ("top", "one", "two")} == {OTHER}
    assert order(moved(tree, "two", None, SERVICE)) == ["last", "far", "top", "one", "two"]
    assert moved(tree, "two", None, SERVICE).categories["two"].service_id == SERVICE
    for below in ("one", "top"):
        with pytest.raises(Invalid, match="below itself"):
            moved(TREE, "top", below, SERVICE)


def test_siblings_change_places_and_those_at_the_ends_stay():
    assert order(shifted(TREE, "two", -1)) == ["top", "two", "one", "last", "far"]
    assert order(shifted(TREE, "last", -1)) == ["last", "top", "one", "two", "far"]
    assert order(shifted(TREE, "one", -1)) == order(shifted(TREE, "two", 1)) == order(TREE)


def test_retiring_takes_what_is_below_and_bringing_back_what_is_above():
    gone = with_retirement(TREE, "top", is_retired=True)
    assert [key for key, each in gone.categories.items() if each.retired] == ["top", "one", "two"]
    assert order(living(gone)) == ["last", "far"]
    back = with_retirement(gone, "one", is_retired=False)
    assert [key for key, each in back.categories.items() if each.retired] == ["two"]
    kept = replace(TREE.categories["one"], retired=True, selectable=False)
    again = with_retirement(with_category(TREE, kept, is_carried=False), "one", is_retired=False)
    assert again.categories["one"].selectable


def test_what_a_category_leaves_empty_is_that_of_the_heading_above():
    top = replace(TREE.categories["top"], notice=text("Read."), active_from=date(2026, 1, 1))
    tree = settled(with_category(TREE, top, is_carried=False))
    assert (tree.categories["one"].notice, tree.categories["one"].active_from) == (text("Read."), date(2026, 1, 1))
    assert settled(tree) == tree


def test_what_others_published_comes_in_and_what_both_changed_is_named():
    def named(tree, **names):
        for key, words in names.items():
            tree = with_category(tree, replace(tree.categories[key], name=text(words)), is_carried=False)
        return tree

    theirs = added(named(TREE, one="theirs", two="theirs"), category("new", parent="last"))
    ours = with_group(named(TREE, two="ours", last="ours"), group("A", line=2))
    tree, both = merged(TREE, theirs, ours)
    assert {key: each.name.en for key, each in tree.categories.items() if each.name.en.endswith("s")} == {
        "one": "en theirs", "two": "en ours", "last": "en ours",
    }  # fmt: skip
    assert "new" in tree.categories
    assert tree.groups["A"].line == 2
    assert both == ("two",)


def test_a_mark_is_another_one_as_soon_as_the_entry_is():
    one = TREE.categories["one"]
    assert mark(one) == mark(replace(one)) != mark(replace(one, routing=Routing("area", {"x": "A"})))
    assert mark(None) == ""
    assert plain(one)["audience"] == ["student"]


def test_changes_of_other_services_and_of_groups_are_foreign_to_who_administers_one():
    new = with_group(TREE, group("A", line=3))
    for key in ("one", "far"):
        new = with_category(new, replace(new.categories[key], urgency=5), is_carried=False)

    def keys(may):
        return [change.key for change in foreign(TREE, new, may)]

    assert keys(lambda service_id: service_id == SERVICE) == ["A", "far"]
    assert keys(lambda service_id: True) == []
    assert [change.key for change in difference(TREE, new).changes] == ["A", "one", "far"]


def test_who_publishes_is_told_what_becomes_of_open_requests_and_of_groups_nobody_works_in():
    new = living(with_retirement(TREE, "one", is_retired=True))
    new = with_group(with_group(new, group("B", active=False)), group("NEW"))
    held = Held({"one": 3}, {"A": 3, "B": 2}, frozenset({"A", "B", "LAST"}))
    said = [str(sentence) for sentence in consequences(TREE, new, held)]
    assert said[0].startswith("'it one' (one) is retired with 3 open requests")
    assert said[1].startswith("Group 'B' becomes inactive with 2 open requests")
    assert said[2].startswith("Group 'NEW' has no technician")
    assert any("no category and no other group leads to group 'NEW'" in each for each in said)
    assert list(consequences(TREE, TREE, Held({"one": 3}, {}, frozenset()))) == []


def test_a_category_that_nobody_can_approve_for_is_told_before_it_is_published():
    steps = (Step((Approver(By.SUPERVISORS, OWN_GROUP), Approver(By.PERSON, "067010"))),)
    new = with_category(TREE, replace(TREE.categories["one"], approvals=steps), is_carried=False)
    nobody = Held({}, {}, frozenset({"A", "B", "LAST"}))
    assert "067010" in str(next(each for each in consequences(TREE, new, nobody) if "approve" in each.msgid))
    somebody = replace(nobody, led=frozenset({"A", "B", "LAST"}), codes=frozenset({"067010"}))
    assert [each for each in consequences(TREE, new, somebody) if "approve" in each.msgid] == []
