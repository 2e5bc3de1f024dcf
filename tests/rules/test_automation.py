"""Rules as data: what fits, what is refused when one is written, and what comes back as it was kept."""

import json
from dataclasses import replace

import pytest

from servicedesk.rules.automation import (
    Conditions,
    Deeds,
    Rule,
    Snapshot,
    Technician,
    Trigger,
    check,
    from_json,
    matches,
)
from servicedesk.rules.errors import Invalid
from servicedesk.rules.states import State
from tests import factories

TREE = factories.catalogue([factories.category("money", selectable=False), factories.category("fees", parent="money")])
IT = Snapshot(
    category="fees",
    group="DESK",
    kind="request",
    origin="person",
    priority=3,
    course="BANCA",
    area="ECO",
    urgency=3,
    audiences=frozenset({"student"}),
    text="Perché la mora?\nI paid on time.",
    answers={"year": "2026"},
    is_open_hours=True,
    technician=Technician.NOBODY,
)


@pytest.mark.parametrize(
    ("conditions", "fits"),
    [
        (Conditions(), True),
        (Conditions(categories=("money",)), True),
        (Conditions(categories=("exams",)), False),
        (Conditions(groups=("DESK", "INFO")), True),
        (Conditions(kinds=("incident",)), False),
        (Conditions(origins=("person",)), True),
        (Conditions(priority_from=3), True),
        (Conditions(priority_from=4), False),
        (Conditions(urgency_from=3), True),
        (Conditions(urgency_from=4), False),
        (Conditions(audiences=("student", "staff")), True),
        (Conditions(audiences=("external",)), False),
        (Conditions(courses=("ECO",)), True),
        (Conditions(courses=("GIUR",)), False),
        (Conditions(words=("PERCHE", "nothing")), True),
        (Conditions(words=("nothing",)), False),
        (Conditions(field="year", value="2026"), True),
        (Conditions(field="year"), True),
        (Conditions(field="year", value="2025"), False),
        (Conditions(field="phone"), False),
        (Conditions(hours="open"), True),
        (Conditions(hours="closed"), False),
        (Conditions(technician="nobody"), True),
        (Conditions(technician="absent"), False),
        (Conditions(kinds=("incident",), groups=("DESK",)), False),
        (Conditions(kinds=("incident",), groups=("DESK",), any_of=True), True),
    ],
)
def test_a_request_fits_when_every_condition_holds_or_any_where_the_rule_says_so(
    conditions: Conditions, fits: bool
) -> None:
    assert matches(conditions, IT, TREE) is fits


def test_a_category_that_is_gone_is_found_by_its_key() -> None:
    assert matches(Conditions(categories=("old",)), replace(IT, category="old"), TREE)
    assert not matches(Conditions(categories=("money",)), replace(IT, category="old"), TREE)


RULE = Rule(
    "Fees at once",
    Trigger.IDLE,
    Conditions(categories=("money",), words=("mora",)),
    Deeds(group="INFO", note="Look at the ledger."),
    idle_hours=4,
    idle_state=State.ASSIGNED_GROUP,
)


def test_a_rule_comes_back_as_it_was_kept() -> None:
    assert from_json(json.loads(json.dumps(RULE.as_json()))) == RULE


def test_a_rule_kept_before_opening_hours_were_counted_is_still_read() -> None:
    kept = RULE.as_json()
    del kept["in_opening_hours"]
    assert from_json(kept) == RULE


def test_a_rule_in_order_is_taken() -> None:
    check(RULE, TREE, factories.SERVICE, {"0815"})


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (replace(RULE, name=""), "name"),
        (replace(RULE, name="x" * 121), "name"),
        (replace(RULE, idle_hours=0), "idle_hours"),
        (replace(RULE, idle_hours=2161), "idle_hours"),
        (replace(RULE, idle_state="closed"), "idle_state"),
        (replace(RULE, conditions=Conditions(categories=("nowhere",))), "categories"),
        (replace(RULE, conditions=Conditions(groups=("NOWHERE",))), "groups"),
        (replace(RULE, deeds=Deeds(category="money")), "do_category"),
        (replace(RULE, deeds=Deeds(group="NOWHERE")), "do_group"),
        (replace(RULE, deeds=Deeds(technician="0816")), "do_technician"),
        (replace(RULE, deeds=Deeds(watcher="0816")), "do_watcher"),
        (replace(RULE, deeds=Deeds(urgency=3)), "do_urgency"),
        (replace(RULE, deeds=Deeds(urgency=9, impact=9)), "do_urgency"),
        (replace(RULE, deeds=Deeds(reply="Ciao")), "do_reply_en"),
        (replace(RULE, deeds=Deeds(note="x" * 4001)), "do_note"),
        (replace(RULE, deeds=Deeds()), "does"),
        (replace(RULE, deeds=Deeds(reply="Ciao", reply_en="Hello", answer="late")), "do_answer"),
        (replace(RULE, deeds=Deeds(wait_days=91, reply="Ciao", reply_en="Hello")), "do_wait_days"),
        (replace(RULE, deeds=Deeds(wait_days=3)), "do_reply"),
        (replace(RULE, deeds=Deeds(advise="NOWHERE")), "do_advise"),
        (replace(RULE, deeds=Deeds(group="INFO", advise="INFO")), "do_advise"),
        (replace(RULE, trigger=Trigger.IN_STATE, idle_state=""), "idle_state"),
        (replace(RULE, trigger=Trigger.CLOSING, idle_hours=0), "idle_hours"),
    ],
)
def test_what_cannot_run_is_refused_at_its_field(wrong: Rule, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check(wrong, TREE, factories.SERVICE, {"0815"})
    assert field in refused.value.fields
