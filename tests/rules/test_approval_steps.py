"""Whom a step of an approval asks, and what their answers make of it."""

import pytest

from servicedesk.rules.approval_steps import (
    INSTEAD,
    OWN_GROUP,
    Approver,
    Asked,
    By,
    Decision,
    Need,
    Pool,
    Step,
    as_json,
    from_json,
    people_to_ask,
    verdict,
)

D = Decision
REQUESTER = 1


@pytest.mark.parametrize(
    ("places", "instead", "asked"),
    [
        ([[2, 3], [4]], [], [(2, 0), (3, 0), (4, 1)]),
        ([[2], [2, 3]], [], [(2, 0), (3, 1)]),
        ([[REQUESTER, 2]], [[9]], [(2, 0)]),
        ([[REQUESTER]], [[9]], [(9, INSTEAD)]),
        ([[]], [[REQUESTER], [8]], [(8, INSTEAD)]),
        ([[], [5]], [[9]], [(9, INSTEAD), (5, 1)]),
        ([[REQUESTER]], [[], [REQUESTER]], []),
    ],
)
def test_everybody_named_is_asked_once_but_never_the_requester(
    places: list[list[int]], instead: list[list[int]], asked: list[tuple[int, int]]
) -> None:
    assert people_to_ask(Pool(places, instead), REQUESTER) == [Asked(*each) for each in asked]


@pytest.mark.parametrize(
    ("need", "answers", "outcome"),
    [
        (Need.ANY, [D.PENDING, D.APPROVED], D.APPROVED),
        (Need.ANY, [D.PENDING, D.PENDING], D.PENDING),
        (Need.ANY, [D.PENDING, D.REFUSED], D.REFUSED),
        (Need.ALL, [D.PENDING, D.APPROVED], D.PENDING),
        (Need.ALL, [D.APPROVED, D.APPROVED], D.APPROVED),
        (Need.ALL, [D.APPROVED, D.REFUSED, D.PENDING], D.REFUSED),
        (Need.ALL, [D.APPROVED, D.PASSED], D.APPROVED),
        (Need.ALL, [D.PASSED], D.PENDING),
        (Need.ANY, [], D.PENDING),
    ],
)
def test_a_step_is_decided_by_its_answers(need: Need, answers: list[Decision], outcome: Decision) -> None:
    assert verdict(need, answers) is outcome


def test_steps_are_stored_and_read_back() -> None:
    steps = (Step((Approver(By.SUPERVISORS, OWN_GROUP), Approver(By.PERSON, "067010")), Need.ALL, 7),)
    assert from_json(as_json(steps)) == steps
