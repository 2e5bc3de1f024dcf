"""Appointments by the real actions: hold, book, cancel, move, remind, note who came; each with its mail."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from servicedesk.actions.appointment_slots import Said, forget_holds, hold
from servicedesk.actions.appointments import book, cancel, move, note_visit, remind
from servicedesk.actions.counters import set_counter
from servicedesk.actions.files import note_draft, sweep_drafts
from servicedesk.gateways.storage import new_upload_id
from servicedesk.rules.appointments import HOLD, Stage
from servicedesk.rules.errors import Conflict, Gone, Invalid, NotFound, NotNow
from servicedesk.store import appointments as store
from servicedesk.store.models.appointments import Appointment, TakenUnit
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.system import AuditEvent
from tests import factories
from tests.counters import SAID, booked, counter, open_counter, wish
from tests.factories import NOW, actor

NINE = datetime(2026, 3, 9, 8, tzinfo=NOW.tzinfo)
"""Next Monday, nine o'clock on the wall."""
FIVE = timedelta(minutes=5)


@pytest.fixture
def people(session: Session) -> list[Person]:
    factories.publish(session)
    open_counter(session, NOW)
    return [factories.student(session) for _ in range(3)]


def units(session: Session) -> list[tuple[datetime, int]]:
    found = session.execute(sa.select(TakenUnit.at, TakenUnit.seat).order_by(TakenUnit.at, TakenUnit.seat))
    return [(at, seat) for at, seat in found]


def state(session: Session, number: str) -> str | None:
    return session.scalar(sa.select(Appointment.state).where(Appointment.number == number))


def mails(session: Session) -> list[tuple[str, dict[str, Any]]]:
    return [(row.template, row.context or {}) for row in session.scalars(sa.select(Notice).order_by(Notice.id))]


def test_a_booked_appointment_takes_every_unit_of_its_topic_and_is_mailed(
    session: Session, people: list[Person]
) -> None:
    number = booked(session, NINE, people[0].id, NOW)
    assert units(session) == [(NINE, 0), (NINE + FIVE, 0)]
    [mine] = store.own(session, people[0].id, NOW)
    assert (mine.number, mine.state, mine.description, mine.phone) == (
        number,
        Stage.BOOKED,
        SAID.description,
        SAID.phone,
    )
    [(template, context)] = mails(session)
    assert template == "appointment_booked"
    assert (context["number"], context["starts_at"], context["is_cancelled"]) == (number, NINE.isoformat(), "")
    assert context["place_en"] == "Room 1"


def test_the_form_sent_twice_books_and_mails_once(session: Session, people: list[Person]) -> None:
    number = booked(session, NINE, people[0].id, NOW)
    book(session, number, SAID, people[0].id, NOW)
    assert len(mails(session)) == 1


def test_an_online_appointment_carries_the_meeting_link(session: Session, people: list[Person]) -> None:
    booked(session, NINE, people[0].id, NOW, mode="online")
    assert mails(session)[0][1]["place_it"] == "https://meet.example.org/office"


@pytest.mark.parametrize("shift", [timedelta(0), FIVE, -FIVE])
def test_a_time_that_overlaps_a_booked_one_is_refused(session: Session, people: list[Person], shift: timedelta) -> None:
    start = NINE + 2 * FIVE
    booked(session, start, people[0].id, NOW)
    with pytest.raises(Conflict):
        hold(session, wish(start + shift), people[1].id, NOW)
    hold(session, wish(start + 2 * FIVE), people[2].id, NOW)


def test_a_counter_with_two_seats_takes_two_and_refuses_the_third(session: Session, people: list[Person]) -> None:
    open_counter(session, NOW, capacity=2)
    for person in people[:2]:
        booked(session, NINE, person.id, NOW)
    assert units(session) == [(NINE, 0), (NINE, 1), (NINE + FIVE, 0), (NINE + FIVE, 1)]
    with pytest.raises(Conflict):
        hold(session, wish(NINE), people[2].id, NOW)


def test_a_hold_keeps_its_time_for_five_minutes_and_then_gives_way(session: Session, people: list[Person]) -> None:
    number = hold(session, wish(NINE), people[0].id, NOW)
    with pytest.raises(Conflict):
        hold(session, wish(NINE), people[1].id, NOW + HOLD - timedelta(seconds=1))
    hold(session, wish(NINE), people[1].id, NOW + HOLD)
    assert state(session, number) is None
    with pytest.raises(Gone):
        book(session, number, SAID, people[0].id, NOW + HOLD)


def test_a_late_form_is_still_booked_while_nobody_wanted_the_time(session: Session, people: list[Person]) -> None:
    number = hold(session, wish(NINE), people[0].id, NOW)
    book(session, number, SAID, people[0].id, NOW + timedelta(hours=1))
    assert state(session, number) == Stage.BOOKED


def test_a_person_holds_one_time_at_once(session: Session, people: list[Person]) -> None:
    hold(session, wish(NINE), people[0].id, NOW)
    hold(session, wish(NINE + 4 * FIVE), people[0].id, NOW)
    assert [at for at, _seat in units(session)] == [NINE + 4 * FIVE, NINE + 5 * FIVE]


