"""Slots on the wall and in time: windows, holidays, closures, summer time, lead time, horizon, seats, deadlines."""

from dataclasses import asdict, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from servicedesk.rules import appointments as rules
from servicedesk.rules.appointments import Slot, Stage
from servicedesk.rules.counters import Closure, Counter, Mode, Topic, Window, key_from, read_counter
from servicedesk.rules.errors import Invalid
from tests.counters import counter

MONDAY = date(2026, 3, 9)
NOW = datetime(2026, 3, 6, 9, tzinfo=UTC)


def walls(made: Counter, day: date, minutes: int = 10) -> list[str]:
    return [f"{slot.starts_at.astimezone(made.clock):%H:%M}" for slot in rules.slots(made, day, minutes)]


def test_a_window_gives_a_slot_at_every_step_that_ends_before_it_closes() -> None:
    assert walls(counter(slot_minutes=10), MONDAY) == ["09:00", "09:10", "09:20", "09:30", "09:40", "09:50"]
    assert walls(counter(slot_minutes=10), MONDAY, 45) == ["09:00", "09:10"]


def test_a_day_without_a_window_has_no_slot() -> None:
    assert walls(counter(), MONDAY + timedelta(days=1)) == []


def test_a_window_for_a_date_replaces_those_of_its_weekday() -> None:
    made = counter(windows=(*counter().windows, Window(opens=time(14), closes=time(14, 20), day=MONDAY)))
    assert walls(made, MONDAY) == ["14:00", "14:05", "14:10"]
    assert walls(made, MONDAY + timedelta(days=7))[0] == "09:00"


@pytest.mark.parametrize("day", [date(2026, 4, 6), date(2027, 11, 1)])
def test_public_holidays_are_closed(day: date) -> None:
    assert walls(counter(), day) == []


def test_a_patron_saints_day_is_closed_in_its_province_alone() -> None:
    saint = date(2030, 8, 26)
    assert walls(counter(province="BG"), saint) == []
    assert walls(counter(province="MI"), saint) != []


def test_a_holiday_is_open_where_a_window_names_its_date() -> None:
    monday = date(2026, 4, 6)
    made = counter(windows=(Window(opens=time(9), closes=time(9, 10), day=monday),))
    assert walls(made, monday) == ["09:00"]


def test_a_closure_closes_its_first_and_its_last_day() -> None:
    made = counter(closures=(Closure(first_day=MONDAY, last_day=MONDAY + timedelta(days=7)),))
    assert [bool(walls(made, MONDAY + timedelta(days=days))) for days in (-7, 0, 7, 14)] == [True, False, False, True]


def test_at_summer_time_the_missing_hour_has_no_slot_and_office_hours_keep_their_wall_time() -> None:
    change = date(2026, 3, 29)
    night = counter(slot_minutes=30, windows=(Window(opens=time(1), closes=time(4), day=change),))
    assert walls(night, change, 30) == ["01:00", "01:30", "03:00", "03:30"]
    before, after = rules.slots(counter(), date(2026, 3, 23), 10)[0], rules.slots(counter(), date(2026, 3, 30), 10)[0]
    assert (before.starts_at.hour, after.starts_at.hour) == (8, 7)


def test_when_summer_time_ends_a_doubled_wall_time_has_one_slot_and_none_overlap() -> None:
    change = date(2026, 10, 25)
    night = counter(slot_minutes=30, windows=(Window(opens=time(1), closes=time(4), day=change),))
    found = rules.slots(night, change, 30)
    assert [f"{slot.starts_at:%H:%M}" for slot in found] == ["23:00", "23:30", "01:00", "01:30", "02:00", "02:30"]
    assert all(first.ends_at <= second.starts_at for first, second in zip(found, found[1:], strict=False))


def test_only_times_after_the_lead_time_and_within_the_horizon_are_free() -> None:
    made = counter(lead_minutes=60, horizon_days=3)
    at_nine = datetime(2026, 3, 9, 7, 30, tzinfo=UTC)  # half past eight on the wall
    free = [f"{slot.starts_at:%H:%M}" for slot in rules.free_slots(made, MONDAY, 10, {}, at_nine)]
    assert free[0] == "08:30"
    assert rules.free_slots(made, MONDAY, 10, {}, NOW - timedelta(days=1)) == []
    assert rules.free_slots(made, MONDAY, 10, {}, NOW)
    assert rules.free_slots(replace(made, is_active=False), MONDAY, 10, {}, NOW) == []


