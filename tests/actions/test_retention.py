"""Terms of retention and legal holds: set, refused, carried out batch by batch on what is due and on nothing else."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import anonymising, holds, retention
from servicedesk.actions.anonymising_rows import Left
from servicedesk.actions.retention import Batch
from servicedesk.rules.errors import Conflict, Invalid, NotAllowed
from servicedesk.rules.lifecycle import State
from servicedesk.rules.permissions import EVERY_SERVICE, Actor
from servicedesk.rules.relations import LinkKind
from servicedesk.rules.retention import FILES_REMOVED, Terms
from servicedesk.store import anonymising as asked
from servicedesk.store import retention as store
from servicedesk.store.models.people import Person
from servicedesk.store.models.retention import LegalHold
from servicedesk.store.models.system import AuditEvent
from servicedesk.store.models.tickets import Message, Participation, Ticket, TicketEvent, TicketLink, Upload
from servicedesk.store.retention import After
from tests import factories

LEFT = Left(keeps_texts=False, keeps_codes=True)
NOW = factories.later(days=800)
LONG_AGO = factories.later(days=1)
USUAL = Terms()


@pytest.fixture
def boss(session: Session) -> Actor:
    factories.publish(session)
    return factories.actor(session, factories.administrator(session))


def closed(session: Session, files: int = 0, **values: object) -> Ticket:
    made = factories.ticket(session, state=State.CLOSED, **values)  # type: ignore[arg-type]
    for number in range(files):
        session.add(
            Upload(
                id=f"{made.id:016x}{number:016x}",
                ticket_id=made.id,
                message_id=session.scalars(sa.select(Message.id).where(Message.ticket_id == made.id)).first(),
                name="receipt.pdf",
                content_type="application/pdf",
                size=3,
                sha256="0" * 64,
                created_at=factories.NOW,
                expires_at=factories.NOW,
            )
        )
    session.flush()
    return made


def people_due(session: Session, before: object = LONG_AGO, limit: int = 10) -> Batch:
    return retention.remove_people(session, factories.SERVICE, before, After(), limit, LEFT, NOW)  # type: ignore[arg-type]


def set_terms(session: Session, actor: Actor, seen: int = 0, service: str = factories.SERVICE, **months: int) -> None:
    retention.set_terms(session, actor, service, Terms(**months), seen, USUAL, factories.NOW)


def test_terms_are_set_with_a_record_and_a_revision(session: Session, boss: Actor) -> None:
    set_terms(session, boss, files=12, tickets=24)
    kept = store.terms_of(session, [factories.SERVICE], USUAL)
    assert kept[factories.SERVICE] == store.Kept(Terms(12, 24, 0), 1)
    assert kept[EVERY_SERVICE] == store.Kept(USUAL, 0)
    with pytest.raises(Conflict):
        set_terms(session, boss, files=6, tickets=24)
    set_terms(session, boss, 1, files=6, tickets=24)
    entries = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "retention.set").order_by(AuditEvent.id))
    assert [(entry.before["files"], entry.after["files"]) for entry in entries] == [(0, 12), (12, 6)]


@pytest.mark.parametrize("months", [{"files": 2}, {"tickets": 601}, {"files": 24, "tickets": 12}, {"accounts": -1}])
def test_terms_that_cannot_be_are_refused(session: Session, boss: Actor, months: dict[str, int]) -> None:
    with pytest.raises(Invalid) as refused:
        set_terms(session, boss, **months)
    assert set(refused.value.fields) == {next(iter(months))}


def test_only_the_service_one_administers_has_its_terms_changed(session: Session, boss: Actor) -> None:
    partly = factories.actor(session, factories.administrator(session, factories.SERVICE))
    set_terms(session, partly, tickets=24)
    for service in (EVERY_SERVICE, "another"):
        with pytest.raises(NotAllowed):
            set_terms(session, partly, service=service, accounts=24)


def test_attachments_go_once_and_only_those_whose_term_is_over(session: Session, boss: Actor) -> None:
    old, recent = closed(session, 2), closed(session, 1, now=factories.later(days=5))
    batch = retention.remove_files(session, factories.SERVICE, LONG_AGO, After(), 10, NOW)
    assert (batch.found, batch.done, len(batch.files)) == (1, 1, 2)
    assert (old.files_removed, old.files_removed_at) == (2, NOW)
    assert session.scalars(sa.select(Upload.ticket_id)).all() == [recent.id]
    marks = [changes.get(FILES_REMOVED) for changes in session.scalars(sa.select(TicketEvent.changes))]
    assert [mark for mark in marks if mark] == [[2, NOW.isoformat()]]
    assert retention.remove_files(session, factories.SERVICE, LONG_AGO, After(), 10, NOW).found == 0


def test_what_is_open_or_lives_on_in_an_open_ticket_is_not_due(session: Session, boss: Actor) -> None:
    factories.ticket(session)
    merged, heir = closed(session), factories.ticket(session)
    session.add(TicketLink(ticket_id=merged.id, other_id=heir.id, kind=LinkKind.MERGED_INTO))
    session.flush()
    assert people_due(session).found == 0
    heir.state = State.CLOSED
    session.flush()
    assert people_due(session).done == 1


def test_a_run_goes_on_from_where_it_stood_and_passes_over_what_fails(
    session: Session, boss: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [closed(session, now=factories.NOW + timedelta(minutes=number)) for number in range(3)]
    fails, real = made[1].id, anonymising.anonymise_tickets

    def stumble(session: Session, tickets: list[Ticket], left: Left, now: object) -> list[str]:
        if tickets[0].id == fails:
            raise ValueError("a broken row")
        return real(session, tickets, left, now)  # type: ignore[arg-type]

    monkeypatch.setattr(retention, "anonymise_tickets", stumble)
    first = people_due(session, limit=2)
    assert (first.found, first.done, first.failed) == (2, 1, 1)
    second = retention.remove_people(session, factories.SERVICE, LONG_AGO, first.after, 2, LEFT, NOW)
    assert (second.found, second.done) == (1, 1)
    monkeypatch.undo()
    assert people_due(session).done == 1
    assert people_due(session).found == 0


def hold(session: Session, boss: Actor, ticket: Ticket, is_person: bool) -> LegalHold:
    if is_person:
        holds.hold_person(session, boss, ticket.requester_id, "An appeal is pending.", factories.NOW)
    else:
        holds.hold_ticket(session, boss, ticket.number, "An appeal is pending.", factories.NOW)
    return session.scalars(sa.select(LegalHold)).one()


@pytest.mark.parametrize("is_person", [False, True])
def test_nothing_is_removed_under_a_hold_until_it_is_ended(session: Session, boss: Actor, is_person: bool) -> None:
    ticket = closed(session, 1)
    held = hold(session, boss, ticket, is_person)
    assert people_due(session).found == 0
    assert retention.remove_files(session, factories.SERVICE, LONG_AGO, After(), 10, NOW).found == 0
    assert asked.obstacles(session, ticket.requester_id, NOW).is_held
    holds.end_hold(session, boss, held.id, NOW)
    assert people_due(session).done == 1
    actions = session.scalars(sa.select(AuditEvent.action).where(AuditEvent.action.startswith("hold.")))
    assert list(actions) == ["hold.place", "hold.end"]
    assert session.get_one(LegalHold, held.id, populate_existing=True).reason == (
        "An appeal is pending." if is_person else ""
    )


def test_a_hold_wants_a_known_request_and_a_reason_and_stands_once(session: Session, boss: Actor) -> None:
    ticket = closed(session)
    with pytest.raises(Invalid) as refused:
        holds.hold_ticket(session, boss, "2026999999", "no", factories.NOW)
    assert set(refused.value.fields) == {"number", "reason"}
    hold(session, boss, ticket, False)
    with pytest.raises(Invalid) as refused:
        holds.hold_ticket(session, boss, ticket.number, "Another reason.", factories.NOW)
    assert set(refused.value.fields) == {"number"}


def test_a_request_emptied_meanwhile_is_not_said_to_be_kept(session: Session, boss: Actor) -> None:
    ticket = closed(session)
    by_a_run = sa.update(Ticket).where(Ticket.id == ticket.id).values(anonymised_at=NOW)
    session.execute(by_a_run.execution_options(synchronize_session=False))
    assert ticket.anonymised_at is None  # as the page has read it
    with pytest.raises(Invalid) as refused:
        holds.hold_ticket(session, boss, ticket.number, "An appeal is pending.", NOW)
    assert set(refused.value.fields) == {"number"}


def test_a_hold_on_another_service_or_a_person_is_not_for_who_administers_one(session: Session, boss: Actor) -> None:
    ticket = closed(session)
    other = factories.actor(session, factories.administrator(session, "another"))
    held = hold(session, boss, ticket, False)
    with pytest.raises(Invalid):
        holds.hold_ticket(session, other, ticket.number, "A reason of theirs.", factories.NOW)
    with pytest.raises(NotAllowed):
        holds.end_hold(session, other, held.id, NOW)
    with pytest.raises(NotAllowed):
        holds.hold_person(session, other, ticket.requester_id, "A reason of theirs.", factories.NOW)


def test_accounts_nobody_uses_go_and_those_with_anything_here_stay(session: Session, boss: Actor) -> None:
    unused = factories.person(session)
    long_gone = factories.student(session, signed_in_at=factories.NOW)
    recent = factories.person(session, signed_in_at=factories.later(days=300))
    asking = closed(session).requester_id
    follower, approver, watcher, of_old = (factories.person(session) for _ in range(4))
    kept, taken = closed(session), closed(session)
    taken.anonymised_at = NOW
    for who, ticket, role in (
        (follower, kept, "follower"),
        (approver, kept, "approver"),
        (watcher, kept, "watcher"),
        (of_old, taken, "approver"),
    ):
        session.add(Participation(ticket_id=ticket.id, person_id=who.id, role=role))
    wrote, worked = factories.person(session), factories.person(session, code="0815")
    first, second = session.scalars(sa.select(TicketEvent).where(TicketEvent.ticket_id == kept.id).limit(2))
    first.actor_id, second.actor_id = wrote.id, worked.id
    session.flush()
    batch = retention.remove_accounts(session, factories.later(days=200), After(), 10, LEFT, NOW)
    removed = set(session.scalars(sa.select(Person.id).where(Person.anonymised_at.is_not(None))))
    assert {unused.id, long_gone.id, watcher.id, of_old.id, worked.id} <= removed
    assert removed.isdisjoint({recent.id, asking, boss.person_id, follower.id, approver.id, wrote.id})
    assert batch.done == len(removed)
    assert retention.remove_accounts(session, factories.later(days=200), After(), 10, LEFT, NOW).found == 0
