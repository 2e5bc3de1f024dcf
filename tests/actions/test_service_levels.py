"""Promised times on real tickets: kept with every event, told once, recorded for good, reckoned anew by the job."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import level_runs
from servicedesk.actions.details import Details
from servicedesk.actions.level_book import go_back, publish
from servicedesk.actions.tickets import act
from servicedesk.rules.catalogue import LocalText
from servicedesk.rules.errors import Conflict, NotFound
from servicedesk.rules.level_book import Book, Calendar, Closure, Operational, Target, Told
from servicedesk.rules.lifecycle import Action, State, WaitingFor
from servicedesk.rules.permissions import SYSTEM
from servicedesk.rules.richtext import from_plain
from servicedesk.rules.service_levels import LevelState
from servicedesk.store import service_levels as store
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.system import AuditEvent
from servicedesk.store.models.tickets import Ticket, TicketEvent
from tests import factories
from tests.factories import NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEK = {day: ((540, 1020),) for day in range(5)}
OFFICE = Calendar("office", LocalText("Ufficio", "Office"), WEEK)
USUAL = Target("usual", "office", own_minutes=60, resolve_minutes=240)
MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday, ten o'clock in Rome


@pytest.fixture(autouse=True)
def published(session: Session) -> None:
    factories.publish(session)
    promise(session, USUAL)


def promise(session: Session, *levels: Target | Operational, calendar: Calendar = OFFICE) -> int:
    number, _book = store.current(session)
    targets = tuple(each for each in levels if isinstance(each, Target))
    operational = tuple(each for each in levels if isinstance(each, Operational))
    return publish(session, Book({"office": calendar}, targets, operational), "command:test", NOW, number)


def run(session: Session, now: datetime) -> int:
    return level_runs.alert_due(session, now, 100)


def mails(session: Session, template: str) -> list[int | None]:
    return list(session.scalars(sa.select(Notice.recipient_id).where(Notice.template == template)))


def events(session: Session, ticket: Ticket, action: Action) -> list[TicketEvent]:
    query = sa.select(TicketEvent).where(TicketEvent.ticket_id == ticket.id, TicketEvent.action == action)
    return list(session.scalars(query.order_by(TicketEvent.seq)))


def requester(session: Session, ticket: Ticket) -> Person:
    return session.get_one(Person, ticket.requester_id)


def test_a_new_ticket_knows_until_when_it_is_promised(session: Session) -> None:
    ticket = factories.ticket(session, now=MORNING)
    assert (ticket.own_due_at, ticket.resolve_due_at) == (MORNING + HOUR, MORNING + 4 * HOUR)
    assert (ticket.due_at, ticket.level_state, ticket.level_version) == (MORNING + HOUR, "running", 1)
    assert ticket.warn_level_at == MORNING + 0.75 * HOUR


def test_owning_ends_the_first_clock_and_says_how_long_it_took(session: Session) -> None:
    worker = factories.technician(session)
    ticket = factories.ticket(session, now=MORNING)
    act(session, ticket, Action.TAKE, factories.actor(session, worker), MORNING + HOUR / 2)
    assert (ticket.owned_at, ticket.own_minutes) == (MORNING + HOUR / 2, 30)
    assert ticket.due_at == ticket.resolve_due_at == MORNING + 4 * HOUR


def test_a_question_to_the_requester_pauses_and_the_answer_goes_on(session: Session) -> None:
    ticket = factories.ticket(session, state=State.WAITING, now=MORNING)
    assert (ticket.due_at, ticket.warn_level_at, ticket.level_state) == (None, None, LevelState.PAUSED)
    asker = factories.actor(session, requester(session, ticket))
    act(session, ticket, Action.COMMENT, asker, MORNING + 2 * HOUR, Details(note=from_plain("Here it is.")))
    assert ticket.resolve_due_at == MORNING + 6 * HOUR


def test_running_short_and_running_out_are_told_once_each_to_those_concerned(session: Session) -> None:
    worker, boss = factories.technician(session), factories.supervisor(session)
    factories.technician(session, "INFO")
    ticket = factories.ticket(session, now=MORNING)
    seen = ticket.changed_at
    before = MORNING + 0.75 * HOUR - timedelta(seconds=1)
    assert [run(session, now) for now in (before, MORNING + 0.75 * HOUR, MORNING + 0.75 * HOUR)] == [0, 1, 0]
    assert (mails(session, "level_warn"), ticket.level_state) == ([worker.id], LevelState.NEAR)
    assert [run(session, now) for now in (MORNING + HOUR, MORNING + 2 * HOUR)] == [1, 0]
    assert (sorted(mails(session, "level_breach"), key=str), ticket.level_state) == (
        sorted([worker.id, boss.id], key=str),
        LevelState.LATE,
    )
    assert ticket.own_breached_at == MORNING + HOUR
    assert ticket.changed_at == seen
    assert len(events(session, ticket, Action.LEVEL_BREACH)) == 1


def test_only_whom_the_target_names_is_told(session: Session) -> None:
    factories.technician(session)
    boss = factories.supervisor(session)
    nobody = frozenset[Told]()
    promise(session, Target("quiet", "office", 60, None, warn_tells=nobody, breach_tells=frozenset({Told.SUPERVISORS})))
    ticket = factories.ticket(session, now=MORNING)
    run(session, MORNING + 0.8 * HOUR)
    run(session, MORNING + HOUR)
    assert (mails(session, "level_warn"), mails(session, "level_breach")) == ([], [boss.id])
    assert len(events(session, ticket, Action.LEVEL_WARN)) == 1


def test_what_has_run_out_is_escalated_once_where_the_target_says_so(session: Session) -> None:
    boss = factories.supervisor(session)
    promise(session, Target("strict", "office", 60, 120, breach_escalates=True))
    ticket = factories.ticket(session, now=MORNING)
    for hours in (1, 2):
        run(session, MORNING + hours * HOUR)
    [escalated] = events(session, ticket, Action.ESCALATE)
    assert escalated.cause_event == events(session, ticket, Action.LEVEL_BREACH)[0].id
    assert mails(session, "line_escalated") == [boss.id]


def test_after_a_long_standstill_only_the_end_is_told(session: Session) -> None:
    ticket = factories.ticket(session, now=MORNING)
    run(session, MORNING + 5 * DAY)
    assert events(session, ticket, Action.LEVEL_WARN) == []
    assert [each.changes["level"][1] for each in events(session, ticket, Action.LEVEL_BREACH)] == ["own", "resolve"]
    assert ticket.resolve_breached_at == MORNING + 4 * HOUR


def test_a_recorded_breach_stays_whatever_the_ticket_becomes(session: Session) -> None:
    worker = factories.technician(session)
    promise(session, USUAL, Target("long", "office", 6000, 6000, category="exams"))
    ticket = factories.ticket(session, now=MORNING)
    run(session, MORNING + 5 * HOUR)
    by = factories.actor(session, worker)
    act(session, ticket, Action.RECLASSIFY, by, MORNING + 6 * HOUR, Details(category="exams"))
    assert ticket.resolve_due_at is not None
    assert ticket.resolve_due_at > MORNING + 6 * HOUR
    assert (ticket.own_breached_at, ticket.resolve_breached_at) == (MORNING + HOUR, MORNING + 4 * HOUR)
    assert run(session, MORNING + 30 * DAY) == 0  # nothing new is told
    assert len(events(session, ticket, Action.LEVEL_BREACH)) == 2


def test_another_category_or_priority_is_measured_from_the_same_beginning(session: Session) -> None:
    worker = factories.actor(session, factories.technician(session))
    promise(session, USUAL, Target("high", "office", 30, 120, priority=5))
    ticket = factories.ticket(session, now=MORNING)
    act(session, ticket, Action.PRIORITISE, worker, MORNING + HOUR / 4, Details(urgency=5, impact=5))
    assert (ticket.own_due_at, ticket.resolve_due_at) == (MORNING + HOUR / 2, MORNING + 2 * HOUR)


def test_what_ran_out_before_it_was_closed_is_recorded_afterwards(session: Session) -> None:
    ticket = factories.ticket(session, now=MORNING)
    worker = factories.actor(session, factories.technician(session))
    late = MORNING + 5 * HOUR
    act(session, ticket, Action.TAKE, worker, late)
    act(session, ticket, Action.REPLY_CLOSE, worker, late, Details(note=from_plain("Done.")))
    assert run(session, late + HOUR) == 1
    assert ticket.resolve_breached_at == MORNING + 4 * HOUR
    assert (ticket.state, ticket.level_state, ticket.resolve_minutes) == (State.CLOSED, LevelState.MISSED, 300)


def test_refusing_a_solution_starts_the_clock_again(session: Session) -> None:
    ticket = factories.ticket(session, state=State.RESOLVED, now=MORNING)
    assert (ticket.due_at, ticket.level_state, ticket.resolve_minutes) == (None, LevelState.MET, 0)
    asker = factories.actor(session, requester(session, ticket))
    act(session, ticket, Action.REFUSE, asker, MORNING + 2 * HOUR, Details(note=from_plain("Still broken.")))
    assert (ticket.due_at, ticket.resolve_minutes) == (MORNING + 6 * HOUR, None)


def test_a_group_may_hold_what_another_handed_over_for_so_long(session: Session) -> None:
    worker = factories.actor(session, factories.technician(session))
    factories.technician(session, "FEW", areas=["ECO"])
    promise(session, Operational("second", "office", "FEW", 120, from_group="DESK"))
    ticket = factories.ticket(session, now=MORNING)
    assert ticket.due_at is None
    act(session, ticket, Action.FORWARD, worker, MORNING + HOUR, Details(group="FEW", note=from_plain("Yours.")))
    assert ticket.hold_due_at == ticket.due_at == MORNING + 3 * HOUR
    run(session, MORNING + 3 * HOUR)
    assert [each.changes["level"][1] for each in events(session, ticket, Action.LEVEL_BREACH)] == ["hold"]


def test_a_change_of_the_calendar_reaches_open_tickets_by_the_job_and_ended_ones_never(session: Session) -> None:
    still_open = factories.ticket(session, now=MORNING)
    ended = factories.ticket(session, state=State.CLOSED, now=MORNING)
    today = Closure(MORNING.date(), MORNING.date(), "Strike")
    promise(session, USUAL, calendar=Calendar("office", OFFICE.name, WEEK, closures=(today,)))
    assert still_open.own_due_at == MORNING + HOUR
    assert [level_runs.settle_changed(session, MORNING, 100) for _run in range(2)] == [1, 0]
    assert (still_open.own_due_at, still_open.level_version) == (MORNING + DAY, 2)  # from nine o'clock of Tuesday
    assert (ended.own_due_at, ended.level_version) == (MORNING + HOUR, 1)


def test_a_ticket_without_a_target_is_owned_all_the_same(session: Session) -> None:
    promise(session)
    ticket = factories.ticket(session, state=State.IN_PROGRESS, now=MORNING)
    assert (ticket.owned_at, ticket.due_at, ticket.level_state) == (MORNING, None, LevelState.NONE)


def test_two_administrators_at_once_do_not_overwrite_each_other(session: Session) -> None:
    with pytest.raises(Conflict):
        publish(session, Book({"office": OFFICE}), "command:test", NOW, 0)


def test_each_change_is_audited_with_what_it_was_and_is(session: Session) -> None:
    promise(session, Target("usual", "office", 90, 240))
    [*_first, record] = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "levels.set")).all()
    [before], [after] = record.before["targets"], record.after["targets"]
    assert (before["own_minutes"], after["own_minutes"], record.subject) == (60, 90, "levels:2")


def test_a_holiday_of_the_patron_saint_is_no_working_day(session: Session) -> None:
    promise(session, USUAL, calendar=Calendar("office", OFFICE.name, WEEK, province="BG"))
    patron = datetime(2026, 8, 26, 8, tzinfo=UTC)  # Saint Alexander, Bergamo
    assert factories.ticket(session, now=patron).own_due_at == datetime(2026, 8, 27, 8, tzinfo=UTC)


def test_waits_for_others_run_unless_the_target_says_so(session: Session) -> None:
    promise(session, Target("patient", "office", None, 240, pauses=frozenset({WaitingFor.DATE})))
    ticket = factories.ticket(session, state=State.IN_PROGRESS, now=MORNING)
    until = MORNING + DAY
    wait = Details(note=from_plain("Tomorrow."), waiting_for=WaitingFor.DATE, until=until)
    worker = session.get_one(Person, ticket.technician_id)
    act(session, ticket, Action.WAIT, factories.actor(session, worker), MORNING + HOUR, wait)
    assert ticket.due_at is None
    act(session, ticket, Action.RESUME, SYSTEM, until)
    assert ticket.due_at == until + 3 * HOUR


def test_going_back_makes_the_earlier_version_hold_as_a_new_one_and_says_so_in_the_record(session: Session) -> None:
    boss = factories.actor(session, factories.administrator(session))
    promise(session, Target("usual", "office", own_minutes=30, resolve_minutes=60))
    assert go_back(session, 1, boss, NOW, 2) == 3
    assert store.current(session) == (3, store.numbered(session, 1))
    audit = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert audit is not None
    assert (audit.action, audit.subject, audit.after["version"]) == ("levels.back", "levels:3", 1)
    assert (audit.before["targets"][0]["own_minutes"], audit.after["targets"][0]["own_minutes"]) == (30, 60)
    assert factories.ticket(session, now=MORNING).own_due_at == MORNING + HOUR


def test_going_back_is_refused_where_something_newer_was_not_seen_or_never_was(session: Session) -> None:
    boss = factories.actor(session, factories.administrator(session))
    promise(session, Target("usual", "office", own_minutes=30))
    with pytest.raises(Conflict):
        go_back(session, 1, boss, NOW, 1)
    with pytest.raises(NotFound):
        go_back(session, 9, boss, NOW, 2)


def test_a_request_that_becomes_an_incident_has_the_targets_of_incidents_from_its_very_beginning(
    session: Session,
) -> None:
    worker = factories.actor(session, factories.technician(session))
    ticket = factories.ticket(session, now=MORNING)
    promise(session, USUAL, Target("urgent", "office", own_minutes=30, resolve_minutes=60, kind="incident"))
    act(session, ticket, Action.CONVERT, worker, MORNING + HOUR / 4)
    assert (ticket.kind, ticket.level_version, ticket.resolve_due_at) == ("incident", 2, MORNING + HOUR)
    act(session, ticket, Action.CONVERT, worker, MORNING + HOUR / 2)
    assert (ticket.kind, ticket.resolve_due_at) == ("request", MORNING + 4 * HOUR)
