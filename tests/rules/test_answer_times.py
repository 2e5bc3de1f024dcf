"""How long people usually wait, said only where it is honest."""

from datetime import timedelta

import pytest

from servicedesk.rules.answer_times import usual_wait

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("waits", "usual"),
    [
        ([HOUR, HOUR, 2 * HOUR, 5 * HOUR, 90 * HOUR], 2 * HOUR),
        ([HOUR, HOUR, 2 * HOUR, None, None], 2 * HOUR),
        ([HOUR, HOUR, None, None, None], None),
        ([HOUR, HOUR, HOUR, HOUR], None),
        ([], None),
        ([HOUR, HOUR, 2 * HOUR, 4 * HOUR, 9 * HOUR, 9 * HOUR], 3 * HOUR),
    ],
)
def test_the_middle_of_five_or_more_counts_those_who_still_wait_as_the_longest(waits, usual):
    assert usual_wait(waits) == usual
