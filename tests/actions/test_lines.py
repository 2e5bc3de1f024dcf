"""Hand-overs that a supervisor decides, escalation, advice without handing over, major incidents (F2, F5)."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.lines import escalate, set_habits
from servicedesk.actions.tickets import act
from servicedesk.rules.errors import Invalid, NotFound, NotNow
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.lines import Matter
from servicedesk.rules.permissions import SYSTEM, Role
from servicedesk.rules.richtext import from_plain
from servicedesk.store import lines
from servicedesk.store.models.lines import TicketMatter
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person, RoleGrant
from servicedesk.store.models.tickets import Message, Participation, TicketEvent
from servicedesk.store.tickets import locked
from servicedesk.store.visible import WATCHER
from tests import factories
from tests.factories import NOW, actor, later

WORDS = Details(note=from_plain("Because."))


@pytest.fixture(autouse=True)
def published(session: Session) -> None:
    factories.publish(session)


def to(group: str, **more: object) -> Details:
    return replace(WORDS, group=group, **more)  # type: ignore[arg-type]


def told(session: Session, template: str) -> list[int]:
    query = sa.select(Notice.recipient_id).where(Notice.template == template).order_by(Notice.recipient_id)
    return [person_id for person_id in session.scalars(query) if person_id is not None]


def matters(session: Session) -> list[str]:
    return list(session.scalars(sa.select(TicketMatter.kind).order_by(TicketMatter.id)))


class Scene:
    """A ticket that went from DESK to FEW and back, with a technician and a supervisor of each."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.desk, self.few = factories.technician(session), factories.technician(session, "FEW")
        self.desk_leader, self.few_leader = factories.supervisor(session), factories.supervisor(session, "FEW")
        self.ticket = factories.ticket(session)
        self.do(self.desk, Action.FORWARD, to("FEW"))
        self.do(self.few, Action.FORWARD, to("DESK"))

    def do(self, who: Person, action: Action, details: Details = WORDS) -> TicketEvent:
        return act(self.session, self.ticket, action, actor(self.session, who), later(), details)


@pytest.fixture
def scene(session: Session) -> Scene:
    return Scene(session)


def test_the_third_hand_over_waits_for_a_supervisor_of_either_group(session: Session, scene: Scene) -> None:
    event = scene.do(scene.desk, Action.FORWARD, to("FEW"))
    assert (event.action, event.changes) == (Action.HOLD_OVER, {"proposed": [None, "FEW"]})
    assert scene.ticket.group_code == "DESK"
    assert told(session, "line_to_decide") == sorted([scene.desk_leader.id, scene.few_leader.id])
    assert len(lines.hand_overs(session, scene.ticket.id)) == 2


def test_a_supervisor_of_the_group_it_goes_to_lets_it_come(session: Session, scene: Scene) -> None:
    scene.do(scene.desk, Action.FORWARD, to("FEW", keep_watching=True))
    found = locked(session, scene.ticket.number, actor(session, scene.few_leader))
    assert found is scene.ticket
    scene.do(scene.few_leader, Action.LET_GO, Details())
    assert (scene.ticket.group_code, scene.ticket.technician_id) == ("FEW", scene.few.id)
    assert told(session, "line_let_go") == [scene.desk.id]
    assert matters(session) == []
    watching = sa.select(Participation.person_id).where(Participation.role == WATCHER)
    assert session.scalars(watching).all() == [scene.desk.id]
    assert lines.hand_overs(session, scene.ticket.id)[-1] == ("DESK", "FEW")


def test_a_supervisor_sends_it_to_a_third_group_instead(session: Session, scene: Scene) -> None:
    factories.technician(session, "TURNS")
    scene.do(scene.desk, Action.FORWARD, to("FEW"))
    scene.do(scene.desk_leader, Action.LET_GO, to("TURNS"))
    assert scene.ticket.group_code == "TURNS"


def test_a_supervisor_keeps_it_with_a_reason_that_reaches_whoever_asked(session: Session, scene: Scene) -> None:
    scene.do(scene.desk, Action.FORWARD, to("FEW"))
    with pytest.raises(Invalid, match="Give the reason"):
        scene.do(scene.desk_leader, Action.KEEP, Details())
    scene.do(scene.desk_leader, Action.KEEP)
    assert scene.ticket.group_code == "DESK"
    assert told(session, "line_kept") == [scene.desk.id]
    assert matters(session) == []


def test_a_second_wish_waits_for_the_decision_on_the_first(scene: Scene) -> None:
    scene.do(scene.desk, Action.FORWARD, to("FEW"))
    with pytest.raises(NotNow, match="asked already"):
        scene.do(scene.desk, Action.FORWARD, to("FEW"))


