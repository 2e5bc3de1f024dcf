"""Tickets for those who change them: locked rows, the facts the rules need, numbers, form keys."""

import hashlib
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from servicedesk.rules.calendar import plus_days
from servicedesk.rules.catalogue import Service
from servicedesk.rules.changes import CHANGE, ChangeType
from servicedesk.rules.errors import NotFound
from servicedesk.rules.lifecycle import OPEN_STATES, QUIET, Outcome, State
from servicedesk.rules.lines import Matter
from servicedesk.rules.numbering import format_number, number_year
from servicedesk.rules.permissions import Actor, Publication, Scope, TicketFacts
from servicedesk.rules.priority import MAJOR
from servicedesk.rules.relations import LinkKind
from servicedesk.store.approvals import awaited
from servicedesk.store.models.changes import Change
from servicedesk.store.models.lines import TicketMatter
from servicedesk.store.models.system import FormKey, NumberSeries
from servicedesk.store.models.tickets import Message, Participation, PublicTicket, Ticket, TicketEvent, TicketLink
from servicedesk.store.visible import APPROVER, FOLLOWER, WATCHER, visible_to


def locked(session: Session, number: str, actor: Actor) -> Ticket:
    """Return the ticket with its row locked until the transaction ends.

    Raises NotFound when there is none, or when the person may not read it.
    """
    # NO KEY: rows that merely refer to the ticket (a link from another one) need not wait for it.
    query = (
        sa.select(Ticket).where(Ticket.number == number, visible_to(actor)).with_for_update(of=Ticket, key_share=True)
    )
    ticket = session.scalars(query.execution_options(populate_existing=True)).first()
    if ticket is None:
        raise NotFound()
    return ticket


def facts_of(session: Session, ticket: Ticket, service: Service) -> TicketFacts:
    """Return what the rules need to know of a ticket."""
    parts = session.execute(
        sa.select(Participation.person_id, Participation.role).where(Participation.ticket_id == ticket.id)
    ).all()
    matters = session.execute(
        sa.select(TicketMatter.kind, TicketMatter.group_code, TicketMatter.person_id).where(
            TicketMatter.ticket_id == ticket.id
        )
    ).all()
    advice = [each for each in matters if each.kind == Matter.ADVICE]
    approvers = frozenset(part.person_id for part in parts if part.role == APPROVER)
    # What nobody can decide on yet waits as well, though it has no approvers.
    is_asked = bool(approvers) or ticket.state == State.NEW or ticket.kind == CHANGE
    return TicketFacts(
        id=ticket.id,
        state=ticket.state if ticket.last_seq else None,
        service_id=ticket.service_id,
        group_code=ticket.group_code,
        requester_id=ticket.requester_id,
        technician_id=ticket.technician_id,
        state_before_waiting=ticket.state_before_waiting,
        waiting_for=ticket.waiting_for,
        outcome=ticket.outcome,
        reopen_until=reopen_until(ticket.closed_at, service),
        watchers=frozenset(part.person_id for part in parts if part.role == WATCHER),
        followers=frozenset(part.person_id for part in parts if part.role == FOLLOWER),
        publication=_publication(session, ticket.id, service),
        kind=ticket.kind,
        **(_heir(session, ticket) if ticket.outcome == Outcome.MERGED else {}),
        **(_change(session, ticket) if ticket.kind == CHANGE else {}),
        is_major=ticket.priority == MAJOR,
        is_escalated=any(each.kind == Matter.ESCALATION for each in matters),
        proposed_group=next((each.group_code for each in matters if each.kind == Matter.HAND_OVER), ""),
        advising=frozenset(each.group_code for each in advice if each.group_code),
        advisers=frozenset(each.person_id for each in advice if each.person_id is not None),
        approvers=approvers,
        **(awaited(session, ticket.id) if is_asked else {}),
    )


def _heir(session: Session, ticket: Ticket) -> dict[str, Any]:
    query = (
        sa.select(Ticket.state, Ticket.solved_at)
        .join(TicketLink, TicketLink.other_id == Ticket.id)
        .where(TicketLink.ticket_id == ticket.id, TicketLink.kind == LinkKind.MERGED_INTO)
    )
    row = session.execute(query).first()
    if row is None:
        return {}
    return {"heir_is_open": row.state in OPEN_STATES, "heir_is_answered": row.solved_at is not None}


def _change(session: Session, ticket: Ticket) -> dict[str, Any]:
    query = sa.select(Change.phase, Change.change_type).where(Change.ticket_id == ticket.id)
    row = session.execute(query).first()
    if row is None:  # while it is being filed
        return {}
    return {"phase": row.phase, "is_urgent": row.change_type == ChangeType.EMERGENCY}


def _publication(session: Session, ticket_id: int, service: Service) -> Publication | None:
    query = sa.select(PublicTicket.scope, PublicTicket.scope_key).where(PublicTicket.ticket_id == ticket_id)
    row = session.execute(query).first()
    return Publication(Scope(row.scope), row.scope_key, frozenset(service.audience)) if row else None


def reopen_until(closed_at: datetime | None, service: Service) -> datetime | None:
    """Return until when the requester may reopen (rule 2); None while the ticket is open."""
    return plus_days(closed_at, service.reopen_days, ZoneInfo(service.zone)) if closed_at else None


def news_since(session: Session, ticket: Ticket, seen_seq: int, actor: Actor) -> list[int]:
    """Return the sequence numbers of what others did after `seen_seq` that a decision should know.

    That is: a public message, or a change of state, group, technician or category.
    """
    rows = session.execute(
        sa.select(TicketEvent.seq, TicketEvent.before, TicketEvent.after, TicketEvent.changes, Message.is_public)
        .outerjoin(Message, Message.event_id == TicketEvent.id)
        .where(TicketEvent.ticket_id == ticket.id, TicketEvent.seq > seen_seq, TicketEvent.action.not_in(QUIET))
        .where(sa.or_(TicketEvent.actor_id.is_(None), TicketEvent.actor_id != actor.person_id))
        .order_by(TicketEvent.seq)
    )
    return [row.seq for row in rows if row.is_public or row.before != row.after or row.changes]


def next_number(session: Session, now: datetime, zone: ZoneInfo) -> str:
    """Return a number nobody else gets: year in `zone` and a count of at least six digits.

    Run it in a transaction of its own: a number whose ticket is never made stays unused, and nobody waits for it.
    """
    year = number_year(now, zone)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    query = (
        insert(NumberSeries)
        .values(year=year, last=1)
        .on_conflict_do_update(index_elements=["year"], set_={"last": NumberSeries.last + 1})
        .returning(NumberSeries.last)
    )
    return format_number(year, session.execute(query).scalar_one())


def hash_key(key: str) -> str:
    """Return the form of a secret key that is kept: its SHA-256 in hexadecimal digits."""
    return hashlib.sha256(key.encode()).hexdigest()


def claim_form_key(session: Session, key: str, made: str, now: datetime) -> str | None:
    """Note that the form with this key makes `made`; return None, or what it had made before.

    Two sendings at once: the second waits for the first and gets its result.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    query = insert(FormKey).values(key_hash=hash_key(key), made=made, used_at=now).on_conflict_do_nothing()
    result = session.execute(query.returning(FormKey.key_hash)).first()
    if result is not None:
        return None
    return session.scalars(sa.select(FormKey.made).where(FormKey.key_hash == hash_key(key))).one()
