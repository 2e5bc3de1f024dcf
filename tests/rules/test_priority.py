"""Priority from urgency and impact: all 25 cells of rule 4."""

import pytest

from servicedesk.rules.errors import Invalid
from servicedesk.rules.priority import MATRIX, is_monotonic, priority

WRITTEN = "1 1 2 2 2 / 1 2 2 3 3 / 2 2 3 4 4 / 2 3 4 4 5 / 2 3 4 5 5"
CELLS = [
    (urgency, impact, int(cell))
    for urgency, row in enumerate(WRITTEN.split(" / "), start=1)
    for impact, cell in enumerate(row.split(), start=1)
]


@pytest.mark.parametrize(("urgency", "impact", "expected"), CELLS)
def test_each_cell_of_the_matrix(urgency: int, impact: int, expected: int) -> None:
    assert priority(urgency, impact) == expected


def test_the_matrix_has_25_cells() -> None:
    assert len(CELLS) == 25


@pytest.mark.parametrize(("urgency", "impact"), [(0, 3), (6, 3), (3, 0), (3, 6)])
def test_levels_outside_one_to_five_are_refused(urgency: int, impact: int) -> None:
    with pytest.raises(Invalid, match="from 1"):
        priority(urgency, impact)


def test_a_service_may_have_a_matrix_of_its_own() -> None:
    flat = ((3,) * 5,) * 5
    assert priority(1, 5, flat) == 3


def test_a_matrix_that_falls_where_urgency_or_impact_rises_is_recognised() -> None:
    assert is_monotonic(MATRIX)
    assert not is_monotonic(((1, 1, 1, 1, 1), (1, 1, 1, 1, 1), (2, 2, 2, 2, 2), (1, 1, 1, 1, 1), (3, 3, 3, 3, 3)))
    assert not is_monotonic(((2, 1, 1, 1, 1),) * 5)
