"""Problems over their incidents, what becomes known of them, and bursts that suggest one; on both databases."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from servicedesk.actions.bursts import find_bursts
from servicedesk.actions.details import Details
from servicedesk.actions.joint_answers import Wanted, answer_next, prepare
from servicedesk.actions.problem_opening import open_problem
from servicedesk.actions.problems import dismiss, follow
from servicedesk.actions.tickets import NewTicket, act
from servicedesk.rules.errors import Invalid, NotNow
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.problems import Phase
from servicedesk.rules.richtext import from_plain
from servicedesk.store import problems as store
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.problems import Problem, ProblemSuggestion
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.tickets import next_number
from tests import factories
from tests.factories import NOW, ROME

LATER = NOW + timedelta(hours=1)
HOURS = timedelta(hours=4)
CAUSE = Details(note=from_plain("The clock of the server was wrong."))
WAY = Details(texts={"it": "Riprovate dopo le 18.", "en": "Try again after 18."})


@pytest.fixture
def worker(session):
    factories.publish(session)
    return factories.technician(session)


@pytest.fixture
def by(session, worker):
    return factories.actor(session, worker)


def opened(session, by, *incidents: Ticket):
    number = next_number(session, LATER, ROME)
    new = NewTicket(number, "fees", "Payments fail", from_plain("Since this morning."), "person", {})
    problem, left_out = open_problem(session, new, [each.number for each in incidents], by, LATER)
    assert not left_out
    return problem


def phase(session, problem) -> str:
    return session.scalars(sa.select(Problem.phase).where(Problem.ticket_id == problem.id)).one()


def test_a_problem_in_another_category_is_still_a_problem_and_known_there(session, by, worker):
    problem = opened(session, by, factories.ticket(session))
    act(session, problem, Action.RECLASSIFY, by, LATER, Details(category="exams"))
    assert (problem.kind, problem.category_key) == ("problem", "exams")
    kept = session.scalars(sa.select(Problem.category_key).where(Problem.ticket_id == problem.id)).one()
    assert kept == "exams"


def test_a_problem_gathers_incidents_and_mails_no_requester(session, by, worker):
    incidents = [factories.ticket(session) for _ in range(2)]
    before = session.scalars(sa.select(sa.func.count(Notice.id))).one()
    problem = opened(session, by, *incidents)
    assert (problem.kind, problem.state, phase(session, problem)) == (
        "problem",
        State.ASSIGNED_GROUP,
        Phase.INVESTIGATED,
    )
    assert session.scalars(sa.select(sa.func.count(Notice.id))).one() == before
    row = store.page(session, by, None, None)[0]
    assert (row.number, row.incidents) == (problem.number, 2)
    assert not store.page(session, factories.actor(session, factories.technician(session, "INFO")), None, None)


def test_what_becomes_known_leads_from_phase_to_phase(session, by):
    problem = opened(session, by)
    with pytest.raises(Invalid, match="write both down first"):
        act(session, problem, Action.KNOW_ERROR, by, LATER)
    seen = []
    for action, details in (
        (Action.DIAGNOSE, CAUSE),
        (Action.WORK_AROUND, WAY),
        (Action.KNOW_ERROR, Details()),
        (Action.FIX, CAUSE),
        (Action.CONCLUDE, Details()),
        (Action.TAKE_UP, CAUSE),
    ):
        act(session, problem, action, by, LATER, details)
        seen.append(phase(session, problem))
    assert seen == [
        Phase.CAUSE_KNOWN,
        Phase.WORKAROUND,
        Phase.KNOWN_ERROR,
        Phase.RESOLVED,
        Phase.CLOSED,
        Phase.KNOWN_ERROR,
    ]
    assert problem.state == State.ASSIGNED_GROUP
    assert problem.expires_at is None


def test_a_problem_knows_nothing_of_what_requesters_do(session, by, worker):
    problem = opened(session, by)
    for action in (Action.COMMENT, Action.PROPOSE, Action.WITHDRAW, Action.DUPLICATE, Action.MERGE, Action.ACCEPT):
        with pytest.raises(NotNow):
            act(session, problem, action, by, LATER, CAUSE)
    incident = factories.ticket(session)
    with pytest.raises(NotNow):
        act(session, incident, Action.DIAGNOSE, by, LATER, CAUSE)


def test_the_workaround_of_a_known_error_shows_on_requests_of_its_category_only(session, by):
    problem = opened(session, by)
    for action, details in ((Action.DIAGNOSE, CAUSE), (Action.WORK_AROUND, WAY)):
        act(session, problem, action, by, LATER, details)
    assert not store.known_errors(session, "fees")
    act(session, problem, Action.KNOW_ERROR, by, LATER)
    assert [row.workaround["en"] for row in store.known_errors(session, "fees")] == ["Try again after 18."]
    assert not store.known_errors(session, "exams")
    elsewhere = factories.ticket(session)
    act(session, elsewhere, Action.LINK, by, LATER, Details(link_kind="caused_by", other=problem.number))
    assert store.known_errors(session, "exams", elsewhere.id)
    act(session, problem, Action.WORK_AROUND, by, LATER, Details(texts={}))
    assert not store.known_errors(session, "fees")
    with pytest.raises(Invalid):
        act(session, problem, Action.FORGET_ERROR, by, LATER)


def test_a_common_solution_refused_by_one_comes_back_to_its_own_ticket_and_shows_on_the_problem(session, by, worker):
    incidents = [factories.ticket(session) for _ in range(3)]
    problem = opened(session, by, *incidents)
    wanted = Wanted(Action.SOLVE_TOGETHER, {"en": from_plain("Repaired.")}, [each.number for each in incidents])
    joint = prepare(session, problem.id, wanted, worker.id, LATER)
    while answer_next(session, LATER, joint.id):
        pass
    assert [each.state for each in incidents] == [State.RESOLVED] * 3
    asker = factories.actor(session, session.get_one(Person, incidents[1].requester_id))
    act(session, incidents[1], Action.REFUSE, asker, LATER, Details(note=from_plain("Still broken.")))
    assert incidents[1].state == State.ASSIGNED_GROUP
    assert store.refused_incidents(session, problem.id) == {incidents[1].number}


def arrive(session, count, at, key="fees"):
    requester = factories.student(session)
    for serial in range(count):
        session.add(
            Ticket(
                number=f"20259{at.day:02d}{key[0]}{serial:04d}"[:12],
                service_id=factories.SERVICE,
                kind="request",
                origin="person",
                category_key=key,
                catalogue_version=1,
                group_code="DESK",
                requester_id=requester.id,
                route_reason={},
                title="Late",
                state=State.ASSIGNED_GROUP,
                urgency=3,
                impact=3,
                priority=3,
                opened_at=at,
                changed_at=at,
            )
        )
    session.flush()


def test_a_burst_is_suggested_once_and_leads_to_its_tickets(session, by, worker):
    arrive(session, 6, NOW - timedelta(hours=1))
    arrive(session, 3, NOW - timedelta(hours=1), "exams")
    assert find_bursts(session, NOW, HOURS, 5) == 1
    assert find_bursts(session, NOW, HOURS, 5) == 0
    found = store.suggestions(session, ["DESK"])
    assert [(each.category_key, each.count) for each in found] == [("fees", 6)]
    assert len(store.of_suggestion(session, found[0].id, by)) == 6
    assert not store.suggestions(session, ["INFO"])
    follow(session, found[0].id, ["DESK"], worker.id, NOW)
    assert not store.suggestions(session, ["DESK"])


def test_what_comes_as_usual_is_no_burst_and_a_dismissed_one_keeps_its_reason(session, worker):
    for days in range(1, 28):
        arrive(session, 30, NOW - timedelta(days=days))
    arrive(session, 8, NOW - timedelta(hours=1))
    assert find_bursts(session, NOW, HOURS, 5) == 0
    arrive(session, 9, NOW - timedelta(hours=2), "exams")
    assert find_bursts(session, NOW, HOURS, 5) == 1
    one = session.scalars(sa.select(ProblemSuggestion)).one()
    with pytest.raises(Invalid, match="Give the reason"):
        dismiss(session, one.id, [one.group_code], " ", worker.id, NOW)
    with pytest.raises(Invalid, match="decided on"):
        dismiss(session, one.id, ["INFO"], "Not ours.", worker.id, NOW)
    dismiss(session, one.id, [one.group_code], "An exam session began.", worker.id, NOW)
    session.refresh(one)
    assert (one.state, one.reason, one.decided_by) == ("dismissed", "An exam session began.", worker.id)
    assert find_bursts(session, NOW, HOURS, 5) == 0
