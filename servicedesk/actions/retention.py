"""Terms of retention: set by administrators, and carried out one batch per transaction."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from servicedesk.actions.anonymising import anonymise, anonymise_tickets
from servicedesk.actions.anonymising_rows import Left
from servicedesk.actions.audit import record
from servicedesk.rules.errors import Conflict, Invalid, NotAllowed
from servicedesk.rules.permissions import EVERY_SERVICE, Actor
from servicedesk.rules.retention import FILES_REMOVED, Terms, problems_of
from servicedesk.rules.sentences import N_
from servicedesk.store import retention as store
from servicedesk.store.models.people import Person
from servicedesk.store.models.retention import RetentionRun, RetentionTerm
from servicedesk.store.models.tickets import Message, Ticket, TicketEvent, Upload
from servicedesk.store.retention import After, Due

CHANGED = N_("Somebody else has changed these terms since you opened the page. Look at them again.")
log = logging.getLogger(__name__)


def set_terms(
    session: Session, actor: Actor, service_id: str, terms: Terms, seen: int, usual: Terms, now: datetime
) -> None:
    """Keep the terms of a service, or under `EVERY_SERVICE` that of accounts.

    Raises NotAllowed for another's service, Invalid with a sentence at each field, Conflict when somebody else has
    changed them since.
    """
    if not actor.administers_service("" if service_id == EVERY_SERVICE else service_id):
        raise NotAllowed(N_("You can change only the terms of the services you administer."))
    if problems := problems_of(terms):
        raise Invalid(N_("Nothing was changed. Please correct what follows."), problems)
    row = session.get(RetentionTerm, service_id, with_for_update=True, populate_existing=True)
    before = store.terms_of(session, [service_id], usual)[service_id]
    if before.revision != seen:
        raise Conflict(CHANGED)
    if before.terms == terms:
        return
    if row is None:
        row = RetentionTerm(service_id=service_id, revision=0)
        session.add(row)
    row.files_months, row.tickets_months, row.accounts_months = terms.files, terms.tickets, terms.accounts
    row.revision += 1
    row.changed_at, row.changed_by = now, f"person:{actor.person_id}"
    try:
        session.flush()
    except IntegrityError as error:  # both set the first terms of the service
        raise Conflict(CHANGED) from error
    changed = before.terms.as_json(), terms.as_json()
    record(session, row.changed_by, "retention.set", f"retention:{service_id}", now, *changed)


@dataclass(slots=True)
class Batch:
    """One step of a run: how far it has come, how many it did, and the files whose bytes go after the commit."""

    after: After
    found: int = 0
    """How many were looked at; 0 ends the work."""
    done: int = 0
    failed: int = 0
    files: list[str] = field(default_factory=list)


def remove_files(session: Session, service_id: str, before: datetime, after: After, limit: int, now: datetime) -> Batch:
    """Remove the attachments of the next tickets whose files' term is over; `done` counts tickets that had any."""

    def remove(ticket: Ticket, batch: Batch) -> None:
        query = sa.delete(Upload).where(Upload.ticket_id == ticket.id).returning(Upload.id, Upload.message_id)
        gone = session.execute(query.execution_options(synchronize_session=False)).all()
        ticket.files_removed_at, ticket.files_removed = now, len(gone)
        _note_removed(session, Counter(row.message_id for row in gone if row.message_id is not None), now)
        batch.files += [row.id for row in gone]
        batch.done += bool(gone)

    return _each(session, store.files_due(service_id, before), after, limit, remove)


def _note_removed(session: Session, files: Mapping[int, int], now: datetime) -> None:
    """Leave with each message how many attachments it had: those who read it see that they are gone, and since when."""
    query = sa.select(Message.id, TicketEvent).join(TicketEvent, TicketEvent.id == Message.event_id)
    for message_id, event in session.execute(query.where(Message.id.in_(files))):
        event.changes = {**event.changes, FILES_REMOVED: [files[message_id], now.isoformat()]}


def remove_people(
    session: Session, service_id: str, before: datetime, after: After, limit: int, left: Left, now: datetime
) -> Batch:
    """Take what is personal out of the next tickets whose own term is over."""

    def remove(ticket: Ticket, batch: Batch) -> None:
        batch.files += anonymise_tickets(session, [ticket], left, now)
        batch.done += 1

    return _each(session, store.people_due(service_id, before), after, limit, remove)


def _each(session: Session, due: Due, after: After, limit: int, remove: Callable[[Ticket, Batch], None]) -> Batch:
    """Do it to each of the next tickets; one that fails is logged, left for the next run, and holds up no other."""
    rows = store.next_due(session, due, after, limit)
    batch = Batch(After(rows[-1].closed_at, rows[-1].id) if rows else after, len(rows))
    query = sa.select(Ticket).where(Ticket.id.in_([row.id for row in rows])).order_by(Ticket.id)
    locked = session.scalars(query.with_for_update().execution_options(populate_existing=True)).all()
    # Nobody is put under a hold from here on; somebody may have been, or a request, before the rows were locked.
    asked = sa.select(Person.id).where(Person.id.in_({ticket.requester_id for ticket in locked})).order_by(Person.id)
    session.execute(asked.with_for_update(read=True))
    still = {row.id for row in session.execute(due.where(Ticket.id.in_([ticket.id for ticket in locked])))}
    for ticket in (each for each in locked if each.id in still):
        _try(session, batch, f"ticket {ticket.id}", partial(remove, ticket, batch))
    return batch


def _try(session: Session, batch: Batch, what: str, do: Callable[[], None]) -> None:
    try:
        with session.begin_nested():
            do()
    except Exception as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        batch.failed += 1
        log.exception("retention failed on %s", what)


def remove_accounts(session: Session, before: datetime, after: After, limit: int, left: Left, now: datetime) -> Batch:
    """Overwrite the next accounts that nobody has used since, and of whom there are no requests."""
    ids = store.next_accounts(session, before, after.id, limit)
    batch = Batch(After(None, ids[-1]) if ids else after, len(ids))
    session.execute(sa.select(Person.id).where(Person.id.in_(ids)).order_by(Person.id).with_for_update())
    for person_id in _still_due(session, before, ids):

        def remove(each: int = person_id) -> None:
            batch.files += anonymise(session, [each], left, now)
            batch.done += 1

        _try(session, batch, f"person {person_id}", remove)
    return batch


def _still_due(session: Session, before: datetime, ids: Sequence[int]) -> Sequence[int]:
    """Return who is due now that their rows are locked: somebody may have signed in meanwhile."""
    return session.scalars(store.accounts_due(before).where(Person.id.in_(ids)).order_by(Person.id)).all()


def begin_run(session: Session, now: datetime) -> int:
    """Note that a run begins, and return its id."""
    run = RetentionRun(began_at=now, files=0, tickets=0, people=0, failed=0)
    session.add(run)
    session.flush()
    return run.id


def count_up(session: Session, run_id: int, kind: str, batch: Batch) -> None:
    """Add what a batch did to the log, in its own transaction: a run that is broken off has counted what it did."""
    column = {"files": RetentionRun.files, "tickets": RetentionRun.tickets, "people": RetentionRun.people}[kind]
    values = {column: column + batch.done, RetentionRun.failed: RetentionRun.failed + batch.failed}
    session.execute(sa.update(RetentionRun).where(RetentionRun.id == run_id).values(values))


def end_run(session: Session, run_id: int, now: datetime) -> None:
    """Note that a run has done everything that was due."""
    session.execute(sa.update(RetentionRun).where(RetentionRun.id == run_id).values(ended_at=now))
