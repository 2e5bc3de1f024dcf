"""Whatever people and jobs do to a ticket, in any order: state, clocks, events, notices and readers stay consistent."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from random import Random

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from servicedesk.actions import silence
from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.errors import DeskError
from servicedesk.rules.lifecycle import OPEN_STATES, Action, Outcome, State, WaitingFor, allowed_actions
from servicedesk.rules.permissions import Actor, Permission, may
from servicedesk.rules.priority import MAJOR, MATRIX
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person, RoleGrant
from servicedesk.store.models.tickets import Message, Ticket, TicketEvent
from servicedesk.store.tickets import facts_of
from servicedesk.store.visible import visible_to
from tests import factories
from tests.databases import SQLITE, Databases

RECEIPTS = {"opened", "closed"}
SOLVED = {Outcome.ACCEPTED, Outcome.EXPIRED, Outcome.ANSWERED}
JOBS = (silence.resume_due, silence.expire_due, silence.warn_due)
DAYS = timedelta(days=20)
MOMENTS = [timedelta(seconds=1), timedelta(hours=5), timedelta(days=3), timedelta(days=13, hours=2), DAYS]
WEIGHTS = {Action.NOTE: 0.1, Action.WITHDRAW: 0.1, Action.DUPLICATE: 0.1, Action.REPLY_CLOSE: 0.3, Action.COMMENT: 0.5}


@dataclass
class World:
    session: Session
    ticket: Ticket
    other: Ticket
    people: list[Person]
    now: datetime

    @cached_property
    def actors(self) -> list[Actor]:
        return [factories.actor(self.session, each, self.ticket) for each in self.people]

    def events(self) -> list[TicketEvent]:
        query = sa.select(TicketEvent).where(TicketEvent.ticket_id == self.ticket.id).order_by(TicketEvent.seq)
        return list(self.session.scalars(query))


@pytest.fixture
def engine(databases: Databases) -> sa.Engine:
    """One engine is enough: nothing here depends on the database."""
    return databases.engine(SQLITE)


@pytest.fixture
def made(session: Session) -> Session:
    """What every example begins with."""
    factories.publish(session)
    for code in ("DESK", "DESK", "INFO", "FEW", "TURNS"):
        factories.technician(session, code)
    factories.supervisor(session)
    return session


def world(session: Session, is_guest: bool) -> World:
    staff = list(session.scalars(sa.select(Person).join(RoleGrant).order_by(Person.id)))
    asker = factories.guest(session) if is_guest else factories.student(session)
    # Nine days before the clocks go forward, so that days of silence cross the change.
    start = datetime(2026, 3, 20, 1, 30, tzinfo=UTC)
    suffix = "7KQF2M" if is_guest else None
    ticket = factories.ticket(session, requester=asker, now=start, suffix=suffix)
    return World(session, ticket, factories.ticket(session, now=start), [asker, *staff], start)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(seed=st.integers(0, 2**32), is_guest=st.booleans())
def test_no_order_of_events_leaves_a_ticket_inconsistent(made: Session, seed: int, is_guest: bool) -> None:
    chance = Random(seed)
    example = made.begin_nested()
    try:
        here = world(made, is_guest)
        for _ in range(20):
            here.now += chance.choice(MOMENTS)
            play(here, chance)
            check_all(here)
    finally:
        example.rollback()
        made.expire_all()


def play(here: World, chance: Random) -> None:
    """Let the jobs run, somebody be away or leave, or somebody do something they may do."""
    kind = chance.choice(["act"] * 10 + ["jobs"] * 5 + ["absence", "leave"])
    if kind == "act":
        do_something(here, chance)
    elif kind == "jobs":
        for job in JOBS:
            if job(here.session, here.now, 10):
                event(job.__name__)
    else:
        who = chance.choice(here.people[1:])
        here.__dict__.pop("actors", None)
        if kind == "leave":
            here.session.execute(sa.delete(RoleGrant).where(RoleGrant.person_id == who.id))
        else:
            factories.absence(here.session, who, here.now.date(), here.now.date() + timedelta(days=4))


def do_something(here: World, chance: Random) -> None:
    facts = facts_of(here.session, here.ticket, factories.service())
    possible = [(actor, action) for actor in here.actors for action in allowed_actions(facts, actor, here.now)]
    if not possible:
        return
    [(actor, action)] = chance.choices(possible, [WEIGHTS.get(action, 1) for _actor, action in possible])
    details = Details(
        note=from_plain("Words."),
        group=chance.choice(["DESK", "INFO", "FEW", "TURNS"]),
        technician_id=chance.choice(here.people).id,
        category=chance.choice(["fees", "exams", "plans", "login"]),
        urgency=chance.randint(1, 5),
        impact=chance.randint(1, 5),
        waiting_for=chance.choice(list(WaitingFor)),
        until=here.now + timedelta(days=chance.randint(1, 30)),
        duplicate_of=here.other.number,
        keep_watching=chance.random() < 0.5,
    )
    try:
        with here.session.begin_nested():
            act(here.session, here.ticket, action, actor, here.now, details)
        event(action)
    except DeskError:
        event(f"{action} refused")


def check_all(here: World) -> None:
    here.session.expire_all()
    check_state(here.ticket)
    check_priority(here)
    check_events(here)
    check_clocks(here)
    check_notices(here)
    check_readers(here)


def check_state(ticket: Ticket) -> None:
    is_open = ticket.state in OPEN_STATES
    assert is_open == (ticket.closed_at is None) == (ticket.outcome is None)
    assert (ticket.solved_at is not None) == (ticket.state == State.RESOLVED or ticket.outcome in SOLVED)
    assert (ticket.state == State.CANCELLED) == (ticket.outcome == Outcome.WITHDRAWN)
    if ticket.state == State.ASSIGNED_GROUP:
        assert ticket.technician_id is None
    # Solved together with others, a request has been nobody's.
    if ticket.state in (State.ASSIGNED_TECHNICIAN, State.IN_PROGRESS, State.WAITING):
        assert ticket.technician_id is not None


def check_priority(here: World) -> None:
    """It follows the matrix, or stands above it from the declaration of a major incident to its end (F5)."""
    told = [each.action for each in here.events() if each.action in (Action.DECLARE_MAJOR, Action.END_MAJOR)]
    is_major = bool(told) and told[-1] == Action.DECLARE_MAJOR
    ticket = here.ticket
    assert ticket.priority == (MAJOR if is_major else MATRIX[ticket.urgency - 1][ticket.impact - 1])


def check_events(here: World) -> None:
    events = here.events()
    assert [each.seq for each in events] == list(range(1, here.ticket.last_seq + 1))
    assert [each.before for each in events] == [None, *(each.after for each in events[:-1])]
    assert events[-1].after == here.ticket.state
    assert sorted(each.at for each in events) == [each.at for each in events]


def check_clocks(here: World) -> None:
    ticket, now = here.ticket, here.now
    waits = ticket.state == State.WAITING
    assert (ticket.waiting_for is not None) == (ticket.state_before_waiting is not None) == waits
    assert ticket.resume_at is None or (waits and ticket.waiting_for != WaitingFor.REQUESTER)
    runs = ticket.state == State.RESOLVED or ticket.waiting_for == WaitingFor.REQUESTER
    assert (ticket.expires_at is not None) == runs
    if ticket.expires_at is not None:
        assert on_the_wall(ticket.expires_at) == on_the_wall(silent_since(here)) + DAYS
    assert ticket.warn_at is None or (ticket.expires_at is not None and ticket.warn_at < ticket.expires_at)
    assert ticket.warn_at is None or ticket.warn_at > min(now, ticket.changed_at)


def silent_since(here: World) -> datetime:
    """The later of solution or question and the requester's last comment, from the events alone (rule 1)."""
    asker = here.people[0].id
    return max(
        each.at
        for each in here.events()
        if each.action in (Action.PROPOSE, Action.SOLVE_TOGETHER, Action.WAIT)
        or (each.action == Action.COMMENT and each.actor_id == asker)
    )


def on_the_wall(instant: datetime) -> datetime:
    return instant.astimezone(factories.ROME).replace(tzinfo=None)


def check_notices(here: World) -> None:
    query = (
        sa.select(Notice.event_id, Notice.recipient_id, Notice.template, TicketEvent.actor_id)
        .join(TicketEvent, TicketEvent.id == Notice.event_id)
        .where(Notice.ticket_id == here.ticket.id)
    )
    rows = here.session.execute(query).all()
    assert len({(row.event_id, row.recipient_id) for row in rows}) == len(rows)
    assert {row.template for row in rows if row.recipient_id == row.actor_id} <= RECEIPTS
    texts = here.session.scalars(sa.select(Message.event_id).where(Message.ticket_id == here.ticket.id)).all()
    assert len(set(texts)) == len(texts)


def check_readers(here: World) -> None:
    facts = facts_of(here.session, here.ticket, factories.service())
    for actor in here.actors:
        shown = here.session.scalars(sa.select(Ticket.id).where(Ticket.id == here.ticket.id, visible_to(actor))).first()
        assert (shown is not None) == may(actor, Permission.TICKET_READ, facts)
