"""No page sends more statements for many rows than for few: every address that shows a page, as whoever works there."""

import itertools
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.actions import reading_log
from servicedesk.actions.catalogue_drafts import begin
from servicedesk.actions.details import Details
from servicedesk.actions.files import attach, note_draft
from servicedesk.actions.joint_answers import Wanted, prepare
from servicedesk.actions.merging import merge
from servicedesk.actions.problem_opening import open_problem
from servicedesk.actions.reading_log import Way
from servicedesk.actions.second_factor import add_passkey
from servicedesk.actions.sessions import start
from servicedesk.actions.tickets import NewTicket, act
from servicedesk.gateways.passkeys import NewPasskey
from servicedesk.gateways.storage import new_upload_id
from servicedesk.rules.approval_steps import Decision
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.accounts import Contact, LocalAccount
from servicedesk.store.models.appointments import Appointment
from servicedesk.store.models.following import Star
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.relations import JointAnswer, JointAnswerPart
from servicedesk.store.models.system import AccessLog
from servicedesk.store.models.tickets import Message, Ticket
from servicedesk.store.tickets import next_number
from tests import approving, between_lines, changes, counters, factories, levels
from tests.factories import NOW
from tests.web.conftest import PROVIDER, SignIn, browser, publish, shipped_catalogue
from tests.web.queries import count_queries
from tests.web.rows import ADMINISTRATOR, GROUP, GUEST, KEY, NO_ROWS, NOBODY, PAGES, STUDENT, TECHNICIAN

FEW, MANY = 1, 10
People = Mapping[str, Person]
Clients = Mapping[str, FlaskClient]


@pytest.fixture
def people(desk: Session) -> People:
    made = {
        STUDENT: factories.student(desk),
        TECHNICIAN: factories.technician(desk, GROUP),
        ADMINISTRATOR: factories.administrator(desk),
        GUEST: factories.guest(desk),
    }
    address = made[STUDENT].email
    desk.add(Contact(person_id=made[STUDENT].id, address=address, verified_at=NOW, done_at=NOW))
    desk.add(LocalAccount(person_id=made[STUDENT].id, address=address, created_at=NOW, changed_at=NOW))
    desk.commit()
    return made


@pytest.fixture
def tickets(desk: Session, people: People) -> dict[str, Any]:
    now = datetime.now(UTC)
    own = factories.ticket(
        desk, key=KEY, requester=people[STUDENT], technician=people[TECHNICIAN], state=State.IN_PROGRESS, now=now
    )
    by = factories.actor(desk, people[STUDENT])
    act(desk, own, Action.PUBLISH, by, now, Details(scope="course", is_confirmed=True))
    guest = factories.ticket(desk, key="accesso-login", requester=people[GUEST], suffix="7KQF2M", now=now)
    edited = factories.ticket(desk, key=KEY, requester=people[STUDENT], now=now)
    levels.promise(desk, GROUP, now)
    counters.open_counter(desk, now, group=GROUP, **counters.always_open(now))
    start = now.replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    counters.booked(desk, start, people[STUDENT].id, now)
    appointment = desk.scalars(sa.select(Appointment)).one()
    between_lines.away(desk, people[TECHNICIAN].id, None, now)
    change = changes.planned(desk, factories.actor(desk, people[TECHNICIAN]), KEY, now)
    chief = factories.actor(desk, people[ADMINISTRATOR])
    desk.add(AccessLog(at=now, person_id=chief.person_id, ticket_id=own.id, reason="The student asked."))
    asked = reading_log.ask(desk, chief, "reader", people[TECHNICIAN].code or "", "The student asked.", now)
    desk.commit()
    made = {"own": own, "guest": guest, "edited": edited, "appointment": appointment, "change": change}
    return {**made, "asked": SimpleNamespace(number=asked)}


@pytest.fixture
def clients(app: Flask, people: People, tickets: Mapping[str, Any], sign_in: SignIn) -> Clients:
    made = {role: browser(app) for role in (STUDENT, TECHNICIAN, ADMINISTRATOR, GUEST, NOBODY)}
    for role in (STUDENT, TECHNICIAN, ADMINISTRATOR):
        sign_in(made[role], people[role].id)
    with made[GUEST].session_transaction() as cookie:
        cookie["guest"] = tickets["guest"].id
    return made


