"""Priority from urgency and impact (requirement F5, rule 4)."""

from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_

Matrix = tuple[tuple[int, ...], ...]
MATRIX: Matrix = (
    (1, 1, 2, 2, 2),
    (1, 2, 2, 3, 3),
    (2, 2, 3, 4, 4),
    (2, 3, 4, 4, 5),
    (2, 3, 4, 5, 5),
)
"""The matrix of rule 4; a service may have its own."""
MAJOR = 6
"""The priority of a major incident: declared and ended by its own actions, never given by the matrix (F5)."""
LEVELS = {1: N_("Very low"), 2: N_("Low"), 3: N_("Medium"), 4: N_("High"), 5: N_("Very high")}


def priority(urgency: int, impact: int, matrix: Matrix = MATRIX) -> int:
    """Return 1 (very low) to 5 (very high). Raises Invalid when urgency or impact is not 1 to 5."""
    if urgency not in LEVELS or impact not in LEVELS:
        raise Invalid(N_("Urgency and impact go from 1 (very low) to 5 (very high)."))
    return matrix[urgency - 1][impact - 1]


def is_monotonic(matrix: Matrix) -> bool:
    """Tell whether no priority falls when urgency or impact rises."""
    columns = tuple(zip(*matrix, strict=True))
    return all(list(levels) == sorted(levels) for levels in (*matrix, *columns))
