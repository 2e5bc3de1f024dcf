"""Counting what many people ask about, so that the home page need not (B4)."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from servicedesk.store import popular

LATELY = timedelta(days=90)
FEWEST = 5
"""Below so many different people a figure could tell of one of them."""


def count_demand(session: Session, now: datetime) -> int:
    """Count who asked about what in the last 90 days, and return for how many subjects they are enough to say."""
    counts = popular.requesters_since(session, now - LATELY, FEWEST)
    popular.keep_counts(session, counts)
    return len(counts)
