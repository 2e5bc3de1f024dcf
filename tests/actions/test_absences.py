"""Absences: entered by whom they concern, begun by a job, and what the substitute is told."""

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.absences import begin_due, change, enter, remove
from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.absences import Entry, Handling
from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.permissions import Role
from servicedesk.rules.richtext import from_plain
from servicedesk.store import absences as store
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Absence, Person, RoleGrant
from tests import factories
from tests.factories import NOW, ROME, actor, later

TODAY = NOW.date()
WEEK = TODAY + timedelta(days=7)


@pytest.fixture(autouse=True)
def published(session: Session) -> None:
    factories.publish(session)


def entry(who: Person, substitute: Person | None = None, **values: Any) -> Entry:
    defaults: dict[str, Any] = {"first": TODAY, "last": WEEK, "substitute_id": substitute.id if substitute else None}
    return Entry(who.id, **{**defaults, **values})


def problems(refused: pytest.ExceptionInfo[Invalid]) -> dict[str, str]:
    return {name: str(sentence) for name, sentence in refused.value.fields.items()}


def begin(session: Session) -> int:
    failed: set[int] = set()
    found = begin_due(session, NOW, 10, failed, ROME)
    assert not failed
    return found


def letters(session: Session) -> list[int | None]:
    return list(session.scalars(sa.select(Notice.recipient_id).where(Notice.template == "line_absence")))


def test_everybody_enters_their_own_absences_and_supervisors_those_of_their_groups(session: Session) -> None:
    who, mate, leader = factories.technician(session), factories.technician(session), factories.supervisor(session)
    stranger = factories.supervisor(session, "FEW")
    enter(session, entry(who), actor(session, who), TODAY, NOW)
    enter(session, entry(mate), actor(session, leader), TODAY, NOW)
    with pytest.raises(NotFound):
        enter(session, entry(who, first=WEEK), actor(session, stranger), TODAY, NOW)
    with pytest.raises(NotFound):
        enter(session, entry(who, first=WEEK), actor(session, mate), TODAY, NOW)
    assert session.scalars(sa.select(Absence.person_id)).all() == [who.id, mate.id]


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"first": None}, "first", "Give the day"),
        ({"last": None}, "last", "Give the day"),
        ({"first": WEEK, "last": TODAY}, "last", "before the first"),
        ({"first": date(2025, 1, 1), "last": date(2025, 1, 2)}, "last", "over already"),
        ({"last": date(2036, 1, 1)}, "last", "two years"),
        ({"handling": Handling.HAND}, "substitute", "Choose who stands in"),
    ],
)
def test_a_half_entered_absence_is_refused_at_its_field(
    session: Session, values: dict[str, Any], field: str, words: str
) -> None:
    who = factories.technician(session)
    with pytest.raises(Invalid) as refused:
        enter(session, entry(who, **values), actor(session, who), TODAY, NOW)
    assert words in problems(refused)[field]


def test_absences_do_not_overlap_and_the_one_there_is_can_be_changed(session: Session) -> None:
    who = factories.technician(session)
    made = enter(session, entry(who), actor(session, who), TODAY, NOW)
    with pytest.raises(Invalid) as refused:
        enter(session, entry(who, first=WEEK, last=WEEK), actor(session, who), TODAY, NOW)
    assert "already" in problems(refused)["first"]
    change(session, made.id, entry(who, last=WEEK + timedelta(days=3)), actor(session, who), TODAY, NOW)
    assert made.last_day == WEEK + timedelta(days=3)
    remove(session, made.id, actor(session, who), NOW)
    assert session.scalars(sa.select(Absence.id)).all() == []


def test_a_substitute_works_in_the_same_group_and_is_there(session: Session) -> None:
    who, mate, other = (
        factories.technician(session),
        factories.technician(session),
        factories.technician(session, "FEW"),
    )
    with pytest.raises(Invalid) as refused:
        enter(session, entry(who, other), actor(session, who), TODAY, NOW)
    assert "same groups" in problems(refused)["substitute"]
    factories.absence(session, mate, WEEK, WEEK)
    with pytest.raises(Invalid) as refused:
        enter(session, entry(who, mate), actor(session, who), TODAY, NOW)
    assert "is away" in problems(refused)["substitute"]


@pytest.mark.parametrize(
    ("handling", "keeps", "state"),
    [
        (Handling.KEEP, "who", State.IN_PROGRESS),
        (Handling.SHOW, "who", State.IN_PROGRESS),
        (Handling.HAND, "mate", State.ASSIGNED_TECHNICIAN),
        (Handling.BACK, None, State.ASSIGNED_GROUP),
    ],
)
def test_what_becomes_of_the_open_tickets_is_as_chosen_and_the_substitute_is_told_once(
    session: Session, handling: Handling, keeps: str | None, state: State
) -> None:
    people = {"who": factories.technician(session), "mate": factories.technician(session)}
    who, mate = people["who"], people["mate"]
    at_work = factories.ticket(session, state=State.IN_PROGRESS, technician=who)
    solved = factories.ticket(session, state=State.RESOLVED, technician=who)
    enter(session, entry(who, mate, handling=handling), actor(session, who), TODAY, NOW)
    assert (begin(session), begin(session)) == (1, 0)
    assert (at_work.technician_id, at_work.state) == (people[keeps].id if keeps else None, state)
    assert solved.technician_id == who.id
    assert letters(session) == [mate.id]
    assert [each.open for each in store.stood_in_for(session, mate.id, TODAY)] == [1 if keeps != "who" else 2]


def test_a_ticket_of_a_group_the_substitute_does_not_work_in_stays(session: Session) -> None:
    who, mate = factories.technician(session), factories.technician(session)
    session.add(RoleGrant(person_id=who.id, role=Role.TECHNICIAN, group_code="INFO", granted_at=NOW, areas=[]))
    session.flush()
    ticket = factories.ticket(session, state=State.IN_PROGRESS, technician=who)
    ticket.group_code = "INFO"
    enter(session, entry(who, mate, handling=Handling.HAND), actor(session, who), TODAY, NOW)
    begin(session)
    assert ticket.technician_id == who.id


def test_an_absence_to_come_does_nothing_yet(session: Session) -> None:
    who, mate = factories.technician(session), factories.technician(session)
    enter(session, entry(who, mate, first=WEEK, last=WEEK), actor(session, who), TODAY, NOW)
    assert begin(session) == 0
    assert letters(session) == []


def test_what_a_requester_writes_to_an_absent_technician_reaches_the_substitute_too(session: Session) -> None:
    who, mate = factories.technician(session), factories.technician(session)
    ticket = factories.ticket(session, state=State.IN_PROGRESS, technician=who)
    enter(session, entry(who, mate), actor(session, who), TODAY, NOW)
    asker = actor(session, session.get_one(Person, ticket.requester_id))
    act(session, ticket, Action.COMMENT, asker, later(), Details(note=from_plain("Any news?")))
    told = sa.select(Notice.recipient_id).where(Notice.template == "requester_comment").order_by(Notice.recipient_id)
    assert session.scalars(told).all() == [who.id, mate.id]
