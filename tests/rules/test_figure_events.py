"""What counts of a ticket's time: not the part in which it waited for an approval."""

from datetime import datetime, timedelta

from servicedesk.rules.figure_events import Cell, Fact, History, count, steps
from servicedesk.rules.figures import bucket_of
from tests.rules.test_lifecycle import NOW

HERE = Cell("service", "keys", "DESK", None)


def fact(minutes: int, action: str, before: str | None, after: str, **changes: list[object]) -> Fact:
    return Fact(NOW + timedelta(minutes=minutes), action, before, after, changes, 7)


def minutes_between(_service: str, start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / 60


def test_the_time_until_somebody_owns_it_begins_once_it_is_approved() -> None:
    facts = [
        fact(0, "submit", None, "new"),
        fact(0, "ask_approval", "new", "new"),
        fact(600, "approve", "new", "new"),
        fact(600, "route", "new", "assigned_group"),
        fact(630, "take", "assigned_group", "assigned_technician", technician=[None, 7]),
    ]
    history = History("request", NOW, 1, HERE, facts)
    way = steps(history, {"keys": "service"})
    counted = count(history, way, NOW, NOW + timedelta(days=1), lambda _at: 0, minutes_between)
    found = [tally.spreads["own_times"] for _cell, tally in counted if tally.spreads["own_times"]]
    assert [dict(each) for each in found] == [{bucket_of(30): 1}]


def test_what_is_not_approved_is_no_request_that_the_group_has_solved() -> None:
    facts = [
        fact(0, "submit", None, "new"),
        fact(0, "ask_approval", "new", "new"),
        fact(60, "disapprove", "new", "closed", outcome=[None, "not_approved"]),
    ]
    history = History("request", NOW, 1, HERE, facts)
    way = steps(history, {"keys": "service"})
    counted = list(count(history, way, NOW, NOW + timedelta(days=1), lambda _at: 0, minutes_between))
    assert sum(tally.counts["closed"] for _cell, tally in counted) == 1
    assert not any(tally.counts["solved"] or tally.spreads["resolve_times"] for _cell, tally in counted)
