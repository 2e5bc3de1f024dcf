"""Whose word is the last on a ticket."""

from datetime import UTC, datetime, timedelta

import pytest

from servicedesk.rules.last_word import unanswered_since
from servicedesk.rules.states import Action

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=3)


@pytest.mark.parametrize(
    ("before", "action", "by_requester", "answers", "is_open", "expected"),
    [
        (None, Action.SUBMIT, True, False, True, None),
        (None, Action.COMMENT, True, True, True, NOW),
        (EARLIER, Action.COMMENT, True, True, True, EARLIER),
        (None, Action.REFUSE, True, False, True, NOW),
        (None, Action.REOPEN, True, False, True, NOW),
        (EARLIER, Action.EDIT, True, False, True, EARLIER),
        (EARLIER, Action.COMMENT, False, True, True, None),
        (EARLIER, Action.PROPOSE, False, True, True, None),
        (EARLIER, Action.NOTE, False, False, True, EARLIER),
        (EARLIER, Action.TAKE, False, False, True, EARLIER),
        (EARLIER, Action.DUPLICATE, False, True, False, None),
        (EARLIER, Action.WITHDRAW, True, False, False, None),
    ],
)
def test_the_requesters_word_awaits_an_answer_until_staff_speak_or_the_ticket_ends(
    before: datetime | None,
    action: Action,
    by_requester: bool,
    answers: bool,
    is_open: bool,
    expected: datetime | None,
) -> None:
    found = unanswered_since(before, action, by_requester=by_requester, answers=answers, is_open=is_open, now=NOW)
    assert found == expected
