"""What a requester is told about the next steps, in every state (C8, C12)."""

from datetime import UTC, datetime, timedelta

import pytest

from servicedesk.rules.lifecycle import OPEN_STATES, Outcome, State, WaitingFor
from servicedesk.rules.next_steps import Clocks, next_steps

NOW = datetime(2026, 3, 1, 9, 15, tzinfo=UTC)
LATER = NOW + timedelta(days=20)


def told(state: State, **values: object) -> list[tuple[str, datetime | None]]:
    given = {"waiting_for": None, "outcome": None, "expires_at": None, "resume_at": None, "reopen_until": None}
    return [(step.msgid, step.at) for step in next_steps(Clocks(state, **{**given, **values}), NOW)]  # type: ignore[arg-type]


@pytest.mark.parametrize("state", sorted(OPEN_STATES - {State.WAITING, State.RESOLVED}))
def test_while_the_desk_works_on_it_somebody_is_named_who_has_it(state: State) -> None:
    first, _ = told(state)[0]
    assert "%(group)s" in first or state is State.NEW


@pytest.mark.parametrize(
    ("state", "values"),
    [
        (State.WAITING, {"waiting_for": WaitingFor.REQUESTER, "expires_at": LATER}),
        (State.WAITING, {"waiting_for": WaitingFor.DATE, "resume_at": LATER}),
        (State.RESOLVED, {"expires_at": LATER}),
        (State.CLOSED, {"outcome": Outcome.ACCEPTED, "reopen_until": LATER}),
        (State.CLOSED, {"outcome": Outcome.EXPIRED, "reopen_until": LATER}),
    ],
)
def test_every_day_that_will_change_something_is_named(state: State, values: dict[str, object]) -> None:
    assert [at for _, at in told(state, **values) if at] == [LATER]


@pytest.mark.parametrize("outcome", [Outcome.WITHDRAWN, Outcome.DUPLICATE, Outcome.NOT_APPROVED])
def test_what_ended_for_good_names_no_day(outcome: Outcome) -> None:
    state = State.CANCELLED if outcome is Outcome.WITHDRAWN else State.CLOSED
    assert [at for _, at in told(state, outcome=outcome, reopen_until=LATER)] == [None]


def test_after_the_window_a_new_request_is_the_way_on() -> None:
    words, at = told(State.CLOSED, outcome=Outcome.ACCEPTED, reopen_until=NOW - timedelta(seconds=1))[0]
    assert "open a new one" in words
    assert at is None


def test_an_expired_request_says_why_it_closed() -> None:
    assert told(State.CLOSED, outcome=Outcome.EXPIRED)[0] == ("The days to answer were over.", None)
