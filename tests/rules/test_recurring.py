"""Recurring requests as data: what is refused, what comes back as it was kept, what stands for the day."""

import json
from dataclasses import replace
from datetime import date, time

import pytest

from servicedesk.rules.automation import Deeds
from servicedesk.rules.catalogue import LocalText
from servicedesk.rules.errors import Invalid
from servicedesk.rules.recurring import Missed, Recurring, check, filled, from_json, unusable
from servicedesk.rules.rhythm import OffDay, Rhythm, Unit
from tests import factories

TODAY = date(2026, 3, 2)
IT = Recurring(
    name="Printers",
    category="fees",
    title=LocalText("Stampanti {month}", "Printers {month}"),
    text=LocalText("Controllare le stampanti.", "Check the printers."),
    rhythm=Rhythm(Unit.WEEK, TODAY, time(8, 30), weekdays=(0, 2), off_days=OffDay.NEXT, ends=date(2027, 1, 1)),
    answers={"room": "3"},
    deeds=Deeds(group="INFO", note="Toner, paper."),
    missed=Missed.SKIP,
)
TREE = factories.catalogue(
    [
        factories.category("fees"),
        factories.category("money", selectable=False),
        factories.category("old", parent="money", active_to=date(2026, 3, 1)),
    ]
)


def faults(it: Recurring) -> set[str]:
    with pytest.raises(Invalid) as refused:
        check(it, TREE, TODAY)
    return set(refused.value.fields)


def test_it_comes_back_as_it_was_kept() -> None:
    assert from_json(json.loads(json.dumps(IT.as_json()))) == IT


def test_what_is_whole_is_taken() -> None:
    check(IT, TREE, TODAY)


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        (replace(IT, name=""), {"name"}),
        (replace(IT, title=LocalText("", "x" * 161)), {"title_it", "title_en"}),
        (replace(IT, text=LocalText("ok", "")), {"text_en"}),
        (replace(IT, rhythm=replace(IT.rhythm, weekdays=())), {"weekdays"}),
        (replace(IT, rhythm=replace(IT.rhythm, every=53)), {"every"}),
        (replace(IT, rhythm=replace(IT.rhythm, ends=date(2026, 3, 1))), {"ends"}),
        (replace(IT, category="money"), {"category"}),
        (replace(IT, deeds=Deeds(group="GONE")), {"do_group"}),
        (replace(IT, deeds=Deeds(urgency=3)), {"do_urgency"}),
    ],
)
def test_what_cannot_run_is_said_at_its_field(changed: Recurring, where: set[str]) -> None:
    assert faults(changed) == where


@pytest.mark.parametrize(
    ("key", "words"),
    [("gone", "no longer in the catalogue"), ("money", "become a heading"), ("old", "Its category is closed.")],
)
def test_a_category_in_which_nothing_is_opened_is_told_with_the_reason(key: str, words: str) -> None:
    assert words in str(unusable(TREE, key, TODAY))
    assert unusable(TREE, "fees", TODAY) is None


def test_marks_for_the_day_are_filled_in() -> None:
    words = filled("{date}, {month}, {year}, week {week}, {other}", date(2026, 3, 2))
    assert words == "02/03/2026, 03/2026, 2026, week 10/2026, {other}"
