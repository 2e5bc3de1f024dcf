"""No question about appointments that pages and jobs ask again and again reads a whole table, on either database."""

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.appointment_slots import forget_holds, has_too_many
from servicedesk.rules.appointments import Stage
from servicedesk.store import appointments as store
from servicedesk.store import waiting_lists as lists
from servicedesk.store.models.appointments import (
    Appointment,
    AppointmentFile,
    AppointmentTicket,
    AppointmentWait,
    CounterRow,
    TakenUnit,
)
from servicedesk.store.models.tickets import Ticket, Upload
from tests.counters import counter
from tests.store.many_tickets import NOW, add, person, row
from tests.store.plans import full_scans, plans

MANY, COUNTERS = 6_000, 6
TABLES = ("appointment", "appointment_unit", "appointment_file", "appointment_ticket", "appointment_wait", "upload")


@pytest.fixture
def full(session: Session) -> int:
    """A desk with many appointments, most of them past, with tickets, files and long lines; returns a person."""
    people = [person(session, str(number)) for number in range(300)]
    for number in range(COUNTERS):
        made = counter(key=f"office-{number}")
        session.add(CounterRow(id=number + 1, key=made.key, content=made.as_data(), changed_at=NOW))
    session.flush()
    rows = [_appointment(number, people[number % 300]) for number in range(MANY)]
    session.execute(sa.insert(Appointment), rows)
    ids = session.scalars(sa.select(Appointment.id).order_by(Appointment.id)).all()
    units = [
        {"counter_id": each["counter_id"], "at": each["starts_at"], "seat": 0, "appointment_id": id_}
        for each, id_ in zip(rows, ids, strict=True)
    ]
    session.execute(sa.insert(TakenUnit), units)
    add(session, (row(number, people[0]) for number in range(MANY // 2)))
    tickets = session.scalars(sa.select(Ticket.id).order_by(Ticket.id)).all()
    links = [{"appointment_id": ids[2 * number], "ticket_id": tickets[number]} for number in range(MANY // 2)]
    session.execute(sa.insert(AppointmentTicket), links)
    session.execute(sa.insert(Upload), [_upload(number) for number in range(MANY)])
    files = [{"upload_id": f"{number:032d}", "appointment_id": id_} for number, id_ in enumerate(ids)]
    session.execute(sa.insert(AppointmentFile), files)
    session.execute(sa.insert(AppointmentWait), [_wait(number, people[number % 300]) for number in range(1_500)])
    session.flush()
    return people[0]


def _appointment(number: int, person_id: int) -> dict[str, Any]:
    at, is_ahead = NOW + timedelta(minutes=15 * (number - MANY + 100)), number > MANY - 100
    state = Stage.HELD if number % 500 == 499 else Stage.BOOKED if is_ahead else Stage.PRESENT
    return {
        "number": f"A{number:07d}",
        "counter_id": number % COUNTERS + 1,
        "person_id": person_id,
        "topic": "exams",
        "topic_name": {"it": "Esami", "en": "Exams"},
        "mode": "in_person",
        "starts_at": at,
        "ends_at": at + timedelta(minutes=10),
        "state": state,
        "held_until": at if state == Stage.HELD else None,
        "description": "",
        "phone": "",
        "contact": "",
        "sequence": 0,
        "reminded_at": None if is_ahead else at,
        "created_at": at,
    }


def _upload(number: int) -> dict[str, Any]:
    said = {"name": "plan.pdf", "content_type": "application/pdf", "size": 5, "sha256": "0" * 64}
    return {"id": f"{number:032d}", **said, "created_at": NOW, "expires_at": NOW}


def _wait(number: int, person_id: int) -> dict[str, Any]:
    day, is_offered = date(2026, 4, 1), number % 100 == 0
    return {
        "counter_id": number // 300 + 1,
        "person_id": person_id,
        "topic": "exams",
        "mode": "in_person",
        "first_day": day,
        "last_day": day,
        "description": "",
        "phone": "",
        "contact": "",
        "state": lists.ON_OFFER if is_offered else lists.IN_LINE,
        "offered_until": NOW if is_offered else None,
        "created_at": NOW,
    }


def test_what_pages_and_jobs_ask_about_appointments_is_found_by_an_index(session: Session, full: int) -> None:
    session.execute(sa.text("ANALYZE"))
    week, hour = timedelta(days=7), timedelta(hours=1)
    number = session.scalars(sa.select(AppointmentTicket.ticket_id)).first()
    assert number
    asked = {
        "the week": lambda: store.taken(session, 1, NOW, NOW + week, NOW),
        "the agenda": lambda: store.agenda(session, 1, NOW, NOW + 8 * hour),
        "what is ahead": lambda: store.ahead(session, 1, NOW),
        "one's own": lambda: store.own(session, full, NOW),
        "one": lambda: store.own_one(session, "A0000000", full),
        "files": lambda: store.files_of(session, [1, 2, 3]),
        "of a ticket": lambda: store.of_ticket(session, f"2026{number:06d}"),
        "reminders": lambda: store.due_reminders(session, NOW, NOW + hour, 10),
        "how many": lambda: has_too_many(session, 1, full, NOW),
        "old holds": lambda: forget_holds(session, NOW - 4 * week),
        "the line": lambda: lists.in_line(session, 1, date(2026, 4, 1)),
        "who waits": lambda: lists.of_person(session, full),
        "offers": lambda: lists.due_offers(session, NOW - hour, 10),
    }
    found = {name: plans(session, call) for name, call in asked.items()}
    scans = {name: [line for table in TABLES for line in full_scans(plan, table)] for name, plan in found.items()}
    assert {name: lines for name, lines in scans.items() if lines} == {}
