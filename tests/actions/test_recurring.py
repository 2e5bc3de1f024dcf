"""Recurring requests: opened once each when their day has come, late or left out, paused with the reason."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import level_book, recurring
from servicedesk.actions.recurring import ForWhom
from servicedesk.rules.automation import Deeds
from servicedesk.rules.catalogue import Field as CatalogueField
from servicedesk.rules.catalogue import FieldKind, LocalText
from servicedesk.rules.errors import Conflict, Invalid, NotAllowed, NotFound
from servicedesk.rules.level_book import Book, Calendar, Target
from servicedesk.rules.permissions import Actor
from servicedesk.rules.recurring import Missed, Recurring
from servicedesk.rules.rhythm import OffDay, Rhythm, Unit
from servicedesk.store import catalogue
from servicedesk.store import recurring as store
from servicedesk.store.base import writing
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.recurring import RecurringRun, RecurringTicket
from servicedesk.store.models.system import AuditEvent
from servicedesk.store.models.tickets import Message, Ticket, TicketEvent
from tests import factories
from tests.actions.test_concurrency import together

NOW = factories.NOW
"""A Monday, ten o'clock at the desk."""
TODAY = NOW.date()
DAILY = Recurring(
    name="Printers",
    category="fees",
    title=LocalText("Stampanti del {date}", "Printers of {date}"),
    text=LocalText("Controllare le stampanti.", "Check the printers."),
    rhythm=Rhythm(Unit.DAY, TODAY, time(11)),
)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def boss(session: Session) -> Actor:
    factories.publish(session)
    return factories.actor(session, factories.supervisor(session, "DESK"))


@pytest.fixture
def whom(session: Session) -> ForWhom:
    return ForWhom(factories.technician(session, "DESK", code="T-DESK", locale="en").id)


def keep(session: Session, boss: Actor, whom: ForWhom, it: Recurring = DAILY) -> RecurringTicket:
    return recurring.save(session, boss, it, whom, None, 0, NOW)


def publish(session: Session, *categories: Any) -> None:
    """Let another catalogue run, as a later transaction finds it."""
    factories.publish(session, factories.catalogue(categories))
    catalogue.forget_seen(session)


def run(session: Session, now: datetime) -> None:
    failed: set[int] = set()
    while recurring.open_due(session, now, failed):
        pass
    assert not failed


def tickets(session: Session) -> list[Ticket]:
    return list(session.scalars(sa.select(Ticket).order_by(Ticket.id)))


def test_it_opens_at_its_time_once_however_often_the_job_runs(session: Session, boss: Actor, whom: ForWhom) -> None:
    row = keep(session, boss, whom)
    assert row.next_at == NOW + HOUR
    run(session, NOW + HOUR - timedelta(seconds=1))
    assert tickets(session) == []
    for minutes in (0, 1, 30):
        run(session, NOW + HOUR + timedelta(minutes=minutes))
    (ticket,) = tickets(session)
    assert (ticket.title, ticket.group_code, ticket.origin) == ("Printers of 02/03/2026", "DESK", "recurring")
    assert ticket.requester_id == whom.person_id
    assert session.scalars(sa.select(Message.body_text)).one() == "Check the printers."
    assert row.next_at == NOW + HOUR + DAY
    (kept,) = store.runs(session, row.id, boss)
    assert (kept.number, kept.due_at, kept.missed) == (ticket.number, NOW + HOUR, 0)
    told = session.scalars(sa.select(Notice.recipient_id).where(Notice.template == "opened")).all()
    assert told == [whom.person_id]


def test_what_it_says_is_done_at_once_and_what_cannot_be_done_is_kept(
    session: Session, boss: Actor, whom: ForWhom
) -> None:
    factories.technician(session, "INFO")
    deeds = Deeds(group="INFO", technician="T-DESK", urgency=5, impact=5, note="Toner, paper, feed.")
    row = keep(session, boss, whom, replace(DAILY, deeds=deeds))
    run(session, NOW + HOUR)
    (ticket,) = tickets(session)
    assert (ticket.group_code, ticket.priority, ticket.technician_id) == ("INFO", 5, None)
    notes = session.scalars(sa.select(Message.body_text).where(~Message.is_public))
    assert "Toner, paper, feed." in list(notes)
    assert set(store.runs(session, row.id, boss)[0].refused) == {"technician"}