def test_a_slot_is_free_while_one_seat_is_free_for_its_whole_length() -> None:
    slot = Slot(NOW, NOW + timedelta(minutes=10))
    second = NOW + timedelta(minutes=5)
    assert rules.units(slot) == [NOW, second]
    assert rules.free_seat(slot, {}, 1) == 0
    assert rules.free_seat(slot, {second: [0]}, 1) is None
    assert rules.free_seat(slot, {NOW: [0]}, 2) == 1
    assert rules.free_seat(slot, {NOW: [0], second: [1]}, 2) is None


def test_the_first_free_day_passes_over_full_and_closed_ones() -> None:
    made = counter()
    full = {unit: [0] for slot in rules.slots(made, MONDAY, 5) for unit in rules.units(slot)}
    assert rules.first_free_day(made, 10, {}, NOW) == MONDAY
    assert rules.first_free_day(made, 10, full, NOW) == MONDAY + timedelta(days=7)
    assert rules.first_free_day(counter(windows=()), 10, {}, NOW) is None


def test_an_appointment_changes_until_the_deadline_and_only_while_it_is_booked() -> None:
    made, starts = counter(cancel_minutes=120), NOW + timedelta(hours=2)
    assert rules.may_change(made, Stage.BOOKED, starts, NOW)
    assert not rules.may_change(made, Stage.BOOKED, starts, NOW + timedelta(seconds=1))
    assert not rules.may_change(made, Stage.PRESENT, starts, NOW)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"modes": ["online"], "meeting_url": ""}, "meeting_url"),
        ({"zone": "Europe/Nowhere"}, "time zone"),
        ({"province": "ZZ"}, "holidays"),
        ({"topics": []}, "topics"),
        ({"slot_minutes": 7}, "multiple of 5"),
        ({"windows": [{"opens": "10:00:00", "closes": "09:00:00", "weekday": 0}]}, "closes after"),
        ({"windows": [{"opens": "09:00:00", "closes": "10:00:00"}]}, "weekday or a day"),
        ({"windows": [{"opens": "09:02:00", "closes": "10:00:00", "weekday": 0}]}, "multiple of 5"),
        ({"closures": [{"first_day": "2026-03-02", "last_day": "2026-03-01"}]}, "first day"),
        ({"topics": [asdict(counter().topics[0])] * 2}, "same key"),
    ],
)
def test_a_counter_that_cannot_work_is_refused_with_the_reason(change: dict[str, Any], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        read_counter({**counter().as_data(), **change})


def test_a_counter_reads_back_from_its_stored_form() -> None:
    made = counter(closures=(Closure(first_day=MONDAY, last_day=MONDAY),))
    assert read_counter(made.as_data()) == made
    assert made.topic("exams") == Topic(key="exams", name=made.topics[0].name, minutes=10)
    assert made.topic("nothing") is None


@pytest.mark.parametrize(
    ("change", "is_kept"),
    [
        ({}, True),
        ({"windows": (Window(opens=time(9), closes=time(9, 10), weekday=0),)}, True),
        ({"windows": (Window(opens=time(9), closes=time(9, 5), weekday=0),)}, False),
        ({"windows": (*counter().windows, Window(opens=time(14), closes=time(15), day=MONDAY))}, False),
        ({"closures": (Closure(first_day=MONDAY, last_day=MONDAY),)}, False),
        ({"modes": (Mode.ONLINE,)}, False),
        ({"topics": (Topic(key="other", name=counter().name, minutes=5),)}, False),
    ],
)
def test_a_booking_fits_while_its_counter_would_still_give_it(change: dict[str, Any], is_kept: bool) -> None:
    booked = rules.slots(counter(), MONDAY, 10)[0]
    assert rules.fits(counter(**change), "exams", Mode.IN_PERSON, booked) is is_kept


def test_a_key_is_made_of_a_names_letters_and_used_once() -> None:
    assert key_from("Università: tasse & più!", ()) == "universita-tasse-piu"
    assert key_from("Fees", ["fees", "fees-2"]) == "fees-3"
    assert key_from("学费", ()) == "x"
