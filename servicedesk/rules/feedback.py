"""When the requester of a closed ticket is asked how satisfied they are, and until when they may answer (F13)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from servicedesk.rules.lifecycle import Outcome, State
from servicedesk.rules.sentences import N_, Sentence

GRADES = range(1, 6)
LONGEST = 2000
"""Characters of a comment."""
REST = timedelta(days=7)
"""Nobody is asked again by mail before this has passed, whichever ticket closes."""
OPEN_FOR = timedelta(days=60)
"""How long after closing the question can be answered."""
CHANGEABLE_FOR = timedelta(days=14)
"""How long an answer can be changed, once."""
ANSWERED_BY_DESK = frozenset({Outcome.ACCEPTED, Outcome.EXPIRED, Outcome.ANSWERED})
"""Ends that are worth the question: of a withdrawn request or a duplicate there is nothing to say."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a ticket ended, and what its requester has said of it."""

    state: str
    outcome: str | None
    closed_at: datetime | None
    answered_at: datetime | None = None
    changed_at: datetime | None = None


def why_not(ending: Ending, now: datetime) -> Sentence | None:
    """Return why the question cannot be answered now, None when it can."""
    if ending.state != State.CLOSED or ending.closed_at is None or ending.outcome not in ANSWERED_BY_DESK:
        return Sentence(N_("This request is not closed: we ask for your opinion once it is."))
    if ending.answered_at is None:
        if now <= ending.closed_at + OPEN_FOR:
            return None
        return Sentence(N_("The time for telling us your opinion is over. Thank you all the same."))
    if ending.changed_at is not None:
        return Sentence(N_("You have told us your opinion, and changed it once. Thank you."))
    if now > ending.answered_at + CHANGEABLE_FOR:
        return Sentence(N_("You have told us your opinion, and it can no longer be changed. Thank you."))
    return None