@pytest.mark.parametrize(("missed", "opened"), [(Missed.LATE, 1), (Missed.SKIP, 0)])
def test_after_the_desk_stood_still_one_is_opened_late_or_none(
    session: Session, boss: Actor, whom: ForWhom, missed: Missed, opened: int
) -> None:
    row = keep(session, boss, whom, replace(DAILY, missed=missed))
    run(session, NOW + 4 * DAY)
    assert len(tickets(session)) == opened
    (kept,) = store.runs(session, row.id, boss)
    assert kept.missed == (3 if opened else 4)
    assert row.next_at == NOW + 4 * DAY + HOUR
    run(session, NOW + 4 * DAY + HOUR)
    assert len(tickets(session)) == opened + 1


def test_the_calendar_of_what_is_promised_moves_it_and_a_later_closure_too(
    session: Session, boss: Actor, whom: ForWhom
) -> None:
    easter_monday = date(2026, 4, 6)
    it = replace(DAILY, rhythm=Rhythm(Unit.YEAR, TODAY, time(11), month=4, day=6, off_days=OffDay.NEXT))
    row = keep(session, boss, whom, it)
    assert row.next_at is not None
    assert row.next_at.date() == easter_monday  # the week alone knows no holidays
    week = {day: ((540, 1020),) for day in range(7)}
    office = Calendar("office", LocalText("Ufficio", "Office"), week)
    book = Book({"office": office}, (Target("usual", "office", resolve_minutes=240),))
    level_book.publish(session, book, "command:test", NOW, 0)
    run(session, row.next_at)
    assert tickets(session) == []
    assert row.next_at.date() == easter_monday + DAY
    run(session, row.next_at)
    assert [ticket.opened_at.date() for ticket in tickets(session)] == [easter_monday + DAY]


def test_a_category_that_is_gone_pauses_it_and_its_owner_is_told_why(
    session: Session, boss: Actor, whom: ForWhom
) -> None:
    row = keep(session, boss, whom)
    publish(session, factories.category("exams"))
    run(session, NOW + HOUR)
    assert tickets(session) == []
    assert not row.is_on
    assert row.next_at is None
    assert row.why_paused is not None
    letter = session.scalars(sa.select(Notice).where(Notice.template == recurring.PAUSED_LETTER)).one()
    assert letter.recipient_id == boss.person_id
    assert letter.context["msgid"] == row.why_paused["msgid"] == "Its category is no longer in the catalogue."
    with pytest.raises(Invalid):
        recurring.resume(session, boss, row.id, row.revision, NOW + DAY)
    publish(session)
    recurring.resume(session, boss, row.id, row.revision, NOW + 3 * DAY)
    run(session, NOW + 3 * DAY + HOUR)
    assert [ticket.opened_at for ticket in tickets(session)] == [NOW + 3 * DAY + HOUR]


def test_who_has_gone_pauses_it_too(session: Session, boss: Actor, whom: ForWhom) -> None:
    row = keep(session, boss, whom)
    session.get_one(Person, whom.person_id).is_active = False
    run(session, NOW + HOUR)
    assert not row.is_on


def test_paused_it_opens_nothing_and_resumed_it_goes_on_from_then(session: Session, boss: Actor, whom: ForWhom) -> None:
    row = keep(session, boss, whom)
    recurring.pause(session, boss, row.id, row.revision, NOW)
    run(session, NOW + 2 * DAY)
    recurring.resume(session, boss, row.id, row.revision, NOW + 2 * DAY)
    run(session, NOW + 2 * DAY)
    assert tickets(session) == []
    run(session, NOW + 2 * DAY + HOUR)
    assert len(tickets(session)) == 1


def test_an_office_is_written_to_at_its_address(session: Session, boss: Actor) -> None:
    keep(session, boss, ForWhom(None, "Front office", "Office@Example.org"))
    run(session, NOW + HOUR)
    (ticket,) = tickets(session)
    requester = session.get_one(Person, ticket.requester_id)
    assert (requester.display_name, requester.email, requester.is_guest) == ("Front office", "office@example.org", True)
    assert ticket.title == "Stampanti del 02/03/2026"


def test_only_who_leads_the_group_or_administers_may_keep_it(session: Session, boss: Actor, whom: ForWhom) -> None:
    row = keep(session, boss, whom)
    other = factories.actor(session, factories.supervisor(session, "INFO"))
    with pytest.raises(NotAllowed):
        recurring.save(session, other, DAILY, whom, None, 0, NOW)
    with pytest.raises(NotFound):
        recurring.pause(session, other, row.id, row.revision, NOW)
    assert store.page(session, other, None) == ([], False)
    admin = factories.actor(session, factories.administrator(session))
    assert [each.id for each in store.page(session, admin, None)[0]] == [row.id]


