"""Suggestions to look for one cause, where many requests of one category come at once (F11)."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.problems import OPEN
from servicedesk.rules.problems import is_burst, usual_in
from servicedesk.store import catalogue
from servicedesk.store import problems as store
from servicedesk.store.models.problems import ProblemSuggestion

USUAL = timedelta(days=28)
"""The time before, from which what is usual is told."""
REST = timedelta(days=1)
"""A category that was decided about is left alone for so long."""


def find_bursts(session: Session, now: datetime, window: timedelta, least: int) -> int:
    """Suggest a problem for every category with a burst in the last `window`, and return how many are new."""
    since = now - window
    recent = {key: count for key, count in store.arrivals(session, since, now, None).items() if count >= least}
    if not recent:
        return 0
    earlier = store.arrivals(session, since - USUAL, since, recent)
    silent, groups = _lately(session, now), catalogue.current(session).categories
    found = 0
    for key, count in sorted(recent.items()):
        usual = usual_in(window, earlier.get(key, 0), USUAL)
        if key in silent or key not in groups or not is_burst(count, usual, least):
            continue
        session.add(
            ProblemSuggestion(
                category_key=key,
                group_code=groups[key].group,
                since=since,
                found_at=now,
                count=count,
                usual=usual,
                state=OPEN,
                reason="",
            )
        )
        found += 1
    session.flush()
    return found


def _lately(session: Session, now: datetime) -> frozenset[str]:
    """Return the categories with a suggestion that is open, or that was made a short time ago."""
    query = sa.select(ProblemSuggestion.category_key).where(
        sa.or_(ProblemSuggestion.state == OPEN, ProblemSuggestion.found_at > now - REST)
    )
    return frozenset(session.scalars(query))