def test_supervisors_hand_over_without_asking_anybody(scene: Scene) -> None:
    assert scene.do(scene.desk_leader, Action.FORWARD, to("FEW")).action == Action.FORWARD


def test_without_a_supervisor_in_either_group_it_goes_through(session: Session, scene: Scene) -> None:
    session.execute(sa.delete(RoleGrant).where(RoleGrant.role == Role.SUPERVISOR))
    assert scene.do(scene.desk, Action.FORWARD, to("FEW")).action == Action.FORWARD
    assert scene.ticket.group_code == "FEW"


def test_a_group_sets_from_which_hand_over_on_it_asks_and_its_ready_reasons(session: Session, scene: Scene) -> None:
    set_habits(session, actor(session, scene.desk_leader), "DESK", 0, [" Not ours ", ""], NOW)
    assert lines.habits_of(session, "DESK") == lines.Habits(0, ("Not ours",))
    assert scene.do(scene.desk, Action.FORWARD, to("FEW")).action == Action.FORWARD
    with pytest.raises(NotFound):
        set_habits(session, actor(session, scene.desk_leader), "FEW", 3, [], NOW)


def test_an_answered_ticket_leaves_nothing_to_decide(session: Session, scene: Scene) -> None:
    scene.do(scene.desk, Action.FORWARD, to("FEW"))
    scene.do(scene.desk, Action.TAKE)
    scene.do(scene.desk, Action.REPLY_CLOSE)
    assert matters(session) == []


def test_a_reason_given_to_a_supervisor_is_never_shown_to_the_requester(session: Session, scene: Scene) -> None:
    event = scene.do(scene.desk, Action.FORWARD, to("FEW"))
    message = session.scalars(sa.select(Message).where(Message.event_id == event.id)).one()
    assert not message.is_public


def test_an_escalated_ticket_is_flagged_until_a_supervisor_has_seen_to_it(session: Session) -> None:
    worker, leader = factories.technician(session), factories.supervisor(session)
    ticket = factories.ticket(session, state=State.ASSIGNED_TECHNICIAN, technician=worker)
    escalate(session, ticket, actor(session, worker), later(), "The deadline is today.")
    assert told(session, "line_escalated") == [leader.id]
    assert (ticket.state, ticket.technician_id) == (State.ASSIGNED_TECHNICIAN, worker.id)
    assert lines.matter_counts(session, actor(session, leader))[Matter.ESCALATION] == 1
    act(session, ticket, Action.ACKNOWLEDGE, actor(session, leader), later())
    assert lines.matter_counts(session, actor(session, leader))[Matter.ESCALATION] == 0


def test_the_desk_itself_escalates_and_a_group_without_supervisor_says_so_to_people(session: Session) -> None:
    worker = factories.technician(session)
    ticket = factories.ticket(session)
    with pytest.raises(Invalid, match="no supervisor"):
        escalate(session, ticket, actor(session, worker), later(), "Late.")
    escalate(session, ticket, SYSTEM, later(), "The time to resolve is over.")
    assert matters(session) == [Matter.ESCALATION]


def test_a_group_asked_for_advice_reads_and_answers_inside_and_the_ticket_stays(session: Session) -> None:
    worker, other = factories.technician(session), factories.technician(session, "TURNS")
    ticket = factories.ticket(session, state=State.IN_PROGRESS, technician=worker)
    with pytest.raises(NotFound):
        locked(session, ticket.number, actor(session, other))
    act(session, ticket, Action.ASK_ADVICE, actor(session, worker), later(), to("TURNS"))
    assert told(session, "line_advice_asked") == [other.id]
    assert lines.matter_counts(session, actor(session, other))[Matter.ADVICE] == 1
    event = act(
        session,
        locked(session, ticket.number, actor(session, other)),
        Action.ADVISE,
        actor(session, other),
        later(),
        WORDS,
    )
    assert not session.scalars(sa.select(Message).where(Message.event_id == event.id)).one().is_public
    assert told(session, "line_advice_given") == [worker.id]
    assert lines.matter_counts(session, actor(session, other))[Matter.ADVICE] == 0
    assert (ticket.group_code, ticket.technician_id, ticket.state) == ("DESK", worker.id, State.IN_PROGRESS)


