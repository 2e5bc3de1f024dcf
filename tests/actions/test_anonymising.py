"""Anonymisation: nothing is left of the person anywhere, figures stay, and nobody is removed who must not be."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import anonymising, holds, people
from servicedesk.actions.anonymising_rows import Left, emptied, treated
from servicedesk.actions.people import Arrival
from servicedesk.rules import removed
from servicedesk.rules.errors import DeskError, Invalid, NotAllowed
from servicedesk.rules.identity import FISCAL, Proof
from servicedesk.rules.lifecycle import State
from servicedesk.rules.permissions import Actor, Role
from servicedesk.rules.relations import LinkKind
from servicedesk.store import anonymising as store
from servicedesk.store import own_data, search
from servicedesk.store.models.following import Feedback
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Identity, Person, RoleGrant
from servicedesk.store.models.retention import LegalHold
from servicedesk.store.models.system import AuditEvent
from servicedesk.store.models.tickets import Message, Ticket, TicketEvent, TicketLink, Upload
from servicedesk.store.personal import TABLES
from servicedesk.store.personal_data import Rows, Treatment
from tests import factories, planted

NOW = factories.later(days=400)
LEFT = Left(keeps_texts=False, keeps_codes=True)
REASON = "The person asked for it by letter."


@pytest.fixture
def boss(session: Session) -> Actor:
    factories.publish(session)
    return factories.actor(session, factories.administrator(session))


def remove(session: Session, boss: Actor, who: Person, left: Left = LEFT, reason: str = REASON) -> list[str]:
    word = store.word_of(session, who)
    return anonymising.anonymise_person(session, boss, who.id, reason, word, left, NOW)


def test_nothing_personal_is_left_in_any_table(session: Session, boss: Actor) -> None:
    who = planted.person(session)
    ticket = factories.ticket(session, requester=who, state=State.CLOSED, title=planted.WORD, body=planted.WORD)
    columns = planted.plant(session, who, ticket)
    assert {name.split(".")[0] for name in columns} <= set(planted.found(session)) | {"appointment_unit"}
    files = anonymising.anonymise(session, [who.id], LEFT, NOW)
    search.forget_removed(session)
    assert list(planted.found(session)) == []
    assert {planted.WORD, "planted"} == set(files)  # the attachment, and the copy of their data
    assert session.get_one(Ticket, ticket.id).anonymised_at == NOW
    assert session.get_one(Person, who.id).display_name == removed.PERSON


def test_every_column_that_is_to_be_emptied_can_be() -> None:
    kept = [(table, declared) for table, declared in treated() if declared.rows is Rows.KEPT]
    assert kept
    for table, declared in kept:
        assert set(emptied(table, declared, LEFT)) <= set(table.columns.keys())


def test_texts_stay_where_the_settings_say_so_and_everything_else_goes(session: Session, boss: Actor) -> None:
    who = planted.person(session)
    ticket = factories.ticket(session, requester=who, state=State.CLOSED, title="Late renewal", body="How do I renew?")
    planted.plant(session, who, ticket)
    session.execute(sa.update(Ticket).values(title="Late renewal"))
    kept = Left(keeps_texts=True, keeps_codes=True)
    anonymising.anonymise(session, [who.id], kept, NOW)
    assert session.get_one(Ticket, ticket.id).title == "Late renewal"
    texts = {name for name, table in TABLES.items() if table.named(Treatment.TEXT)}
    assert set(planted.found(session)) <= texts


def test_what_figures_are_made_of_stays(session: Session, boss: Actor) -> None:
    who = factories.student(session)
    ticket = factories.ticket(session, requester=who, state=State.CLOSED)
    said = session.get_one(Feedback, ticket.id)
    said.grade, said.comment = 5, "Anna helped"
    session.flush()
    columns = [Ticket.__table__.c[name] for name in TABLES["ticket"].named(Treatment.FACT) if "removed" not in name]
    facts = sa.select(*(column for column in columns if column.name != "anonymised_at")).where(Ticket.id == ticket.id)
    events = sa.select(TicketEvent.at, TicketEvent.action, TicketEvent.actor_id, TicketEvent.changes)
    before = session.execute(facts).one(), session.execute(events).all()
    remove(session, boss, who)
    assert (session.execute(facts).one(), session.execute(events).all()) == before
    said = session.get_one(Feedback, ticket.id)
    assert (said.grade, said.comment) == (5, "")
    texts = set(session.scalars(sa.select(Message.body_text)))
    assert texts == {removed.TEXT}


def attached(session: Session, ticket: Ticket) -> None:
    facts = {"name": "disk.txt", "content_type": "text/plain", "size": 5, "sha256": "0" * 64}
    session.add(Upload(id="disk", ticket_id=ticket.id, created_at=NOW, expires_at=NOW, **facts))
    session.flush()


@pytest.mark.parametrize("kind", ["problem", "change"])
def test_what_somebody_wrote_at_work_stays_and_what_they_asked_goes(session: Session, boss: Actor, kind: str) -> None:
    who = planted.person(session, code="0815")
    asked = factories.ticket(session, requester=who, state=State.CLOSED, title=planted.WORD, body=planted.WORD)
    others = factories.ticket(session, title="Late renewal", body="How do I renew?")
    opened = factories.ticket(session, requester=who, kind=kind, title="Mail is slow", body="The disk is full.")
    note = session.scalars(sa.select(Message).where(Message.ticket_id == others.id)).one()
    session.get_one(TicketEvent, note.event_id).actor_id = who.id
    session.flush()
    attached(session, opened)
    assert not store.obstacles(session, who.id, NOW)
    assert [each.number for page in own_data.tickets(session, [who.id]) for each in page] == [asked.number]
    assert remove(session, boss, who) == []
    search.forget_removed(session)
    assert list(planted.found(session)) == []
    assert (asked.title, asked.anonymised_at) == (removed.TEXT, NOW)
    assert (opened.title, opened.anonymised_at, opened.requester_id) == ("Mail is slow", None, who.id)
    texts = (
        sa.select(Message.body_text).where(Message.ticket_id.in_([opened.id, others.id])).order_by(Message.ticket_id)
    )
    assert session.scalars(texts).all() == ["How do I renew?", "The disk is full."]
    assert session.scalars(sa.select(Upload.ticket_id)).all() == [opened.id]


def test_a_former_technician_keeps_the_code_or_loses_it(session: Session, boss: Actor) -> None:
    first, second = (factories.person(session, code=code, given_name="Teo") for code in ("0815", "0816"))
    remove(session, boss, first)
    assert (first.code, first.display_name) == ("0815", removed.STAFF)
    remove(session, boss, second, Left(keeps_texts=False, keeps_codes=False))
    assert second.code == f"X{second.id}"


def test_whoever_signs_in_again_is_somebody_new(session: Session, boss: Actor) -> None:
    who = factories.student(session)
    arrival = Arrival(Proof(FISCAL, subject_of(session, who)), {"given_name": ["Lucia"]})
    assert people.sign_in(session, arrival, (), NOW).id == who.id
    remove(session, boss, who)
    again = people.sign_in(session, arrival, (), NOW)
    assert again.id != who.id
    assert again.given_name == "Lucia"
    assert factories.actor(session, again).person_id == again.id


def subject_of(session: Session, who: Person) -> str:
    return session.scalars(sa.select(Identity.subject).where(Identity.person_id == who.id)).one()


def open_ticket(session: Session, who: Person) -> None:
    factories.ticket(session, requester=who)


def open_work(session: Session, who: Person) -> None:
    factories.ticket(session, state=State.IN_PROGRESS).technician_id = who.id


def role(session: Session, who: Person) -> None:
    session.add(RoleGrant(person_id=who.id, role=Role.TECHNICIAN, group_code="DESK", areas=[], granted_at=NOW))


@pytest.mark.parametrize("stands", [open_ticket, open_work, role])
def test_nobody_is_removed_while_something_stands_in_the_way(
    session: Session, boss: Actor, stands: Callable[[Session, Person], None]
) -> None:
    who = factories.person(session)
    stands(session, who)
    session.flush()
    assert store.obstacles(session, who.id, NOW)
    with pytest.raises(Invalid, match="stands in the way"):
        remove(session, boss, who)


@pytest.mark.parametrize(("reason", "typed"), [("", None), (REASON, "somebody else")])
def test_a_reason_and_the_right_word_are_needed(session: Session, boss: Actor, reason: str, typed: str | None) -> None:
    who = factories.person(session)
    word = store.word_of(session, who) if typed is None else typed
    with pytest.raises(Invalid):
        anonymising.anonymise_person(session, boss, who.id, reason, word, LEFT, NOW)


def test_only_whoever_administers_everything_removes_people_and_never_themselves(session: Session, boss: Actor) -> None:
    who = factories.person(session)
    partly = factories.actor(session, factories.administrator(session, factories.SERVICE))
    with pytest.raises(NotAllowed):
        remove(session, partly, who)
    assert boss.person_id is not None
    with pytest.raises(DeskError, match="yourself"):
        remove(session, boss, session.get_one(Person, boss.person_id))


def test_the_record_of_administration_says_why_and_how_much_but_not_who(session: Session, boss: Actor) -> None:
    who = factories.student(session)
    factories.ticket(session, requester=who, state=State.CLOSED)
    remove(session, boss, who)
    entry = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "person.anonymise")).one()
    assert entry.after == {"reason": REASON, "requests": 1, "files": 0}
    with pytest.raises(Invalid, match="already"):
        remove(session, boss, who)


def test_a_ticket_is_taken_from_a_person_who_keeps_the_account(session: Session, boss: Actor) -> None:
    who = planted.person(session)
    first = factories.ticket(session, requester=who, state=State.CLOSED, title=planted.WORD, body=planted.WORD)
    second = factories.ticket(session, requester=who, title="Stays", follows=first.id)
    anonymising.anonymise_tickets(session, [first], LEFT, NOW)
    search.forget_removed(session)
    assert set(planted.found(session)) == {"person", "notice"}
    assert set(session.scalars(sa.select(Notice.ticket_id))) == {second.id}
    assert first.requester_id != who.id
    by = sa.select(TicketEvent.id).where(TicketEvent.ticket_id == first.id, TicketEvent.actor_id == who.id)
    assert session.scalars(by).all() == []
    assert session.execute(sa.text("SELECT count(*) FROM ticket_link")).scalar_one() == 0
    assert (second.requester_id, second.title) == (who.id, "Stays")
    assert session.get_one(Person, who.id).anonymised_at is None


def test_a_guest_goes_with_the_ticket(session: Session, boss: Actor) -> None:
    guest = planted.person(session, is_guest=True)
    ticket = factories.ticket(
        session, requester=guest, state=State.CANCELLED, suffix="7KQF2M", key="login", title=planted.WORD
    )
    anonymising.anonymise_tickets(session, [ticket], LEFT, NOW + timedelta(days=1))
    search.forget_removed(session)
    assert list(planted.found(session)) == []
    assert (ticket.requester_id, ticket.access_suffix) == (guest.id, None)


def test_reasons_written_in_the_record_about_a_request_go_with_its_person(session: Session, boss: Actor) -> None:
    who = planted.person(session)
    ticket = factories.ticket(session, requester=who, state=State.CLOSED)
    holds.hold_ticket(session, boss, ticket.number, f"The appeal of {planted.WORD}.", NOW)
    holds.end_hold(session, boss, session.scalars(sa.select(LegalHold.id)).one(), NOW)
    remove(session, boss, who)
    search.forget_removed(session)
    assert list(planted.found(session)) == []


def test_whose_request_lives_on_in_a_held_one_is_not_removed(session: Session, boss: Actor) -> None:
    merged, heir = (factories.ticket(session, state=State.CLOSED) for _ in range(2))
    session.add(TicketLink(ticket_id=merged.id, other_id=heir.id, kind=LinkKind.MERGED_INTO))
    holds.hold_ticket(session, boss, heir.number, "An appeal is pending.", NOW)
    who = session.get_one(Person, merged.requester_id)
    assert store.obstacles(session, who.id, NOW).is_held
    with pytest.raises(Invalid, match="stands in the way"):
        remove(session, boss, who)