def test_every_address_that_shows_a_page_is_counted(app: Flask) -> None:
    shown = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert shown == set(PAGES) | NO_ROWS


def test_no_page_asks_the_database_more_often_for_many_rows_than_for_few(
    app: Flask, desk: Session, people: People, tickets: dict[str, Any], clients: Clients
) -> None:
    fill(desk, people, tickets, range(FEW))
    few = counts(app, clients, tickets)
    fill(desk, people, tickets, range(FEW, MANY))
    many = counts(app, clients, tickets)
    grown = {page: many[page][len(few[page]) :] for page in few if len(many[page]) > len(few[page])}
    assert grown == {}


def counts(app: Flask, clients: Clients, tickets: Mapping[str, Any]) -> dict[tuple[str, str], list[str]]:
    """Return the statements of every page, each opened once before, so that what a process reads once is read."""
    numbers = {name: ticket.number for name, ticket in tickets.items()}
    found = {}
    for role, path in itertools.chain.from_iterable(PAGES.values()):
        address = path.format(**numbers)
        assert clients[role].get(address).status_code == 200, f"{role} {address}"
        with count_queries(app) as seen:
            clients[role].get(address)
        found[role, path] = seen.statements
    return found


def fill(desk: Session, people: People, tickets: Mapping[str, Any], serials: range) -> None:
    """Let there be more of everything that a page lists."""
    now = datetime.now(UTC)
    for serial in serials:
        publish(desk, serial + 2)
        factories.standard_answer(desk, f"late{serial}", "{counter_contacts}", "{date}", "reply_close")
        factories.standard_answer(desk, "late0", f"Numero {serial}: {{counter_contacts}}", "Now", "reply_close")
        factories.counter_contact(desk, f"Area {serial}", "Room 1")
        levels.promise(desk, GROUP, now, targets=serial + 2)
        factories.announcement(desk, f"News {serial}", starts_at=now, ends_at=now + timedelta(hours=1))
        factories.answer(desk, f"answer{serial}", KEY)
        factories.answer(desk, "answer0", KEY, it=f"Numero {serial}.")
        colleague = factories.technician(desk, GROUP)
        factories.absence(desk, colleague, date(2099, 1, 1), date(2099, 2, 1))
        chief: Any = factories.actor(desk, factories.administrator(desk))
        begin(desk, chief, "running", f"Draft {serial}", shipped_catalogue(), now)
        for state in (State.ASSIGNED_GROUP, State.WAITING, State.RESOLVED, State.CLOSED):
            made = factories.ticket(
                desk, key=KEY, requester=people[STUDENT], technician=people[TECHNICIAN], state=state, now=now
            )
            approving.asked(desk, made, people[TECHNICIAN], now)
            desk.add_all(
                Star(person_id=people[who].id, ticket_id=made.id, starred_at=now) for who in (STUDENT, TECHNICIAN)
            )
        approving.asked(desk, tickets["own"], people[TECHNICIAN], now, Decision.APPROVED)
        relations(desk, tickets["own"], people, now)
        reader = people[TECHNICIAN].id
        reading_log.note_opened(desk, reader, [tickets["own"].number], Way.PAGE, now - timedelta(hours=serial))
        factories.rule(desk, tickets["own"], f"Rule {serial}", now)
        factories.recurring(desk, tickets["own"], people[TECHNICIAN], f"Printers {serial}", now)
        asked_elsewhere(desk, people, serial, now)
        owner = people[STUDENT]
        filed_before = factories.guest(desk, email=owner.email)
        factories.ticket(desk, key="accesso-login", requester=filed_before, suffix="7KQF2M", now=now)
        add_passkey(desk, owner.id, NewPasskey(f"credential{serial}", b"key", 0), f"phone {serial}", now)
        start(desk, owner.id, PROVIDER, now + timedelta(hours=1), now)
        appointments(desk, people, serial, now)
        friend = Details(address=f"friend{serial}@studenti.example.org")
        act(desk, tickets["own"], Action.SHARE, factories.actor(desk, owner), now, friend)
        asker: Any = factories.actor(desk, people[STUDENT])
        act(desk, tickets["edited"], Action.EDIT, asker, now, Details(title=f"Title {serial}"))
        for name, who in (("own", STUDENT), ("guest", GUEST), ("edited", STUDENT)):
            comment(desk, tickets[name], people[who], now)
    desk.execute(sa.update(Notice).values(state="failed", last_error="550 no such user"))
    desk.commit()


