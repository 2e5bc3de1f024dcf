"""The words of what is kept about people, for those who administer it."""

from collections.abc import Mapping

from servicedesk.rules.sentences import N_

JOBS: Mapping[str, str] = {
    "own_data": N_("makes the copies of people's data that were asked for, and removes the old ones"),
    "forget_readings": N_("forgets who opened which request once its time is over"),
}
