"""The tree: who sees what, paths and names."""

from datetime import date

import pytest

from servicedesk.rules.catalogue import Audience, LocalText
from tests.rules.catalogues import SERVICE, catalogue, category, service, text

TODAY = date(2026, 3, 1)
STUDENT = frozenset({Audience.STUDENT})
NOBODY: frozenset[Audience] = frozenset()


def heading(key, **values):
    return category(key, selectable=False, **values)


def test_a_text_answers_in_its_language_and_in_the_other_where_it_is_empty():
    both = LocalText("Tasse", "Fees")
    assert [both.get(locale) for locale in ("it", "it-CH", "en", "nl")] == ["Tasse", "Tasse", "Fees", "Fees"]
    assert LocalText("Tasse", "").get("en") == "Tasse"
    assert LocalText("", "Fees").get("it") == "Fees"


def test_a_path_is_named_from_the_root_down():
    tree = catalogue(heading("a"), heading("b", parent="a"), category("c", parent="b"))
    assert tree.path_name("c", "it") == "it a - it b - it c"
    assert tree.path_name("c", "en", " > ") == "en a > en b > en c"


def test_children_come_in_the_order_of_the_file():
    tree = catalogue(heading("z"), category("b", parent="z"), category("a", parent="z"))
    assert [child.key for child in tree.children("z", SERVICE)] == ["b", "a"]
    assert [root.key for root in tree.children(None, SERVICE)] == ["z"]


def test_a_visitor_without_account_sees_only_what_is_open_to_everyone_and_the_way_to_it():
    everyone = frozenset({Audience.STUDENT, Audience.EVERYONE})
    tree = catalogue(
        heading("access"),
        category("login", parent="access", audience=everyone),
        category("password", parent="access"),
        category("fees"),
    )
    seen = tree.open_to(NOBODY, TODAY, SERVICE)
    assert list(seen.categories) == ["access", "login"]
    assert seen.selectable == {"login"}
    assert [child.key for child in seen.children("access")] == ["login"]


def test_a_heading_with_nothing_to_choose_below_is_not_shown():
    staff = frozenset({Audience.STAFF})
    tree = catalogue(heading("a"), category("b", parent="a", audience=staff), category("c"))
    assert list(tree.open_to(STUDENT, TODAY, SERVICE).categories) == ["c"]


def test_a_parent_that_one_may_not_choose_is_shown_as_the_way_to_its_child():
    tree = catalogue(category("a", audience=frozenset({Audience.STAFF})), category("b", parent="a"))
    seen = tree.open_to(STUDENT, TODAY, SERVICE)
    assert (list(seen.categories), seen.selectable) == (["a", "b"], {"b"})


@pytest.mark.parametrize(
    ("today", "is_open"),
    [(date(2026, 2, 28), False), (date(2026, 3, 1), True), (date(2026, 3, 31), True), (date(2026, 4, 1), False)],
)
def test_the_period_of_a_heading_counts_for_all_below_with_both_ends(today, is_open):
    period = {"active_from": date(2026, 3, 1), "active_to": date(2026, 3, 31)}
    tree = catalogue(heading("a", **period), category("b", parent="a"))
    assert tree.is_open("b", STUDENT, today) is is_open
    assert ("b" in tree.open_to(STUDENT, today, SERVICE).categories) is is_open


def test_what_is_open_agrees_with_what_is_shown():
    tree = catalogue(
        heading("a"),
        category("b", parent="a"),
        category("old", retired=True),
        category("staff", audience=frozenset({Audience.STAFF})),
    )
    open_keys = {key for key in tree.categories if tree.is_open(key, STUDENT, TODAY)}
    assert open_keys == tree.open_to(STUDENT, TODAY, SERVICE).selectable == {"b"}


def test_a_key_that_the_version_does_not_know_is_neither_open_nor_named():
    tree = catalogue(category("a"))
    assert tree.is_open("gone", STUDENT, TODAY) is False
    assert tree.name_of("gone") is None
    assert tree.name_of("a") == text("a")


def test_only_services_with_something_to_choose_are_offered():
    other = "5b1f6a0e-7d0c-4c39-9a5e-2f4f7a1d8c63"
    tree = catalogue(
        service(),
        service(id=other, key="digitali"),
        category("a"),
        category("b", service_id=other, audience=frozenset({Audience.STAFF})),
    )
    assert [found.key for found in tree.services_open_to(STUDENT, TODAY)] == ["studenti"]
    assert tree.service_by_key("digitali") is tree.services[other]
    assert tree.service_by_key("none") is None
