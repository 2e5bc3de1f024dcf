"""Whose word is the last on a ticket: the requester's awaits an answer."""

from datetime import datetime

from servicedesk.rules.states import Action

ASKS = frozenset({Action.COMMENT, Action.REFUSE, Action.REOPEN})
"""What a requester says that somebody has to answer; the request itself stands apart, as every new one."""


def unanswered_since(
    before: datetime | None, action: Action, *, by_requester: bool, answers: bool, is_open: bool, now: datetime
) -> datetime | None:
    """Return since when the requester's word awaits the staff's; None when it does not.

    `answers` says that staff spoke to the requester, `is_open` whether the ticket is open afterwards. Of several words
    in a row the first counts.
    """
    if not is_open:
        return None
    if by_requester:
        return before or (now if action in ASKS else None)
    return None if answers else before
