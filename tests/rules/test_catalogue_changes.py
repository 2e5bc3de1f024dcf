"""Differences between versions, retiring, and the stored form."""

import json
from dataclasses import replace
from datetime import date, time

from servicedesk.rules.catalogue import Audience, Field, FieldKind, Routing
from servicedesk.rules.catalogue_changes import EMPTY, Change, Difference, InUse, difference, retire
from servicedesk.rules.catalogue_json import from_data, from_json, to_data, to_json
from tests.rules.catalogues import SERVICE, catalogue, category, group, service, text

FULL = catalogue(
    service(hours={0: ((time(9), time(12, 30)), (time(14), time(16)))}, close_days=30, waiting_closes=False),
    group("A", fallback="LAST", escalates_to="LAST", active=False),
    category("top", selectable=False, notice=text("Read.")),
    category(
        "leaf",
        parent="top",
        synonyms={"it": ("uno", "due"), "en": ("one",)},
        kind="incident",
        urgency=4,
        routing=Routing("area", {"Medicina": "A"}),
        fields=(Field("f", FieldKind.CHOICE, text("F"), text("Help"), True, (("v", text("V")),)),),
        active_from=date(2026, 1, 1),
        audience=frozenset({Audience.STAFF, Audience.EVERYONE}),
    ),
)


def test_the_stored_form_gives_the_same_catalogue_back():
    assert from_json(to_json(FULL)) == FULL
    assert from_data(json.loads(json.dumps(to_data(FULL)))) == FULL


def test_forms_that_many_categories_share_are_stored_once():
    shared = FULL.categories["leaf"]
    many = catalogue(*(replace(shared, key=f"k{n}", parent=None) for n in range(50)))
    assert len(to_data(many)["forms"]) == 1


def test_a_version_does_not_differ_from_itself():
    assert difference(FULL, from_json(to_json(FULL))) == Difference(())


def test_the_first_version_adds_everything():
    found = difference(EMPTY, FULL)
    assert {(change.section, change.key) for change in found.changes} == {
        ("service", "studenti"), ("group", "LAST"), ("group", "A"), ("category", "top"), ("category", "leaf"),
    }  # fmt: skip
    assert found.count("added") == 5


def test_a_difference_names_what_changed():
    old = catalogue(group("A"), category("a"), category("b"))
    new = catalogue(group("A", line=2), category("a", urgency=5, group="A"), category("c"))
    found = difference(old, new)
    assert found.changes == (
        Change("group", "A", "changed", ("line",)),
        Change("category", "a", "changed", ("group", "urgency")),
        Change("category", "c", "added"),
        Change("category", "b", "removed"),
    )
    assert Difference.from_data(json.loads(json.dumps(found.to_data()))) == found


def test_a_removed_category_with_open_tickets_is_retired_with_its_heading_and_group():
    old = catalogue(
        group("A", fallback="B"),
        group("B"),
        category("top", selectable=False),
        category("leaf", parent="top", group="A"),
    )
    new = catalogue(category("other"))
    kept = retire(new, old, InUse(frozenset({"leaf"})))
    assert kept.path_name("leaf", "it") == "it top - it leaf"
    assert (kept.categories["leaf"].retired, kept.categories["leaf"].selectable) == (True, False)
    assert (kept.groups["A"].active, kept.groups["A"].fallback) == (False, None)
    assert "B" not in kept.groups
    assert not kept.is_open("leaf", frozenset({Audience.STUDENT}), date(2026, 1, 1))
    assert Change("category", "leaf", "retired") in difference(old, kept).changes


def test_a_removed_category_without_open_tickets_goes():
    old = catalogue(category("a"), category("b"))
    assert list(retire(catalogue(category("b")), old, InUse(frozenset({"b"}))).categories) == ["b"]


def test_a_retired_category_goes_with_its_last_open_ticket_and_stays_until_then():
    old = catalogue(category("a"), category("old", retired=True, selectable=False))
    new = catalogue(category("a"))
    assert "old" in retire(new, old, InUse(frozenset({"old"}))).categories
    assert "old" not in retire(new, old, InUse()).categories


def test_a_group_that_still_holds_tickets_stays_as_inactive():
    old = catalogue(group("A"), category("a", group="A"))
    kept = retire(catalogue(category("a")), old, InUse(groups=frozenset({"A"})))
    assert kept.groups["A"].active is False


def test_a_service_removed_under_open_tickets_stays_named_but_offers_nothing():
    other = "5b1f6a0e-7d0c-4c39-9a5e-2f4f7a1d8c63"
    old = catalogue(
        service(),
        service(id=other, key="old", fallback_group="A"),
        group("A"),
        category("a", service_id=other),
        category("b"),
    )
    kept = retire(catalogue(category("b")), old, InUse(services=frozenset({other})))
    assert kept.services[other].fallback_group in kept.groups
    assert [found.id for found in kept.services_open_to(frozenset({Audience.STUDENT}), date(2026, 1, 1))] == [SERVICE]
