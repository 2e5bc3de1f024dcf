"""What a draft may not say, beyond the types of its properties."""

from datetime import date

import pytest

from servicedesk.rules.catalogue import Field, FieldKind, Notice, Routing
from servicedesk.rules.catalogue_checks import Draft, check
from tests.rules.catalogues import category, group, service, text


def problems(*, services=None, groups=None, categories=None):
    draft = Draft(
        services if services is not None else [service()],
        groups if groups is not None else [group("LAST")],
        categories if categories is not None else [category("a")],
    )
    return list(check(draft))


def sentences(**entries):
    return [str(problem.sentence) for problem in problems(**entries)]


def test_a_sound_draft_has_no_problem():
    assert problems() == []


def test_names_used_twice_are_found_in_every_section():
    found = problems(
        services=[service(), service()],
        groups=[group("LAST"), group("LAST")],
        categories=[category("a"), category("a")],
    )
    assert [(problem.section, problem.index, problem.where) for problem in found] == [
        ("services", 1, ("id",)), ("services", 1, ("key",)), ("groups", 1, ("code",)), ("categories", 1, ("key",)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("groups", "categories", "prop"),
    [
        ([group("LAST", escalates_to="NO")], None, "escalates_to"),
        ([group("LAST", fallback="NO")], None, "fallback"),
        (None, [category("a", group="NO")], "group"),
        (None, [category("a", routing=Routing("area", {"x": "NO"}))], "routing"),
    ],
)
def test_a_group_that_does_not_exist_is_found_wherever_it_is_named(groups, categories, prop):
    (found,) = problems(groups=groups, categories=categories)
    assert (found.where[0], found.sentence.params["group"]) == (prop, "NO")


def test_a_service_needs_an_active_fallback_group():
    assert "inactive" in sentences(groups=[group("LAST", active=False)])[0]
    assert "does not exist" in sentences(services=[service(fallback_group="NO")])[0]


@pytest.mark.parametrize("prop", ["escalates_to", "fallback"])
def test_a_circle_of_groups_is_told_once_with_its_way(prop):
    groups = [
        group("LAST", **{prop: "A"}), group("A", **{prop: "B"}), group("B", **{prop: "C"}), group("C", **{prop: "A"})
    ]  # fmt: skip
    (found,) = problems(groups=groups)
    assert (found.index, found.where, found.sentence.params["circle"]) == (1, (prop,), "A > B > C > A")


def test_a_group_may_not_lead_to_itself():
    assert "(LAST > LAST)" in sentences(groups=[group("LAST", fallback="LAST")])[0]


def test_a_heading_that_leads_nowhere_is_unreachable():
    categories = [
        category("a", selectable=False),
        category("b", parent="a", selectable=False),
        category("c", selectable=False),
        category("d", parent="c"),
    ]
    assert [problem.sentence.params["category"] for problem in problems(categories=categories)] == ["a", "b"]


def test_a_category_that_can_be_chosen_needs_a_group_but_a_heading_does_not():
    assert "has no group" in sentences(categories=[category("a", group="")])[0]
    assert problems(categories=[category("a", group="", selectable=False), category("b", parent="a")]) == []


def test_a_period_must_not_end_before_it_starts():
    backwards = category("a", active_from=date(2026, 2, 1), active_to=date(2026, 1, 1))
    assert "ends before it starts" in sentences(categories=[backwards])[0]


def test_a_category_that_is_never_active_together_with_its_heading_is_unreachable():
    categories = [
        category("past", selectable=False, active_to=date(2025, 12, 31)),
        category("until-then", parent="past", active_from=date(2025, 12, 31)),
        category("later", parent="past", selectable=False, active_from=date(2026, 1, 1)),
        category("below-later", parent="later", active_from=date(2026, 2, 1)),
        category("future", selectable=False, active_from=date(2027, 1, 1)),
        category("before", parent="future", active_from=date(2026, 1, 1), active_to=date(2026, 12, 31)),
    ]
    found = [problem for problem in problems(categories=categories) if "is never open" in str(problem.sentence)]
    assert [(problem.index, problem.where) for problem in found] == [(2, ("active_from",)), (5, ("active_to",))]


def test_a_category_three_levels_down_is_unreachable_when_no_day_is_common_to_all():
    categories = [
        category("a", selectable=False, active_to=date(2026, 6, 30)),
        category("b", parent="a", selectable=False, active_from=date(2026, 6, 1), active_to=date(2026, 9, 30)),
        category("c", parent="b", active_from=date(2026, 7, 1), active_to=date(2026, 8, 31)),
    ]
    assert [problem.sentence.params["category"] for problem in problems(categories=categories)] == ["c"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ((Field("f", FieldKind.CHOICE, text("F")),), "choice without options"),
        ((Field("f", FieldKind.TEXT, text("F"), options=(("v", text("V")),)),), "no choice but has options"),
        ((Field("f", FieldKind.CHOICE, text("F"), options=(("v", text("V")),) * 2),), "has an option twice"),
        ((Field("f", FieldKind.TEXT, text("F")),) * 2, "stated twice"),
        ((Field("f", FieldKind.TEXT, text("F"), maximum=3),), "a property of another kind"),
        ((Field("f", FieldKind.NUMBER, text("F"), earliest="today"),), "a property of another kind"),
        ((Field("f", FieldKind.CONSENT, text("F")),), "consent without version"),
        ((Field("f", FieldKind.NUMBER, text("F"), minimum=3, maximum=2),), "exchange minimum and maximum"),
        ((Field("f", FieldKind.DATE, text("F"), earliest="today+1", latest="today"),), "exchange earliest and latest"),
    ],
)
def test_a_field_must_fit_its_kind_and_stand_alone(fields, words):
    assert words in sentences(categories=[category("a", fields=fields)])[0]


def test_a_notice_must_not_end_before_it_starts():
    notice = Notice(text("N"), "info", date(2026, 3, 2), date(2026, 3, 1))
    (problem,) = problems(categories=[category("a", notices=(Notice(text("Good")), notice))])
    assert (problem.where, problem.severity) == (("notices", 1), "error")


def test_a_value_of_the_requester_leads_to_one_group_whatever_its_letters():
    twice = category("a", routing=Routing("area", {"Medicina": "LAST", "Lettere": "LAST", "MEDICINA": "LAST"}))
    (problem,) = problems(categories=[twice])
    assert (problem.where, problem.severity) == (("routing", "to", "MEDICINA"), "error")


def test_an_inactive_group_that_the_routing_leads_to_is_a_warning_at_its_place():
    groups = [group("LAST"), group("OFF", active=False)]
    (problem,) = problems(groups=groups, categories=[category("a", routing=Routing("area", {"Medicina": "OFF"}))])
    assert (problem.where, problem.severity) == (("routing", "to", "Medicina"), "warning")


def test_unused_and_inactive_groups_are_only_warnings():
    unused = problems(groups=[group("LAST"), group("A")])
    inactive = problems(groups=[group("LAST"), group("A", active=False)], categories=[category("a", group="A")])
    assert [problem.severity for problem in (*unused, *inactive)] == ["warning", "warning"]
