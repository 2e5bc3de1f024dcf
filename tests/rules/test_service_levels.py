"""The clocks of a ticket say the same whatever the order of its events: waiting pauses, and never shortens a target."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.rules.catalogue import LocalText
from servicedesk.rules.level_book import Book, Calendar, Operational, Subject, Target
from servicedesk.rules.level_json import book_data, read_book
from servicedesk.rules.lifecycle import WaitingFor
from servicedesk.rules.opening_hours import OpeningHours, open_time_between
from servicedesk.rules.service_levels import (
    Alert,
    Clock,
    ClockName,
    Happening,
    LevelState,
    Phase,
    Reading,
    read_clocks,
)

START = datetime(2026, 3, 2, 8, tzinfo=UTC)  # a Monday at nine in Rome
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OFFICE = Calendar("office", LocalText("Ufficio", "Office"), {day: ((540, 1020),) for day in range(5)})
ALWAYS = Calendar("always", LocalText("Sempre", "Always"), {day: ((0, 1440),) for day in range(7)})
SUBJECT = Subject("students", "request", 3, "DESK")
STATES = ("assigned_group", "in_progress", "requester", "third_party", "date", "resolved", "closed")


def opened(calendar: Calendar) -> OpeningHours:
    return OpeningHours(ZoneInfo(calendar.zone), calendar.week, calendar.seasons, frozenset({date(2026, 3, 4)}))


def book(*levels: Target | Operational) -> Book:
    return Book(
        {"office": OFFICE, "always": ALWAYS},
        tuple(each for each in levels if isinstance(each, Target)),
        tuple(each for each in levels if isinstance(each, Operational)),
        opened,
    )


EIGHT_HOURS = book(Target("usual", "office", own_minutes=120, resolve_minutes=480))


def events(*happened: tuple[timedelta, str]) -> list[Happening]:
    """Events from (after how long, action and what it leads to), such as "take assigned_technician"."""
    made = [Happening(1, START, "submit", "new"), Happening(2, START, "route", "assigned_group")]
    for number, (after, words) in enumerate(happened, 3):
        action, state = words.split()
        waits = state if state in set(WaitingFor) else None
        made.append(
            Happening(number, START + after, action, "waiting" if waits else state, action in BY_STAFF, None, waits)
        )
    return made


BY_STAFF = ("take", "start", "wait", "propose", "comment", "note")


def read(found: Sequence[Happening], now: datetime, levels: Book = EIGHT_HOURS, **subject: object) -> Reading:
    return read_clocks(found, replace(SUBJECT, **subject), ("exams", "late"), levels, now)  # type: ignore[arg-type]


def clock(found: Reading, name: str) -> Clock:
    one = found.clock(ClockName(name))
    assert one is not None
    return one


def test_both_clocks_run_from_the_opening_in_opening_hours() -> None:
    found = read(events(), START + HOUR)
    assert (clock(found, "own").due, clock(found, "resolve").due) == (START + 2 * HOUR, START + 8 * HOUR)
    assert (clock(found, "own").elapsed, found.due_at, found.state) == (HOUR, START + 2 * HOUR, LevelState.RUNNING)
    assert found.alert_at == START + 90 * MINUTE


def test_somebody_of_the_desk_has_to_act_before_it_is_owned() -> None:
    by_turns = events((MINUTE, "comment assigned_technician"))
    assert read([replace(each, is_staff=False) for each in by_turns], START + HOUR).owned_at is None
    taken = read(events((HOUR, "take assigned_technician")), START + 3 * HOUR)
    assert (taken.owned_at, clock(taken, "own").is_over, clock(taken, "own").elapsed) == (START + HOUR, True, HOUR)
    assert taken.due_at == START + 8 * HOUR


def test_waiting_for_the_requester_pauses_and_other_waits_as_the_target_says() -> None:
    asked = [(HOUR, "take in_progress"), (2 * HOUR, "wait requester"), (26 * HOUR, "comment in_progress")]
    found = read(events(*asked), START + 27 * HOUR)
    assert clock(found, "resolve").elapsed == 3 * HOUR
    assert clock(found, "resolve").due == START + DAY + 8 * HOUR
    third = [(HOUR, "take in_progress"), (2 * HOUR, "wait third_party"), (4 * HOUR, "resume in_progress")]
    assert clock(read(events(*third), START + 5 * HOUR), "resolve").elapsed == 5 * HOUR
    paused = book(Target("usual", "office", None, 480, pauses=frozenset({WaitingFor.THIRD_PARTY})))
    assert clock(read(events(*third), START + 5 * HOUR, paused), "resolve").elapsed == 3 * HOUR


def test_while_it_waits_nothing_is_due_and_nothing_is_said() -> None:
    found = read(events((HOUR, "take in_progress"), (2 * HOUR, "wait requester")), START + 30 * DAY)
    assert (found.due_at, found.alert_at, found.state) == (None, None, LevelState.PAUSED)
    assert clock(found, "resolve").breached_at is None


def test_a_solution_stops_the_clock_and_its_refusal_starts_it_again() -> None:
    solved = [(HOUR, "take in_progress"), (2 * HOUR, "propose resolved")]
    assert read(events(*solved), START + 30 * DAY).state is LevelState.MET
    refused = read(events(*solved, (4 * HOUR, "refuse in_progress")), START + 5 * HOUR)
    assert (clock(refused, "resolve").elapsed, clock(refused, "resolve").is_running) == (3 * HOUR, True)


def test_another_priority_moves_the_goal_and_not_the_beginning() -> None:
    levels = book(Target("usual", "office", None, 480), Target("high", "office", None, 120, priority=5))
    found = read(events(), START + HOUR, levels, priority=5)
    assert (clock(found, "resolve").due, clock(found, "resolve").elapsed) == (START + 2 * HOUR, HOUR)


def test_what_was_recorded_as_late_stays_late() -> None:
    found = events((9 * HOUR, "note assigned_group"))
    late = replace(found[-1], action="level_breach", level="resolve", late_since=START + 8 * HOUR)
    longer = book(Target("longer", "office", None, 4800))
    after = read([*found[:-1], late], START + 10 * HOUR, longer)
    assert (clock(after, "resolve").breached_at, after.state) == (START + 8 * HOUR, LevelState.LATE)
    assert after.alert_at is None


def test_what_ran_out_just_before_the_end_is_still_said() -> None:
    found = read(events((5 * DAY, "take in_progress"), (5 * DAY, "propose resolved")), START + 6 * DAY)
    assert {alert for each in found.clocks for _at, alert in each.alerts} == {Alert.BREACH}
    assert found.state is LevelState.MISSED


def test_a_group_has_its_own_time_from_the_hand_over() -> None:
    levels = book(Operational("any", "always", "SECOND", 600), Operational("from desk", "always", "SECOND", 60, "DESK"))
    handed = replace(events((HOUR, "forward assigned_group"))[-1], group=("DESK", "SECOND"))
    found = read([*events(), handed], START + 90 * MINUTE, levels, group="SECOND")
    assert (clock(found, "hold").due, clock(found, "hold").elapsed) == (START + 2 * HOUR, 30 * MINUTE)
    routed = replace(events()[1], group=("DESK", "SECOND"))
    first = read([events()[0], routed], START + HOUR, levels, group="SECOND")
    assert clock(first, "hold").due == START + 10 * HOUR


@pytest.mark.parametrize(
    ("subject", "path", "key"),
    [
        ({}, ("exams", "late"), "below"),
        ({"priority": 5}, ("exams",), "exams"),
        ({"priority": 5}, ("fees",), "high"),
        ({"priority": 6}, ("fees",), "high"),
        ({"kind": "incident"}, ("fees",), "incident"),
        ({}, ("fees",), "service"),
        ({"service_id": "other"}, ("fees",), "all"),
    ],
)
def test_the_nearest_target_wins(subject: dict[str, object], path: tuple[str, ...], key: str) -> None:
    levels = book(
        Target("all", "office", 60),
        Target("service", "office", 60, service_id="students"),
        Target("incident", "office", 60, kind="incident"),
        Target("high", "office", 60, priority=5),
        Target("exams", "office", 60, category="exams"),
        Target("below", "office", 60, category="late"),
    )
    found = levels.target_for(replace(SUBJECT, **subject), path)  # type: ignore[arg-type]
    assert found is not None
    assert found.key == key


def test_a_book_is_stored_and_read_as_it_was() -> None:
    before = book(Target("usual", "office", 60, 480, priority=3), Operational("hold", "always", "DESK", 60))
    after = read_book(book_data(before), opened)
    assert after == before
    assert after.hours("office") is not None


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Target("none", "office"),
        lambda: Target("turned", "office", 60, 30),
        lambda: Target("asked", "office", 60, pauses=frozenset({WaitingFor.REQUESTER})),
        lambda: Operational("own", "office", "DESK", 60, "DESK"),
        lambda: book(Target("nowhere", "no such calendar", 60)),
        lambda: book(Target("one", "office", 60), Target("two", "office", 90)),
        lambda: replace(OFFICE, week={}),
        lambda: replace(OFFICE, week={0: ((600, 700), (650, 800))}),
        lambda: replace(OFFICE, zone="Rome"),
    ],
)
def test_levels_that_cannot_be_are_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        wrong()  # type: ignore[operator]


steps = st.lists(st.tuples(st.integers(0, 3000), st.sampled_from(STATES)), max_size=8)


def random_events(chosen: list[tuple[int, str]]) -> list[Happening]:
    after, happened = timedelta(), []
    for minutes, state in chosen:
        after += minutes * MINUTE
        happened.append((after, f"note {state}"))
    return events(*happened)


@given(steps, st.integers(0, 20_000))
def test_elapsed_and_paused_time_are_all_the_open_time_there_was(chosen: list[tuple[int, str]], more: int) -> None:
    found = random_events(chosen)
    now = found[-1].at + more * MINUTE
    reading = read(found, now)
    hours = opened(OFFICE)
    paused = sum(
        (
            open_time_between(each.start, each.end or now, hours)
            for each in reading.periods
            if each.phase in (Phase.REQUESTER, Phase.SOLVED, Phase.ENDED)
        ),
        timedelta(),
    )
    assert clock(reading, "resolve").elapsed + paused == open_time_between(START, now, hours)


@given(steps, st.integers(0, 8), st.integers(1, 5000))
def test_more_waiting_never_makes_anything_due_earlier(chosen: list[tuple[int, str]], place: int, minutes: int) -> None:
    """Somebody waits for the requester at any point, and everything after happens that much later."""
    found = random_events(chosen)
    at = min(place + 2, len(found))
    waits = Happening(0, found[at - 1].at, "wait", "waiting", True, None, "requester")
    before = found[at - 1]
    resumes = replace(before, at=before.at + minutes * MINUTE, action="resume", waiting_for=before.waiting_for)
    longer = [*found[:at], waits, resumes, *(replace(each, at=each.at + minutes * MINUTE) for each in found[at:])]
    levels = book(Target("usual", "always", None, 3000))
    now = START + 100 * DAY
    plain, later = (clock(read(each, now, levels), "resolve").due for each in (found, longer))
    assert plain is not None
    assert later is not None
    assert later >= plain


@given(steps)
def test_events_that_change_nothing_change_no_clock(chosen: list[tuple[int, str]]) -> None:
    found, now = random_events(chosen), START + 60 * DAY
    doubled = [
        each for event in found for each in (event, replace(event, action="edit", is_staff=False, waiting_for=None))
    ]
    assert read(doubled, now) == read(found, now)


@given(steps, st.integers(1, 10_000), st.integers(0, 10_000))
def test_a_longer_target_is_never_due_earlier(chosen: list[tuple[int, str]], minutes: int, more: int) -> None:
    found, now = random_events(chosen), START + 60 * DAY
    short, long = (
        clock(read(found, now, book(Target("usual", "office", None, each))), "resolve").due
        for each in (minutes, minutes + more)
    )
    assert short is not None
    assert long is not None
    assert short <= long
