"""Words for the terms of retention that only staff read."""

from collections.abc import Mapping

from servicedesk.rules.sentences import N_

JOBS: Mapping[str, str] = {"retention": N_("removes what has been kept for as long as its term says")}
