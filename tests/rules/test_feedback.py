"""Until when a requester may say how satisfied they are, and change it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from servicedesk.rules.addresses import feedback_token, is_feedback_token, read_status_token, status_token
from servicedesk.rules.feedback import Ending, why_not
from tests.factories import NOW, later

CLOSED = Ending("closed", "accepted", NOW)
KEY = "k" * 32


@pytest.mark.parametrize("outcome", ["accepted", "expired", "answered"])
def test_a_closed_request_can_be_judged_for_sixty_days(outcome):
    ending = replace(CLOSED, outcome=outcome)
    assert why_not(ending, NOW) is None
    assert why_not(ending, later(days=60)) is None
    assert "over" in str(why_not(ending, later(days=60, seconds=1)))


@pytest.mark.parametrize(
    "ending",
    [
        Ending("resolved", None, None),
        Ending("cancelled", "withdrawn", NOW),
        Ending("closed", "duplicate", NOW),
    ],
)
def test_nobody_is_asked_about_what_was_not_answered(ending):
    assert "not closed" in str(why_not(ending, NOW))


def test_an_answer_can_be_changed_once_within_fourteen_days():
    answered = replace(CLOSED, answered_at=NOW)
    assert why_not(answered, later(days=14)) is None
    assert why_not(answered, later(days=14) + timedelta(seconds=1)) is not None
    assert why_not(replace(answered, changed_at=NOW), NOW) is not None


def test_the_token_is_of_one_ticket_and_opens_nothing_else():
    token = feedback_token(KEY, 7)
    read = read_status_token(token)
    assert read is not None
    assert read[0] == 7
    assert is_feedback_token(token, KEY, 7)
    assert not is_feedback_token(token, KEY, 8)
    assert not is_feedback_token(token, "x" * 32, 7)
    assert not is_feedback_token(status_token(KEY, 7, ""), KEY, 7)