def test_a_person_has_at_most_three_appointments_ahead_at_a_counter(session: Session, people: list[Person]) -> None:
    for index in range(3):
        booked(session, NINE + 2 * index * FIVE, people[0].id, NOW)
    with pytest.raises(NotNow, match="3 appointments"):
        hold(session, wish(NINE + 8 * FIVE), people[0].id, NOW)


@pytest.mark.parametrize(
    ("said", "error"), [({"topic": "other"}, Invalid), ({"mode": "by_post"}, Invalid), ({"counter": "other"}, NotFound)]
)
def test_what_the_counter_does_not_offer_is_refused(
    session: Session, people: list[Person], said: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        hold(session, wish(NINE, **said), people[0].id, NOW)
    assert units(session) == []


def test_a_time_between_slots_or_outside_the_windows_is_refused(session: Session, people: list[Person]) -> None:
    for start in (NINE + timedelta(minutes=1), NINE - FIVE, NINE + timedelta(minutes=55), NINE + timedelta(days=1)):
        with pytest.raises(Conflict):
            hold(session, wish(start), people[0].id, NOW)


def test_an_appointment_needs_a_description_and_a_telephone_number(session: Session, people: list[Person]) -> None:
    number = hold(session, wish(NINE), people[0].id, NOW)
    for said in (Said(" ", "1"), Said("Exams", "")):
        with pytest.raises(Invalid):
            book(session, number, said, people[0].id, NOW)
    assert state(session, number) == Stage.HELD


def test_cancelling_frees_the_time_and_mails_the_calendar(session: Session, people: list[Person]) -> None:
    number = booked(session, NINE, people[0].id, NOW)
    cancel(session, number, people[0].id, NOW)
    assert (state(session, number), units(session)) == (Stage.CANCELLED, [])
    template, context = mails(session)[-1]
    assert (template, context["sequence"], context["is_cancelled"]) == ("appointment_cancelled", "1", "1")
    booked(session, NINE, people[1].id, NOW)


def test_moving_keeps_the_number_and_frees_the_old_time(session: Session, people: list[Person]) -> None:
    number = booked(session, NINE, people[0].id, NOW)
    move(session, number, NINE + FIVE, people[0].id, NOW)
    assert [at for at, _seat in units(session)] == [NINE + FIVE, NINE + 2 * FIVE]
    template, context = mails(session)[-1]
    assert (template, context["number"], context["sequence"]) == ("appointment_moved", number, "1")
    assert context["starts_at"] == (NINE + FIVE).isoformat()


def test_moving_onto_somebody_elses_time_is_refused(session: Session, people: list[Person]) -> None:
    number = booked(session, NINE, people[0].id, NOW)
    booked(session, NINE + 4 * FIVE, people[1].id, NOW)
    with session.begin_nested() as inner:
        with pytest.raises(Conflict):
            move(session, number, NINE + 3 * FIVE, people[0].id, NOW)
        inner.rollback()
    assert units(session)[0] == (NINE, 0)


def test_after_the_deadline_nothing_changes(session: Session, people: list[Person]) -> None:
    number = booked(session, NINE, people[0].id, NOW)
    late = NINE - timedelta(minutes=119)
    for change in (
        lambda: cancel(session, number, people[0].id, late),
        lambda: move(session, number, NINE + 4 * FIVE, people[0].id, late),
    ):
        with pytest.raises(NotNow):
            change()
    assert state(session, number) == Stage.BOOKED


def test_nobody_touches_anothers_appointment(session: Session, people: list[Person]) -> None:
    number = booked(session, NINE, people[0].id, NOW)
    for change in (
        lambda: cancel(session, number, people[1].id, NOW),
        lambda: move(session, number, NINE + 4 * FIVE, people[1].id, NOW),
        lambda: store.own_one(session, number, people[1].id),
    ):
        with pytest.raises(NotFound):
            change()
    assert state(session, number) == Stage.BOOKED


def test_staff_of_the_counter_note_who_came_from_the_day_on(session: Session, people: list[Person]) -> None:
    number = booked(session, NINE, people[0].id, NOW)
    worker = actor(session, factories.technician(session, "DESK"))
    stranger = actor(session, factories.technician(session, "TURNS"))
    with pytest.raises(NotNow):
        note_visit(session, number, True, worker, NOW)
    with pytest.raises(NotFound):
        note_visit(session, number, True, stranger, NINE)
    note_visit(session, number, True, worker, NINE)
    assert state(session, number) == Stage.PRESENT
    note_visit(session, number, False, worker, NINE)
    assert state(session, number) == Stage.ABSENT
    [shown] = store.agenda(session, store.counter_row(session, "office")[0], NINE, NINE + FIVE)
    assert (shown.number, shown.person, shown.state) == (number, people[0].display_name, Stage.ABSENT)


def test_a_reminder_goes_out_once_the_day_before(session: Session, people: list[Person]) -> None:
    booked(session, NINE, people[0].id, NOW)
    cancel(session, booked(session, NINE + 4 * FIVE, people[1].id, NOW), people[1].id, NOW)
    assert remind(session, NINE - timedelta(hours=24, seconds=1), 10) == 0
    assert remind(session, NINE - timedelta(hours=24), 10) == 1
    assert remind(session, NINE - timedelta(hours=23), 10) == 0
    assert mails(session)[-1][0] == "appointment_reminder"


def test_who_books_for_tomorrow_is_not_reminded_again(session: Session, people: list[Person]) -> None:
    booked(session, NINE, people[0].id, NINE - timedelta(hours=20))
    assert remind(session, NINE - timedelta(hours=10), 10) == 0


def test_the_database_itself_refuses_two_appointments_on_one_seat(session: Session, people: list[Person]) -> None:
    booked(session, NINE, people[0].id, NOW)
    other = session.scalars(sa.select(Appointment)).one()
    row = {"counter_id": other.counter_id, "at": NINE, "seat": 0, "appointment_id": other.id}
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(sa.insert(TakenUnit), [row])


def test_a_counter_is_set_once_and_its_changes_are_recorded(session: Session, people: list[Person]) -> None:
    assert not set_counter(session, counter(), "test", NOW)
    assert set_counter(session, counter(capacity=3), "test", NOW)
    record = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "counter.set")).all()[-1]
    assert (record.subject, record.before["capacity"], record.after["capacity"]) == ("counter:office", 1, 3)
    with pytest.raises(Invalid, match="no group 'NONE'"):
        set_counter(session, counter(group="NONE"), "test", NOW)


