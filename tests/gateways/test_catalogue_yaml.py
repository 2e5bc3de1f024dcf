"""The file written back: reading it gives the same catalogue, whatever stands in its texts."""

from dataclasses import replace
from datetime import date, time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from servicedesk.gateways.catalogue_entry import category_from
from servicedesk.gateways.catalogue_file import read
from servicedesk.gateways.catalogue_yaml import written
from servicedesk.rules.approval_steps import OWN_GROUP, Approver, By, Need, Step
from servicedesk.rules.catalogue import Audience, Field, FieldKind, LocalText, Notice, Routing, Strategy
from servicedesk.rules.catalogue_edit import living, settled, with_retirement
from tests.rules.catalogues import catalogue, category, group, service, text

SHIPPED = read((Path(__file__).parents[2] / "categories.yaml").read_bytes(), "categories.yaml").catalogue
FIELDS = (
    Field("a", FieldKind.CHOICE, text("A"), text("Help"), True, (("null", text("No: yes")), ("1", text("~")))),
    Field("b", FieldKind.DATE, text("B"), earliest="today-365", latest="today+30"),
    Field("c", FieldKind.NUMBER, text("C"), minimum=0, maximum=10, decimals=2),
    Field("d", FieldKind.FILE, text("D"), accept=("pdf", "jpg")),
    Field("e", FieldKind.CONSENT, text("E"), version="2026"),
)
STEPS = (
    Step((Approver(By.SUPERVISORS, OWN_GROUP),)),
    Step((Approver(By.MEMBERS, "A"), Approver(By.PERSON, "067010")), Need.ALL, 5),
)
ROUTING = Routing("area", {"no": "A"})
HARD = catalogue(
    service(
        hours={0: ((time(9), time(12, 30)), (time(14), time(16)))},
        waiting_closes=False,
        priority_matrix=((1,) * 5, (2,) * 5, (3,) * 5, (4,) * 5, (5,) * 5),
    ),
    group("A", fallback="LAST", escalates_to="LAST", active=False, strategy=Strategy.BY_ATTRIBUTE),
    category("top", group="A", selectable=False, notice=text("Read."), fields=FIELDS, routing=ROUTING),
    category(
        "plain", parent="top", group="A", notice=text("Read."), fields=(), active_to=date(2026, 12, 31), kind="incident"
    ),
    category("same", parent="top", group="A", notice=text("Mine."), fields=FIELDS, routing=ROUTING, approvals=STEPS),
    category(
        "below",
        parent="same",
        group="LAST",
        notice=text("Mine."),
        notices=(Notice(text("- a\n  b: #c"), "warning", date(2026, 1, 1)), Notice(text("a\ttab"), "info")),
        synonyms={"it": ("off", "1.5"), "en": ()},
        audience=frozenset({Audience.EVERYONE}),
        urgency=5,
        active_from=date(2026, 2, 1),
    ),
    category("empty-heading", parent="top", group="A", notice=text("Read."), selectable=False),
    category("in-it", parent="empty-heading", group="A", notice=text("Read."), selectable=True),
)


def back(tree):
    found = read(written(tree), "written.yaml")
    assert [str(each) for each in found.findings if each.severity == "error"] == []
    return found.catalogue


def test_the_shipped_catalogue_is_read_back_whole_and_in_its_order():
    again = back(SHIPPED)
    assert again == SHIPPED
    assert list(again.categories) == list(SHIPPED.categories)


def test_every_property_is_read_back_and_children_state_only_what_is_their_own():
    assert back(HARD) == settled(HARD)
    assert written(HARD).decode().count("Read.") == 2


def test_retired_categories_are_left_out():
    tree = with_retirement(SHIPPED, "iscrizione", is_retired=True)
    assert back(tree) == living(tree)


@given(st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1).filter(lambda words: words.strip()))
def test_any_text_survives(words):
    tree = catalogue(category("a", name=LocalText(words.strip(), "x"), description=LocalText("x", words.strip())))
    assert back(tree).categories["a"] == tree.categories["a"]


def test_an_entry_typed_in_a_form_is_checked_like_one_of_a_file():
    base = HARD.categories["plain"]
    good = category_from(base, {"name": {"it": " Nome ", "en": "Name"}, "urgency": "3", "routing": None})
    assert good.found == replace(base, name=LocalText("Nome", "Name"), urgency=3, routing=None)
    bad = category_from(base, {"name": {"it": "", "en": "Name"}, "urgency": "9", "fields": [{"key": "A b"}]})
    assert bad.found is None
    places = {where[:3] for where, _sentence in bad.wrong}
    assert {("name", "it"), ("urgency",), ("fields", 0, "key")} <= places
