"""What is kept for how long: the terms of each service, what is due by them, legal holds, and the log of runs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from servicedesk.rules.permissions import EVERY_SERVICE, Actor
from servicedesk.rules.relations import LinkKind
from servicedesk.rules.retention import MOST_COUNTED, Terms
from servicedesk.store.anonymising import lives_on
from servicedesk.store.models.appointments import Appointment
from servicedesk.store.models.people import Person, RoleGrant
from servicedesk.store.models.retention import IS_KNOWN, LegalHold, RetentionRun, RetentionTerm
from servicedesk.store.models.tickets import Participation, Ticket, TicketEvent, TicketLink, Upload
from servicedesk.store.personal_data import OF_PEOPLE
from servicedesk.store.visible import WATCHER

SHOWN = 50
Due = sa.Select[int, datetime | None]
"""A query for ids and closing of tickets."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The terms that hold for a service, and the revision a form has before it; 0 where they are the settings'."""

    terms: Terms
    revision: int


@dataclass(frozen=True, slots=True)
class After:
    """How far a run has come in the order of closing, or of ids for people, so that it never looks back."""

    at: datetime | None = None
    id: int = 0


def terms_of(session: Session, service_ids: Collection[str], usual: Terms) -> dict[str, Kept]:
    """Return the terms of these services and, under `EVERY_SERVICE`, of accounts; `usual` where nothing was set."""
    wanted = [*service_ids, EVERY_SERVICE]
    rows = {row.service_id: row for row in session.scalars(sa.select(RetentionTerm))}
    return {each: _kept(rows[each]) if each in rows else Kept(usual, 0) for each in wanted}


def _kept(row: RetentionTerm) -> Kept:
    return Kept(Terms(row.files_months, row.tickets_months, row.accounts_months), row.revision)


def files_due(service_id: str, before: datetime) -> Due:
    """Return the query for closed tickets whose attachments' term is over."""
    return _due(service_id, before).where(Ticket.files_removed_at.is_(None))


def people_due(service_id: str, before: datetime) -> Due:
    """Return the query for closed tickets whose own term is over."""
    return _due(service_id, before).where(Ticket.anonymised_at.is_(None))


def _due(service_id: str, before: datetime) -> Due:
    query = sa.select(Ticket.id, Ticket.closed_at)
    ended = (Ticket.service_id == service_id, Ticket.closed_at.is_not(None), Ticket.closed_at < before)
    return query.where(*ended, Ticket.kind.in_(OF_PEOPLE), ~lives_on(), *(~held for held in _held()))


def _held() -> Sequence[sa.ColumnElement[bool]]:
    """Return the conditions under which a ticket is held: itself, its requester, or the one it was merged into."""
    hold, running = aliased(LegalHold), LegalHold.ended_at.is_(None)
    merged = sa.and_(TicketLink.ticket_id == Ticket.id, TicketLink.kind == LinkKind.MERGED_INTO)
    return (
        sa.exists().where(LegalHold.ticket_id == Ticket.id, running),
        sa.exists().where(LegalHold.person_id == Ticket.requester_id, running),
        sa.exists().where(merged, hold.ticket_id == TicketLink.other_id, hold.ended_at.is_(None)),
    )


def next_due(session: Session, query: Due, after: After, limit: int) -> Sequence[Any]:
    """Return id and closed_at of the next tickets of such a query, the longest closed first."""
    if after.at is not None:
        query = query.where(sa.tuple_(Ticket.closed_at, Ticket.id) > (after.at, after.id))
    return session.execute(query.order_by(Ticket.closed_at, Ticket.id).limit(limit)).all()


def with_files(query: Due) -> Due:
    """Return such a query for those tickets alone that have attachments."""
    return query.where(sa.exists().where(Upload.ticket_id == Ticket.id))