def draft(session: Session, key: str) -> str:
    """Store a file with a form."""
    upload_id = new_upload_id()
    note_draft(session, upload_id, key, "plan.pdf", "application/pdf", 5, "0" * 64, NOW)
    return upload_id


def test_the_files_of_a_form_belong_to_the_appointment_until_a_month_after_it(
    session: Session, people: list[Person]
) -> None:
    key, owner = "appointment/1/ABCDEFGH", people[0].id
    upload_id, number = draft(session, key), hold(session, wish(NINE), owner, NOW)
    book(session, number, SAID, owner, NOW, [upload_id], key)
    mine = store.own_one(session, number, owner)
    assert [file.name for file in store.files_of(session, [mine.id])[mine.id]] == ["plan.pdf"]
    move(session, number, NINE + FIVE, owner, NOW)
    month = timedelta(days=30)
    assert sweep_drafts(session, mine.ends_at + FIVE + month, 10) == []
    assert sweep_drafts(session, mine.ends_at + FIVE + month + FIVE, 10) == [upload_id]
    assert not store.files_of(session, [mine.id])[mine.id]


def test_a_file_of_another_form_is_not_taken(session: Session, people: list[Person]) -> None:
    upload_id, number = draft(session, "the key of somebody else"), hold(session, wish(NINE), people[0].id, NOW)
    with pytest.raises(Invalid):
        book(session, number, SAID, people[0].id, NOW, [upload_id], "appointment/1/ABCDEFGH")


def test_a_form_whose_time_is_lost_lives_on_under_its_number(session: Session, people: list[Person]) -> None:
    first = hold(session, wish(NINE), people[0].id, NOW)
    hold(session, wish(NINE), people[1].id, NOW + HOLD)
    again = replace(wish(NINE + 2 * FIVE), number=first, said=SAID)
    assert hold(session, again, people[0].id, NOW + HOLD) == first
    assert store.own_one(session, first, people[0].id).description == SAID.description


@pytest.mark.parametrize("number", ["' OR 1=1", "ABC", "ABCDEFG1"])
def test_a_number_that_is_none_is_not_used(session: Session, people: list[Person], number: str) -> None:
    assert hold(session, replace(wish(NINE), number=number), people[0].id, NOW) != number


def test_the_number_of_anothers_appointment_is_not_used_again(session: Session, people: list[Person]) -> None:
    theirs = booked(session, NINE, people[1].id, NOW)
    assert hold(session, replace(wish(NINE + 2 * FIVE), number=theirs), people[0].id, NOW) != theirs


def test_a_hold_nobody_booked_for_an_hour_is_forgotten(session: Session, people: list[Person]) -> None:
    hold(session, wish(NINE), people[0].id, NOW)
    assert forget_holds(session, NOW + HOLD + timedelta(minutes=59)) == 0
    assert forget_holds(session, NOW + HOLD + timedelta(hours=1)) == 1
    assert units(session) == []


def test_an_appointment_is_about_a_ticket_of_ones_own_alone(session: Session, people: list[Person]) -> None:
    ticket = factories.ticket(session, requester=people[0])
    number = hold(session, replace(wish(NINE), ticket=ticket.number), people[0].id, NOW)
    assert store.own_one(session, number, people[0].id).ticket == ticket.number
    assert store.of_ticket(session, ticket.number) == []
    book(session, number, SAID, people[0].id, NOW)
    assert [about.number for about in store.of_ticket(session, ticket.number)] == [number]
    with pytest.raises(NotFound):
        hold(session, replace(wish(NINE + 2 * FIVE), ticket=ticket.number), people[1].id, NOW)
