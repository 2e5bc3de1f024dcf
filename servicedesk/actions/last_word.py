"""Keeping on a ticket whether the requester wrote last, so that queues can be filtered and sorted by it."""

from servicedesk.actions.details import Situation
from servicedesk.rules.last_word import unanswered_since
from servicedesk.rules.lifecycle import OPEN_STATES, Transition
from servicedesk.rules.permissions import is_requester, speaks_as_follower


def note(s: Situation, transition: Transition) -> None:
    """Keep since when the requester's word awaits the staff's, with the ticket in the state just entered."""
    s.ticket.unanswered_since = unanswered_since(
        s.ticket.unanswered_since,
        s.action,
        by_requester=is_requester(s.actor, s.facts),
        answers=transition.answers and not speaks_as_follower(s.actor, s.facts),
        is_open=s.ticket.state in OPEN_STATES,
        now=s.now,
    )