def accounts_due(before: datetime) -> sa.Select[int]:
    """Return the query for accounts not used since, of whom nothing is here.

    That is no request, none of somebody else's they take part in, no role, hold or appointment.
    """
    never = sa.and_(Person.signed_in_at.is_(None), Person.created_at < before)
    nothing = (
        ~sa.exists().where(Ticket.requester_id == Person.id),
        ~_takes_part(),
        ~sa.exists().where(RoleGrant.person_id == Person.id),
        ~sa.exists().where(LegalHold.person_id == Person.id, LegalHold.ended_at.is_(None)),
        ~sa.exists().where(Appointment.person_id == Person.id, Appointment.starts_at >= before),
    )
    unused = sa.or_(Person.signed_in_at < before, never)
    return sa.select(Person.id).where(Person.is_guest.is_(False), IS_KNOWN, unused, *nothing)


def _takes_part() -> sa.ColumnElement[bool]:
    """Return the condition that a person follows, approved, or wrote on a request that is still kept.

    Watching and answering are work: those who did either are known by their code.
    """
    is_kept = Ticket.anonymised_at.is_(None)
    shared = sa.select(Participation.id).join(Ticket, Ticket.id == Participation.ticket_id)
    said = sa.select(TicketEvent.id).join(Ticket, Ticket.id == TicketEvent.ticket_id)
    return sa.or_(
        shared.where(Participation.person_id == Person.id, Participation.role != WATCHER, is_kept).exists(),
        sa.and_(Person.code.is_(None), said.where(TicketEvent.actor_id == Person.id, is_kept).exists()),
    )


def next_accounts(session: Session, before: datetime, after: int, limit: int) -> Sequence[int]:
    """Return the ids of the next accounts that are due, in their order."""
    query = accounts_due(before).where(Person.id > after).order_by(Person.id).limit(limit)
    return session.scalars(query).all()


def counted(session: Session, query: Due | sa.Select[int]) -> int:
    """Return how many rows a query finds, at most one more than `MOST_COUNTED`."""
    bounded = query.limit(MOST_COUNTED + 1).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(bounded)) or 0


def holds(session: Session, actor: Actor, before: int, is_over: bool, service_ids: Collection[str]) -> Sequence[Any]:
    """Return the holds that run, or those that are over, newest first, with number and names of what is held.

    Administrators of one service see those on its tickets alone.
    """
    person, by = aliased(Person), aliased(Person)
    query = (
        sa.select(
            LegalHold.id,
            LegalHold.ticket_id,
            LegalHold.person_id,
            LegalHold.reason,
            LegalHold.placed_at,
            LegalHold.ended_at,
            Ticket.number,
            person.given_name,
            person.family_name,
            person.code,
            by.given_name.label("by_given_name"),
            by.family_name.label("by_family_name"),
        )
        .outerjoin(Ticket, Ticket.id == LegalHold.ticket_id)
        .outerjoin(person, person.id == LegalHold.person_id)
        .outerjoin(by, by.id == LegalHold.placed_by)
        .where(LegalHold.ended_at.is_not(None) if is_over else LegalHold.ended_at.is_(None))
    )
    if EVERY_SERVICE not in actor.administers:
        query = query.where(Ticket.service_id.in_(service_ids))
    if before:
        query = query.where(LegalHold.id < before)
    return session.execute(query.order_by(LegalHold.id.desc()).limit(SHOWN + 1)).all()


def hold_on(session: Session, ticket_id: int | None = None, person_id: int | None = None) -> LegalHold | None:
    """Return the hold that runs on this ticket or on this person."""
    subject = LegalHold.ticket_id == ticket_id if ticket_id is not None else LegalHold.person_id == person_id
    return session.scalars(sa.select(LegalHold).where(subject, LegalHold.ended_at.is_(None))).first()


def holds_on_ticket(session: Session, ticket_id: int, requester_id: int) -> Sequence[Any]:
    """Return reason and placed_at of the holds that keep a ticket: its own and its requester's."""
    query = sa.select(LegalHold.reason, LegalHold.placed_at, LegalHold.person_id).where(LegalHold.ended_at.is_(None))
    either = sa.union_all(
        query.where(LegalHold.ticket_id == ticket_id), query.where(LegalHold.person_id == requester_id)
    )
    return session.execute(either).all()


def runs(session: Session, limit: int) -> Sequence[RetentionRun]:
    """Return the newest runs."""
    return session.scalars(sa.select(RetentionRun).order_by(RetentionRun.id.desc()).limit(limit)).all()
