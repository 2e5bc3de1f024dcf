"""How long people wait for a first answer, said honestly or not at all."""

from collections.abc import Sequence
from datetime import timedelta
from statistics import median

FEWEST = 5
"""With fewer requests the middle says nothing."""
LOOK_BACK = timedelta(days=90)


def usual_wait(waits: Sequence[timedelta | None]) -> timedelta | None:
    """Return the wait that half of the requests did not exceed; None where there is nothing honest to say.

    Who still waits (None) counts as waiting longer than everybody else: otherwise an office that answers only what is
    easy would look quick. Source: requirement B10.
    """
    if len(waits) < FEWEST:
        return None
    found = median([wait.total_seconds() if wait is not None else float("inf") for wait in waits])
    return None if found == float("inf") else timedelta(seconds=found)
