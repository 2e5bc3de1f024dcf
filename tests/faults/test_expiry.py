"""Closing by silence in bulk: ten thousand due tickets, a process that dies in the middle, several at once."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.jobs import run_due, run_job
from servicedesk.rules.lifecycle import Action, Outcome, State, WaitingFor
from servicedesk.rules.richtext import from_plain
from servicedesk.settings import Settings
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket, TicketEvent
from servicedesk.turns import BATCH, JobContext
from tests import factories
from tests.faults.processes import crash, start
from tests.job_desk import LONG_AGO, RECENTLY, let_time_pass


def due_tickets(session: Session, count: int) -> None:
    """Put in `count` solved tickets whose time is over: one made by the real actions, the others its copies."""
    first = factories.ticket(session, state=State.RESOLVED, now=LONG_AGO)
    session.flush()
    values: dict[str, Any] = {column.name: getattr(first, column.name) for column in Ticket.__table__.columns}
    del values["id"]
    copies = [{**values, "number": f"1999{serial:06d}"} for serial in range(count - 1)]
    session.execute(sa.insert(Ticket), copies)
    session.commit()


def closings(session: Session) -> Counter[int]:
    """How often each ticket was closed by silence, from the events."""
    return Counter(session.scalars(sa.select(TicketEvent.ticket_id).where(TicketEvent.action == Action.EXPIRE)))


def assert_each_closed_once(session: Session, count: int) -> None:
    closed = closings(session)
    assert (len(closed), set(closed.values())) == (count, {1})
    ended = session.execute(
        sa.select(Ticket.state, Ticket.outcome, sa.func.count()).group_by(Ticket.state, Ticket.outcome)
    )
    assert [tuple(row) for row in ended] == [(State.CLOSED, Outcome.EXPIRED, count)]
    mails = session.scalars(sa.select(Notice.message_id).where(Notice.template == "closed")).all()
    assert len(mails) == len(set(mails)) == count


def die_and_go_on(context: JobContext, settings: Settings, count: int, dies_at: int) -> None:
    with context.sessions() as session:
        due_tickets(session, count)
    crash(settings, "expire", "INSERT INTO ticket_event", dies_at)
    done = dies_at // BATCH * BATCH
    with context.sessions() as session:
        assert len(closings(session)) == done
    assert run_due(context, "expire") is None, "the lease of the dead process must hold until its time is over"
    with context.sessions() as session:
        let_time_pass(session)
    assert run_due(context, "expire") == f"{count - done} closed"
    with context.sessions() as session:
        assert_each_closed_once(session, count)


def test_ten_thousand_due_tickets_survive_a_crash_in_the_middle(context: JobContext, settings: Settings) -> None:
    die_and_go_on(context, settings, 10_000, 5_100)


@pytest.mark.both_databases
def test_a_crash_in_the_second_batch_loses_and_repeats_nothing(context: JobContext, settings: Settings) -> None:
    die_and_go_on(context, settings, 500, 300)


@pytest.mark.concurrency
def test_of_several_processes_that_tick_at_once_one_does_the_work(context: JobContext, settings: Settings) -> None:
    with context.sessions() as session:
        due_tickets(session, 250)
    script = (
        "import sys; from servicedesk import jobs, settings; context = jobs.make_context(settings.load());"
        "print('ready', flush=True); sys.stdin.readline(); print(jobs.run_due(context, 'expire'))"
    )
    processes = [start(settings, "-c", script) for _ in range(4)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    answers = []
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        answers.append(output.strip())
    assert sorted(answers) == ["250 closed", "None", "None", "None"]
    with context.sessions() as session:
        assert_each_closed_once(session, 250)


@pytest.mark.both_databases
def test_a_question_nobody_answered_is_resolved_and_closed_as_expired(context: JobContext) -> None:
    with context.sessions() as session:
        ticket = factories.ticket(session, state=State.WAITING, now=LONG_AGO)
        session.commit()
    assert run_job(context, "expire") == "1 closed"
    with context.sessions() as session:
        events = session.execute(
            sa.select(TicketEvent.action, TicketEvent.after)
            .where(TicketEvent.ticket_id == ticket.id)
            .order_by(TicketEvent.seq.desc())
            .limit(2)
        ).all()
        assert [tuple(row) for row in events] == [("expire", "closed"), ("no_reply", "resolved")]
        assert session.get_one(Ticket, ticket.id).outcome == Outcome.EXPIRED


@pytest.mark.both_databases
def test_both_warnings_go_out_once_each_and_none_after_the_closing(context: JobContext) -> None:
    with context.sessions() as session:
        factories.ticket(session, state=State.RESOLVED, now=RECENTLY - timedelta(days=13))
        factories.ticket(session, state=State.RESOLVED, now=RECENTLY - timedelta(days=12))
        factories.ticket(session, state=State.RESOLVED, now=LONG_AGO)
        session.commit()
    assert run_job(context, "warn") == "1 warned"
    assert run_job(context, "warn") == "0 warned"
    with context.sessions() as session:
        (ticket,) = session.scalars(sa.select(Ticket).join(TicketEvent).where(TicketEvent.action == Action.WARN)).all()
        assert ticket.expires_at is not None
        assert ticket.warn_at is not None
        assert timedelta(hours=23) <= ticket.expires_at - ticket.warn_at <= timedelta(hours=25)


@pytest.mark.both_databases
def test_a_wait_until_a_date_ends_by_itself(context: JobContext) -> None:
    with context.sessions() as session:
        worker = factories.technician(session)
        ticket = factories.ticket(session, state=State.IN_PROGRESS, technician=worker, now=LONG_AGO)
        until = Details(note=from_plain("Later."), waiting_for=WaitingFor.DATE, until=RECENTLY)
        act(session, ticket, Action.WAIT, factories.actor(session, worker), LONG_AGO, until)
        session.commit()
    assert run_job(context, "resume") == "1 resumed"
    with context.sessions() as session:
        assert session.get_one(Ticket, ticket.id).state == State.IN_PROGRESS


@pytest.mark.both_databases
def test_a_comment_in_the_last_minute_saves_the_ticket(context: JobContext) -> None:
    with context.sessions() as session:
        ticket = factories.ticket(session, state=State.RESOLVED, now=LONG_AGO)
        owner = session.get_one(Person, ticket.requester_id)
        words = Details(note=from_plain("Wait, please."))
        act(session, ticket, Action.COMMENT, factories.actor(session, owner), RECENTLY, words)
        session.commit()
    assert run_job(context, "expire") == "0 closed"


@pytest.mark.both_databases
def test_tickets_that_cannot_be_closed_hold_up_no_other(context: JobContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("servicedesk.turns.BATCH", 2)
    with context.sessions() as session:
        tickets = [factories.ticket(session, state=State.RESOLVED, now=LONG_AGO) for _ in range(5)]
        broken, sound = tickets[:3], tickets[3:]
        for ticket in broken:
            ticket.service_id = "a service that no catalogue has"
        session.commit()
    assert run_job(context, "expire") == "2 closed, 3 failed: see the log"
    with context.sessions() as session:
        assert set(closings(session)) == {ticket.id for ticket in sound}
