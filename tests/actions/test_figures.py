"""The figures of a day are counted from events: again and again the same, and each event on its own day."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from servicedesk.actions import figures
from servicedesk.actions.details import Details
from servicedesk.actions.merging import merge
from servicedesk.actions.tickets import act
from servicedesk.rules.figures import AGES, COUNTING, COUNTS, Tally
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.permissions import SYSTEM
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.figures import Figure, FigureDay, TechnicianFigure
from servicedesk.store.models.following import Feedback
from servicedesk.store.models.people import Person
from tests import factories
from tests.factories import NOW, ROME

DAY = timedelta(days=1)
TODAY = date(2026, 3, 2)
WORDS = Details(note=from_plain("Words."))


@pytest.fixture
def worker(session):
    factories.publish(session)
    return factories.technician(session)


def counted(session, day=TODAY, now=NOW + timedelta(hours=8)):
    """Count a day and return what was kept of it, by what was counted, without zeros."""
    figures.keep_day(session, day, figures.tallied(session, day, ROME, now), now)
    tally = Tally()
    for row in session.execute(sa.select(*Figure.__table__.columns).where(Figure.grain == "d", Figure.day == day)):
        tally.add(Tally.from_row(row))
    return {name: tally[name] for name in (*COUNTS, *AGES) if tally[name]}


def own(session, who, day=TODAY):
    """What was kept of the day of one technician."""
    rows = sa.select(*TechnicianFigure.__table__.columns)
    found = session.execute(
        rows.where(TechnicianFigure.technician_id == who.id, TechnicianFigure.day == day, TechnicianFigure.grain == "d")
    )
    tally = Tally()
    for row in found:
        tally.add(Tally.from_row(row))
    return {name: tally[name] for name in (*COUNTS, *AGES) if tally[name]}


def asker(session, ticket):
    return factories.actor(session, session.get(Person, ticket.requester_id), ticket)


def test_a_day_counts_what_arrived_and_what_became_of_it(session, worker):
    for state in (State.ASSIGNED_GROUP, State.RESOLVED, State.CLOSED, State.CANCELLED):
        factories.ticket(session, state=state, technician=worker)
    assert counted(session) == {
        "arrivals": 4,
        "taken": 2,
        "solved": 2,
        "accepted": 1,
        "closed": 1,
        "withdrawn": 1,
        "open_day": 1,
    }
    assert own(session, worker) == {"taken": 2, "solved": 2, "accepted": 1, "closed": 1}


def test_counting_a_day_again_gives_the_same(session, worker):
    factories.ticket(session, state=State.RESOLVED, technician=worker)
    first = counted(session)
    assert counted(session) == first
    assert session.scalar(sa.select(sa.func.count()).select_from(FigureDay)) == 1


def test_a_refusal_counts_on_its_own_day_and_changes_nothing_of_the_day_before(session, worker):
    ticket = factories.ticket(session, state=State.RESOLVED, technician=worker)
    before = counted(session)
    act(session, ticket, Action.REFUSE, asker(session, ticket), NOW + DAY, WORDS)
    assert counted(session, now=NOW + 2 * DAY) == before
    assert counted(session, TODAY + DAY, NOW + 2 * DAY) == {"refused": 1, "open_week": 1}


def test_what_waits_at_the_end_of_a_day_is_what_waited_before_with_what_came_and_without_what_went(session, worker):
    tickets = [factories.ticket(session, state=State.IN_PROGRESS, technician=worker) for _ in range(3)]
    act(session, tickets[0], Action.PROPOSE, factories.actor(session, worker), NOW + DAY, WORDS)
    act(session, tickets[1], Action.WITHDRAW, asker(session, tickets[1]), NOW + 2 * DAY)
    act(session, tickets[0], Action.REFUSE, asker(session, tickets[0]), NOW + 3 * DAY, WORDS)
    late = NOW + 9 * DAY
    waiting = [sum(counted(session, TODAY + number * DAY, late).get(age, 0) for age in AGES) for number in range(5)]
    assert waiting == [3, 2, 1, 2, 2]


def test_an_event_counts_for_the_category_and_group_of_its_time(session, worker):
    factories.technician(session, "FEW")
    ticket = factories.ticket(session, state=State.IN_PROGRESS, technician=worker)
    moved = Details(category="exams")
    act(session, ticket, Action.RECLASSIFY, factories.actor(session, worker), NOW + DAY, moved)
    counted(session, now=NOW + 3 * DAY)
    counted(session, TODAY + DAY, NOW + 3 * DAY)
    rows = session.execute(
        sa.select(
            Figure.day, Figure.group_code, Figure.category_key, Figure.arrivals, Figure.moved_out, Figure.moved_in
        )
    ).all()
    assert sorted(tuple(row) for row in rows) == [
        (TODAY, "DESK", "fees", 1, 0, 0),
        (TODAY + DAY, "DESK", "fees", 0, 1, 0),
        (TODAY + DAY, "FEW", "exams", 0, 0, 1),
    ]


def test_times_run_from_the_opening_to_the_first_answer_the_first_owner_and_each_solution(session, worker):
    ticket = factories.ticket(session)
    me = factories.actor(session, worker)
    act(session, ticket, Action.TAKE, me, NOW + timedelta(hours=1))
    act(session, ticket, Action.COMMENT, me, NOW + timedelta(hours=2), WORDS)
    act(session, ticket, Action.PROPOSE, me, NOW + timedelta(hours=4), WORDS)
    counted(session)
    row = session.execute(sa.select(*Figure.__table__.columns)).one()
    tally = Tally.from_row(row)
    found = [tally.time(name, 0.5) for name in ("own_times", "answer_times", "resolve_times")]
    assert found == pytest.approx([60, 120, 240], rel=0.05)


def test_times_are_those_in_which_the_service_is_open(session, worker):
    ticket = factories.ticket(session)  # Monday, 10:00 in Rome; open from 9 to 17
    me = factories.actor(session, worker)
    act(session, ticket, Action.TAKE, me, NOW + DAY)
    counted(session, TODAY + DAY, NOW + 2 * DAY)
    row = session.execute(sa.select(*Figure.__table__.columns)).one()
    assert Tally.from_row(row).time("own_times", 0.5) == pytest.approx(8 * 60, rel=0.05)


def test_the_hour_of_an_arrival_is_that_of_the_desks_wall(session, worker):
    factories.ticket(session)  # Monday, 10:00 in Rome
    counted(session)
    assert session.scalars(sa.select(Figure.hours)).one() == {"10": 1}


def test_a_grade_and_an_expiry_count_when_they_come(session, worker):
    ticket = factories.ticket(session, state=State.RESOLVED, technician=worker)
    act(session, ticket, Action.EXPIRE, SYSTEM, NOW + 21 * DAY)
    asked = session.get(Feedback, ticket.id) or Feedback(ticket_id=ticket.id, person_id=ticket.requester_id)
    asked.grade, asked.answered_at = 4, NOW + 22 * DAY
    session.add(asked)
    session.flush()
    late = NOW + 30 * DAY
    assert counted(session, TODAY + 21 * DAY, late) == {"expired": 1, "closed": 1}
    assert counted(session, TODAY + 22 * DAY, late) == {"graded": 1, "grade_sum": 4}


def test_a_request_that_an_answer_made_needless_is_counted(session, worker):
    for _ in range(2):
        figures.note_needless(session, "fees", ROME, NOW)
    assert counted(session) == {"needless": 2}


def test_a_month_is_its_days_together_and_what_waits_on_its_last(session, worker):
    factories.ticket(session, state=State.RESOLVED, technician=worker)
    factories.ticket(session)
    late = NOW + 60 * DAY
    for number in range(30):
        counted(session, TODAY + number * DAY, late)
    figures.keep_month(session, date(2026, 3, 1))
    month = session.execute(sa.select(*Figure.__table__.columns).where(Figure.grain == "m")).one()
    assert (month.arrivals, month.solved, Tally.from_row(month).backlog, month.open_month) == (2, 1, 1, 1)


def test_what_was_never_counted_is_due_and_the_last_days_once_a_day(session, worker):
    factories.ticket(session, now=NOW - 6 * DAY)
    due = figures.days_due(session, ROME, NOW)
    assert due == [TODAY - number * DAY for number in range(6, -1, -1)]
    for day in due:
        counted(session, day, NOW)
    assert figures.days_due(session, ROME, NOW + timedelta(minutes=15)) == [TODAY]
    assert figures.days_due(session, ROME, NOW + DAY) == [TODAY + number * DAY for number in range(-2, 2)]
    assert figures.months_due(due, ROME, NOW) == [date(2026, 2, 1)]


def test_what_was_merged_or_repeated_is_no_solution_and_comes_back_when_it_is_separated(session, worker):
    going, staying, same = (factories.ticket(session, state=State.IN_PROGRESS, technician=worker) for _ in range(3))
    me = factories.actor(session, worker)
    merge(session, going.number, staying.number, me, NOW + timedelta(hours=1), WORDS)
    repeated = Details(duplicate_of=staying.number)
    act(session, same, Action.DUPLICATE, me, NOW + timedelta(hours=1), repeated)
    assert counted(session) == {"arrivals": 3, "taken": 3, "merged": 2, "closed": 2, "open_day": 1}
    row = session.execute(sa.select(*Figure.__table__.columns)).one()
    assert (row.resolve_times, row.answer_times) == ({}, {})
    act(session, going, Action.UNMERGE, me, NOW + DAY)
    assert counted(session, TODAY + DAY, NOW + 2 * DAY) == {"open_week": 2}


def test_a_solution_for_many_counts_for_each_of_them_with_its_time_and_its_acceptance(session, worker):
    tickets = [factories.ticket(session, state=State.IN_PROGRESS, technician=worker) for _ in range(2)]
    me = factories.actor(session, worker)
    for ticket in tickets:
        act(session, ticket, Action.SOLVE_TOGETHER, me, NOW + timedelta(hours=2), WORDS)
    act(session, tickets[0], Action.ACCEPT, asker(session, tickets[0]), NOW + timedelta(hours=3))
    act(session, tickets[1], Action.REFUSE, asker(session, tickets[1]), NOW + timedelta(hours=3), WORDS)
    assert counted(session) == {
        **{"arrivals": 2, "taken": 2, "solved": 2},
        **{"accepted": 1, "refused": 1, "closed": 1, "open_day": 1},
    }
    row = session.execute(sa.select(*Figure.__table__.columns)).one()
    tally = Tally.from_row(row)
    assert tally.spreads["resolve_times"].total() == tally.spreads["answer_times"].total() == 2
    assert tally.time("resolve_times", 0.5) == pytest.approx(120, rel=0.05)


def test_problems_and_changes_have_their_own_counts_and_no_part_in_those_of_requests(session, worker):
    factories.ticket(session)
    for kind in ("problem", "change"):
        made = factories.ticket(session, state=State.RESOLVED, technician=worker)
        made.kind = kind
    session.flush()
    assert counted(session) == {
        **{"arrivals": 1, "open_day": 1},
        **{"problems": 1, "problems_solved": 1, "changes": 1, "changes_solved": 1},
    }


def test_counting_all_days_anew_gives_what_was_counted_day_by_day(session, worker):
    tickets = [factories.ticket(session, state=State.IN_PROGRESS, technician=worker) for _ in range(3)]
    me, late = factories.actor(session, worker), NOW + 9 * DAY

    def every(now):
        return [counted(session, TODAY + number * DAY, now) for number in range(5)]

    act(session, tickets[0], Action.PROPOSE, me, NOW + timedelta(hours=2), WORDS)
    first = counted(session)
    merge(session, tickets[1].number, tickets[2].number, me, NOW + DAY, WORDS)
    second = counted(session, TODAY + DAY, NOW + DAY + timedelta(hours=12))
    act(session, tickets[0], Action.REFUSE, asker(session, tickets[0]), NOW + 2 * DAY, WORDS)
    act(session, tickets[1], Action.UNMERGE, me, NOW + 3 * DAY)
    act(session, tickets[0], Action.REPLY_CLOSE, me, NOW + 4 * DAY, WORDS)
    rebuilt = every(late)
    assert rebuilt == every(late + DAY)
    assert {name: n for name, n in rebuilt[0].items() if name not in AGES} == {
        name: n for name, n in first.items() if name not in AGES
    }
    assert [sum(day.get(age, 0) for age in AGES) for day in rebuilt] == [2, 1, 2, 3, 2]
    assert (rebuilt[1]["merged"], second["merged"], rebuilt[4]["solved"]) == (1, 1, 1)


def test_days_that_an_earlier_release_counted_otherwise_are_counted_anew_a_few_at_a_time(session, worker, monkeypatch):
    monkeypatch.setattr(figures, "OTHERWISE", 3)
    factories.ticket(session, now=NOW - 9 * DAY)
    for number in range(10):
        counted(session, TODAY - number * DAY, NOW)
    session.execute(sa.update(FigureDay).values(counting=COUNTING - 1))
    runs, soon = list[list[int]](), NOW + timedelta(minutes=15)
    while not runs or runs[-1] != [0]:
        due = figures.days_due(session, ROME, soon)
        runs.append([(TODAY - day).days for day in due])
        for day in due:
            counted(session, day, NOW)
    assert runs == [[0, 1, 2], [0, 3, 4, 5], [0, 6, 7, 8], [0, 9], [0]]
