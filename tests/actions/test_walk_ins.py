"""Visits without an appointment, noted by the staff of the counter."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.appointment_slots import hold
from servicedesk.actions.walk_ins import Visit, note_walk_in
from servicedesk.rules.appointments import Stage
from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.rules.permissions import Actor
from servicedesk.store import appointments as store
from servicedesk.store.appointments import Booking
from servicedesk.store.models.people import StudentRecord
from tests import factories
from tests.actions.test_appointments import NINE
from tests.counters import open_counter, wish
from tests.factories import NOW, actor


@pytest.fixture
def worker(session: Session) -> Actor:
    """Somebody who staffs the small counter."""
    factories.publish(session)
    open_counter(session, NOW)
    return actor(session, factories.technician(session, "DESK"))


def noted(session: Session) -> list[Booking]:
    return store.agenda(session, store.counter_row(session, "office")[0], NINE, NINE + timedelta(hours=1))


def test_a_visitor_without_a_name_is_present_and_takes_nobodys_time(session: Session, worker: Actor) -> None:
    note_walk_in(session, Visit("office", "exams"), worker, NINE)
    [visit] = noted(session)
    assert (visit.state, visit.is_walk_in, visit.person) == (Stage.PRESENT, True, "")
    hold(session, wish(NINE), factories.student(session).id, NOW)


def test_a_name_is_kept_as_it_was_said(session: Session, worker: Actor) -> None:
    note_walk_in(session, Visit("office", "exams", name="Ada Prima"), worker, NINE)
    assert [visit.person for visit in noted(session)] == ["Ada Prima"]


def test_a_student_number_finds_the_account_or_the_name_in_the_register(session: Session, worker: Actor) -> None:
    student = factories.student(session, given_name="Sofia", family_name="Saggi")
    number = f"7{student.id:05d}"
    note_walk_in(session, Visit("office", "exams", student_number=number), worker, NINE)
    assert [visit.person_id for visit in noted(session)] == [student.id]
    session.execute(sa.update(StudentRecord).values(fiscal_hash="of nobody who ever signed in"))
    note_walk_in(session, Visit("office", "exams", student_number=number), worker, NINE)
    assert [visit.person for visit in noted(session)] == ["Sofia Saggi", "Sofia Saggi"]
    assert noted(session)[1].person_id != student.id


def test_the_form_sent_twice_notes_one_visit(session: Session, worker: Actor) -> None:
    visit = Visit("office", "exams", form_key="a key of the form itself")
    first = note_walk_in(session, visit, worker, NINE)
    assert note_walk_in(session, visit, worker, NINE) == first
    assert len(noted(session)) == 1


def test_what_cannot_be_noted_is_refused(session: Session, worker: Actor) -> None:
    stranger = actor(session, factories.technician(session, "TURNS"))
    with pytest.raises(NotFound):
        note_walk_in(session, Visit("office", "exams"), stranger, NINE)
    for visit in (Visit("office", "other"), Visit("office", "exams", student_number="000")):
        with pytest.raises(Invalid):
            note_walk_in(session, visit, worker, NINE)
    assert noted(session) == []