def test_advice_that_is_over_closes_the_ticket_to_those_asked(session: Session) -> None:
    worker, other = factories.technician(session), factories.technician(session, "TURNS")
    ticket = factories.ticket(session, state=State.IN_PROGRESS, technician=worker)
    act(session, ticket, Action.ASK_ADVICE, actor(session, worker), later(), replace(WORDS, technician_id=other.id))
    matter = session.scalars(sa.select(TicketMatter)).one()
    act(session, ticket, Action.END_ADVICE, actor(session, worker), later(), Details(matter_id=matter.id))
    with pytest.raises(NotFound):
        locked(session, ticket.number, actor(session, other))


def test_whoever_advises_ends_their_own_question_only(session: Session) -> None:
    worker = factories.technician(session)
    one, two = factories.technician(session, "FEW"), factories.technician(session, "TURNS")
    ticket = factories.ticket(session, state=State.IN_PROGRESS, technician=worker)
    for other in (one, two):
        details = replace(WORDS, technician_id=other.id)
        act(session, ticket, Action.ASK_ADVICE, actor(session, worker), later(), details)
    asked = {each.person_id: each.id for each in session.scalars(sa.select(TicketMatter))}
    with pytest.raises(Invalid):
        act(session, ticket, Action.END_ADVICE, actor(session, one), later(), Details(matter_id=asked[two.id]))
    act(session, ticket, Action.END_ADVICE, actor(session, one), later(), Details(matter_id=asked[one.id]))
    assert list(session.scalars(sa.select(TicketMatter.person_id))) == [two.id]


def test_several_are_asked_at_once_and_nobody_twice(session: Session) -> None:
    worker = factories.technician(session)
    for code in ("TURNS", "FEW"):
        factories.technician(session, code)
    ticket = factories.ticket(session)
    for code in ("TURNS", "FEW"):
        act(session, ticket, Action.ASK_ADVICE, actor(session, worker), later(), to(code))
    with pytest.raises(Invalid, match="already"):
        act(session, ticket, Action.ASK_ADVICE, actor(session, worker), later(), to("FEW"))
    with pytest.raises(Invalid, match="works on the request anyway"):
        mate = factories.technician(session)
        act(session, ticket, Action.ASK_ADVICE, actor(session, worker), later(), replace(WORDS, technician_id=mate.id))


def test_a_major_incident_stands_above_the_matrix_until_it_is_ended(session: Session) -> None:
    worker, leader = factories.technician(session), factories.supervisor(session)
    ticket = factories.ticket(session, state=State.IN_PROGRESS, technician=worker)
    act(session, ticket, Action.DECLARE_MAJOR, actor(session, leader), later(), WORDS)
    assert (ticket.priority, told(session, "line_major")) == (6, [worker.id])
    act(session, ticket, Action.PRIORITISE, actor(session, worker), later(), Details(urgency=5, impact=5))
    assert (ticket.urgency, ticket.priority) == (5, 6)
    event = act(session, ticket, Action.END_MAJOR, actor(session, leader), later(), WORDS)
    assert (ticket.priority, event.changes) == (5, {"priority": [6, 5]})


def test_another_category_as_a_third_hand_over_waits_for_a_supervisor_with_it(session: Session, scene: Scene) -> None:
    with pytest.raises(Invalid, match="reason"):
        scene.do(scene.desk, Action.RECLASSIFY, Details(category="exams"))
    event = scene.do(scene.desk, Action.RECLASSIFY, replace(WORDS, category="exams"))
    assert (event.action, event.changes["proposed"]) == (Action.HOLD_OVER, [None, "FEW"])
    assert (scene.ticket.category_key, scene.ticket.group_code) == ("fees", "DESK")
    event = scene.do(scene.few_leader, Action.LET_GO, Details())
    assert (scene.ticket.category_key, scene.ticket.group_code, scene.ticket.technician_id) == (
        "exams",
        "FEW",
        scene.few.id,
    )
    assert (event.changes["category"], event.changes["group"]) == (["fees", "exams"], ["DESK", "FEW"])
    assert matters(session) == []


def test_another_category_stays_out_where_the_supervisor_keeps_the_ticket(session: Session, scene: Scene) -> None:
    scene.do(scene.desk, Action.RECLASSIFY, replace(WORDS, category="exams"))
    scene.do(scene.desk_leader, Action.KEEP)
    assert (scene.ticket.category_key, scene.ticket.group_code, matters(session)) == ("fees", "DESK", [])


def test_a_supervisor_gives_another_category_without_asking(session: Session, scene: Scene) -> None:
    event = scene.do(scene.desk_leader, Action.RECLASSIFY, Details(category="exams"))
    assert (event.action, scene.ticket.group_code) == (Action.RECLASSIFY, "FEW")
