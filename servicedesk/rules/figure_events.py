"""What a ticket's events say of the desk's days: where it was when, and what counts for whom."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from servicedesk.rules.figures import Tally, age_class, bucket_of
from servicedesk.rules.lifecycle import OPEN_STATES, TRANSITIONS, Action, State
from servicedesk.rules.relations import CONVERTED

UNSOLVED = frozenset(OPEN_STATES) - {State.RESOLVED}
"""Where the desk still has to answer: what waits in these states is its backlog."""
SOLVED = frozenset({State.RESOLVED, State.CLOSED})
_ENDED_ELSEWHERE = frozenset({Action.MERGE, Action.DUPLICATE})
"""What ends a request because another one is answered."""
_NO_SOLUTION = _ENDED_ELSEWHERE | {Action.DISAPPROVE}
ANSWERING = frozenset(action for action, row in TRANSITIONS.items() if row.answers) - _NO_SOLUTION
REQUESTS = frozenset(CONVERTED)
"""The kinds that somebody waits for; the others have counts of their own."""
OTHER_KINDS: Mapping[str, tuple[str, str]] = {
    "problem": ("problems", "problems_solved"),
    "change": ("changes", "changes_solved"),
}
"""What is counted of the kinds of ticket that are work among staff: those opened, those solved."""
_OPENING = frozenset({Action.SUBMIT, Action.ROUTE})
_JUDGED: Mapping[str, str] = {
    Action.ACCEPT: "accepted",
    Action.REFUSE: "refused",
    Action.EXPIRE: "expired",
    Action.REOPEN: "reopened",
}
_MOVED: Mapping[str, str] = {"category": "category_key", "group": "group_code", "technician": "technician_id"}
Spent = Callable[[str, datetime, datetime], float]
"""Minutes that count between two instants, for a service."""


@dataclass(frozen=True, slots=True)
class Cell:
    """For whom something counts."""

    service_id: str
    category_key: str
    group_code: str
    technician_id: int | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One event, with nothing but what is counted."""

    at: datetime
    action: str
    before: str | None
    after: str
    changes: Mapping[str, Any]
    by: int | None
    """The person who acted; None for the desk itself."""


@dataclass(frozen=True, slots=True)
class Step:
    """An event with the places the ticket was in before and after it."""

    fact: Fact
    left: Cell
    entered: Cell

    @property
    def is_solving(self) -> bool:
        """Whether the ticket leaves the backlog answered."""
        return self._ends and self.fact.action not in _NO_SOLUTION

    @property
    def is_merging(self) -> bool:
        """Whether the ticket leaves the backlog because another one is answered."""
        return self._ends and self.fact.action in _ENDED_ELSEWHERE

    @property
    def _ends(self) -> bool:
        return self.fact.before in UNSOLVED and self.fact.after in SOLVED


@dataclass(frozen=True, slots=True)
class History:
    """A ticket with every event it ever had, in their order; `present` is where it is now."""

    kind: str
    opened_at: datetime
    requester_id: int
    present: Cell
    facts: Sequence[Fact]
    own_late_at: datetime | None = None
    resolve_late_at: datetime | None = None
    graded_at: datetime | None = None
    grade: int | None = None


def steps(history: History, service_of: Mapping[str, str]) -> list[Step]:
    """Return the ticket's way; `service_of` tells the service of a category, the present one where it is unknown."""
    here, found = _beginning(history, service_of), []
    for fact in history.facts:
        changed = {name: fact.changes[key][1] for key, name in _MOVED.items() if key in fact.changes}
        there = _in_service(replace(here, **changed), service_of) if changed else here
        found.append(Step(fact, here, there))
        here = there
    return found


def _beginning(history: History, service_of: Mapping[str, str]) -> Cell:
    first: dict[str, Any] = {}
    for fact in history.facts:
        for key, name in _MOVED.items():
            if key in fact.changes:
                first.setdefault(name, fact.changes[key][0])
    return _in_service(replace(history.present, **first), service_of)


def _in_service(cell: Cell, service_of: Mapping[str, str]) -> Cell:
    return replace(cell, service_id=service_of.get(cell.category_key, cell.service_id))


def place_at(way: Sequence[Step], instant: datetime) -> tuple[Cell, str] | None:
    """Return where the ticket was just before an instant, and its state; None before it was there."""
    past = [step for step in way if step.fact.at < instant]
    return (past[-1].entered, past[-1].fact.after) if past else None


Counted = tuple[Cell, Tally]