def test_what_is_changed_meanwhile_is_not_overwritten_and_every_change_is_recorded(
    session: Session, boss: Actor, whom: ForWhom
) -> None:
    row = keep(session, boss, whom)
    changed = replace(DAILY, name="Printers and scanners")
    recurring.save(session, boss, changed, whom, row.id, 1, NOW)
    with pytest.raises(Conflict):
        recurring.save(session, boss, DAILY, whom, row.id, 1, NOW)
    recurring.pause(session, boss, row.id, 2, NOW)
    recurring.remove(session, boss, row.id, NOW)
    events = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [event.action.removeprefix("recurring.") for event in events] == ["save", "save", "switch", "remove"]
    second = events[1]
    assert second.before["recurring"]["name"] == "Printers"
    assert second.after["recurring"]["name"] == "Printers and scanners"


@pytest.mark.parametrize(
    ("it", "whom_values", "where"),
    [
        (replace(DAILY, category="gone"), {}, "category"),
        (replace(DAILY, answers={}), {}, "field_year"),
        (replace(DAILY, answers={"year": "2026"}, deeds=Deeds(technician="nobody")), {}, "do_technician"),
        (replace(DAILY, answers={"year": "2026"}), {"office_name": "Front office"}, "office_name"),
        (replace(DAILY, answers={"year": "2026"}), {"person_id": 999_999}, "requester"),
    ],
)
def test_what_is_missing_is_said_at_its_field(
    session: Session, boss: Actor, whom: ForWhom, it: Recurring, whom_values: dict[str, Any], where: str
) -> None:
    year = CatalogueField("year", FieldKind.TEXT, factories.text("Year"), required=True)
    publish(session, factories.category("fees", fields=(year,)))
    with pytest.raises(Invalid) as refused:
        recurring.save(session, boss, it, ForWhom(**whom_values) if whom_values else whom, None, 0, NOW)
    assert where in refused.value.fields


def test_the_answers_to_the_form_stand_on_the_request(session: Session, boss: Actor, whom: ForWhom) -> None:
    year = CatalogueField("year", FieldKind.TEXT, factories.text("Year"), required=True)
    publish(session, factories.category("fees", fields=(year,)))
    keep(session, boss, whom, replace(DAILY, answers={"year": " 2026 "}))
    run(session, NOW + HOUR)
    assert tickets(session)[0].answers["year"]["value"] == "2026"


def test_what_ends_opens_nothing_more(session: Session, boss: Actor, whom: ForWhom) -> None:
    row = keep(session, boss, whom, replace(DAILY, rhythm=replace(DAILY.rhythm, ends=TODAY)))
    run(session, NOW + HOUR)
    run(session, NOW + 2 * DAY)
    assert len(tickets(session)) == 1
    assert row.is_on
    assert row.next_at is None


def test_one_that_nobody_foresaw_fails_alone(session: Session, boss: Actor, whom: ForWhom) -> None:
    broken = keep(session, boss, whom)
    keep(session, boss, whom, replace(DAILY, name="Scanners"))
    broken.content = {**broken.content, "missed": "no such word"}
    failed: set[int] = set()
    while recurring.open_due(session, NOW + HOUR, failed):
        pass
    assert failed == {broken.id}
    assert len(tickets(session)) == 1
    assert session.scalars(sa.select(RecurringRun.recurring_id)).one() != broken.id


def test_the_hour_of_summer_time_is_kept(session: Session, boss: Actor, whom: ForWhom) -> None:
    row = keep(
        session, boss, whom, replace(DAILY, rhythm=Rhythm(Unit.WEEK, date(2026, 3, 29), time(11), weekdays=(6,)))
    )
    assert row.next_at == datetime(2026, 3, 29, 9, tzinfo=UTC)
    assert session.scalars(sa.select(TicketEvent.id)).all() == []


@pytest.mark.both_databases
@pytest.mark.concurrency
def test_processes_that_look_at_the_same_moment_open_each_once(fresh_database: sa.Engine) -> None:
    with Session(fresh_database, expire_on_commit=False) as session, writing(session):
        factories.publish(session)
        boss = factories.actor(session, factories.supervisor(session, "DESK"))
        whom = ForWhom(factories.technician(session, "DESK").id)
        for number in range(3):
            keep(session, boss, whom, replace(DAILY, name=f"Printers {number}"))

    def look(_index: int) -> int:
        done = 0
        for _each in range(4):
            with Session(fresh_database) as session, writing(session):
                done += recurring.open_due(session, NOW + HOUR, set())
        return done

    assert sum(together(4, look)) == 3
    with Session(fresh_database) as session:
        runs = session.execute(sa.select(RecurringRun.recurring_id, RecurringRun.ticket_id)).all()
        assert len({run.recurring_id for run in runs}) == len({run.ticket_id for run in runs}) == len(runs) == 3