def relations(desk: Session, own: Ticket, people: People, now: datetime) -> None:
    """One more part of a ticket, which is answered with the others, and one more request merged into it."""
    part, gone = (factories.ticket(desk, key=KEY, requester=people[STUDENT], now=now) for _ in range(2))
    by: Any = factories.actor(desk, people[TECHNICIAN])
    act(desk, part, Action.LINK, by, now, Details(link_kind="child_of", other=own.number))
    number = next_number(desk, now, factories.ROME)
    new = NewTicket(number, KEY, "One cause", from_plain("Since Monday."), "person", {})
    problem, _left_out = open_problem(desk, new, [part.number], by, now)
    act(desk, problem, Action.DIAGNOSE, by, now, Details(note=from_plain("A missing index.")))
    act(desk, problem, Action.WORK_AROUND, by, now, Details(texts={"en": "Wait."}))
    act(desk, problem, Action.KNOW_ERROR, by, now)
    changes.frozen(desk, people[TECHNICIAN].id, now)
    changes.planned(desk, by, KEY, now, [problem.number], implementer_id=people[TECHNICIAN].id)
    merge(desk, gone.number, own.number, by, now, Details(note=from_plain("Both ask the same.")))
    joint = desk.get(JointAnswer, 1)
    if joint is None:
        texts = {"it": from_plain("Ci lavoriamo."), "en": from_plain("We are at it.")}
        prepare(desk, own.id, Wanted(Action.COMMENT, texts, [part.number]), people[TECHNICIAN].id, now)
    else:
        desk.add(JointAnswerPart(joint_answer_id=joint.id, ticket_id=part.id, state="done"))


def asked_elsewhere(desk: Session, people: People, serial: int, now: datetime) -> None:
    """One more question for the technician's advice, and one more colleague for whom they stand in."""
    elsewhere: Any = factories.actor(desk, factories.technician(desk, "TASSE"))
    asked = factories.ticket(desk, key="tasse-mora", requester=people[STUDENT], now=now)
    asked.group_code = "TASSE"
    desk.flush()
    act(desk, asked, Action.ASK_ADVICE, elsewhere, now, Details(note=from_plain("Due?"), group=GROUP))
    colleague = factories.technician(desk, GROUP)
    between_lines.away(desk, colleague.id, people[TECHNICIAN].id, now - timedelta(days=1), serial + 1)


def appointments(desk: Session, people: People, serial: int, now: datetime) -> None:
    """One more counter with an appointment of the student, and one more person at the first counter."""
    key, start = f"office-{serial}", now.replace(minute=0, second=0, microsecond=0)
    counters.open_counter(desk, now, key=key, group=GROUP, **counters.always_open(now))
    counters.booked(desk, start + timedelta(days=2), people[STUDENT].id, now, counter=key)
    counters.booked(desk, start + timedelta(hours=serial + 2), factories.student(desk).id, now)


def comment(desk: Session, ticket: Ticket, who: Person, now: datetime) -> None:
    """Write on a ticket, with a file."""
    by: Any = factories.actor(desk, who, ticket)
    event = act(desk, ticket, Action.COMMENT, by, now, Details(note=from_plain("One more thing.")))
    message = desk.scalars(sa.select(Message).where(Message.event_id == event.id)).one()
    key, upload_id = new_upload_id(), new_upload_id()
    note_draft(desk, upload_id, key, "receipt.txt", "text/plain", 5, "0" * 64, now)
    attach(desk, [upload_id], key, ticket.id, message.id)