def count(
    history: History, way: Sequence[Step], start: datetime, end: datetime, hour: Callable[[datetime], int], spent: Spent
) -> Iterator[Counted]:
    """Yield what this ticket adds to the time from `start` to before `end`; `hour` gives the hour of the week."""
    inside = [step for step in way if start <= step.fact.at < end]
    if history.kind not in REQUESTS:
        yield from _of_another_kind(history.kind, way, inside)
        return
    for step in inside:
        yield from _happened(step)
    yield from _arrived(way, start, end, hour)
    yield from _times(history, way, start, end, spent)
    for name, at in (("own_late", history.own_late_at), ("resolve_late", history.resolve_late_at)):
        if at is not None and start <= at < end:
            yield _seen_at(way, at, history.present), _one(name)
    if history.graded_at is not None and history.grade is not None and start <= history.graded_at < end:
        grade = _one("graded")
        grade.counts["grade_sum"] = history.grade
        yield _seen_at(way, history.graded_at, history.present), grade


def _of_another_kind(kind: str, way: Sequence[Step], inside: Sequence[Step]) -> Iterator[Counted]:
    opened, solved = OTHER_KINDS[kind]
    for step in inside:
        if step is way[0]:
            yield _arrival_of(way).entered, _one(opened)
        if step.is_solving:
            yield step.left, _one(solved)


def waiting(cell: Cell, opened_at: datetime, end: datetime) -> Counted:
    """Return what a ticket of the backlog adds at the end of a day."""
    return cell, _one(age_class((end - opened_at).total_seconds() / 86_400))


def _one(name: str) -> Tally:
    tally = Tally()
    tally.counts[name] = 1
    return tally


def _seen_at(way: Sequence[Step], at: datetime, otherwise: Cell) -> Cell:
    found = place_at(way, at)
    return found[0] if found else otherwise


def _happened(step: Step) -> Iterator[Counted]:
    fact, left, entered = step.fact, step.left, step.entered
    if fact.action in _JUDGED:
        yield left, _one(_JUDGED[fact.action])
    if step.is_solving:
        yield left, _one("solved")
    if step.is_merging:
        yield left, _one("merged")
    if fact.after == State.CANCELLED and fact.before != State.CANCELLED:
        yield left, _one("withdrawn")
    if fact.after == State.CLOSED and fact.before != State.CLOSED:
        yield left, _one("closed")
    if entered.technician_id is not None and entered.technician_id != left.technician_id:
        yield entered, _one("taken")
    if entered.group_code != left.group_code and fact.action not in _OPENING:
        yield left, _one("moved_out")
        yield entered, _one("moved_in")


def _arrived(way: Sequence[Step], start: datetime, end: datetime, hour: Callable[[datetime], int]) -> Iterator[Counted]:
    if not way or not start <= way[0].fact.at < end:
        return
    arrival = _one("arrivals")
    arrival.hours[hour(way[0].fact.at)] = 1
    yield _arrival_of(way).entered, arrival


def _arrival_of(way: Sequence[Step]) -> Step:
    # Filed and routed in one transaction: it arrives where it was routed to.
    opening = [step for step in way if step.fact.at == way[0].fact.at and step.fact.action in _OPENING]
    return opening[-1] if opening else way[0]


def _times(history: History, way: Sequence[Step], start: datetime, end: datetime, spent: Spent) -> Iterator[Counted]:
    answers = (step for step in way if _is_answer(step, history.requester_id))
    owners = (step for step in way if step.entered.technician_id is not None)
    firsts = (("answer_times", next(answers, None)), ("own_times", next(owners, None)))
    solutions = [("resolve_times", step) for step in way if step.is_solving]
    for name, step in (*firsts, *solutions):
        if step is not None and start <= step.fact.at < end:
            minutes = spent(step.entered.service_id, history.opened_at, step.fact.at)
            minutes -= sum(spent(step.entered.service_id, *pause) for pause in _unapproved(way, step.fact.at))
            tally = Tally()
            tally.spreads[name][bucket_of(minutes)] = 1
            yield step.entered, tally


def _unapproved(way: Sequence[Step], until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The stretches before an instant in which an approval was awaited: nobody could begin."""
    for step, following in pairwise(way):
        start, end = step.fact.at, min(following.fact.at, until)
        if step.fact.after == State.NEW and start < end:
            yield start, end


def _is_answer(step: Step, requester_id: int) -> bool:
    fact = step.fact
    is_by_follower = fact.changes.get("as") is not None
    return fact.action in ANSWERING and fact.by is not None and fact.by != requester_id and not is_by_follower
