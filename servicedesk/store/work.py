"""What technicians have in hand, as queries: drafts, what is about to be sent, and who is in a ticket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.permissions import Actor
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.models.work import Presence, WorkDraft
from servicedesk.store.visible import visible_to


@dataclass(frozen=True, slots=True)
class Draft:
    """A text in hand; `send_at` is set while it is about to be sent, `returned` says why it could not be."""

    form_key: str
    note: str
    note_format: str
    standard_answer: int | None
    changed_at: datetime
    send_at: datetime | None
    held: Mapping[str, Any] | None
    returned: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A draft as a list names it."""

    number: str
    title: str
    changed_at: datetime
    is_held: bool
    returned: Mapping[str, Any] | None
    note: str
    note_format: str
    is_readable: bool
    """Whether its ticket may still be read; where not, only the writer's own words are left of it."""


def draft_of(session: Session, person_id: int, ticket_id: int, now: datetime) -> Draft | None:
    """Return what the person has in hand for a ticket, None where there is nothing or its time is over."""
    columns = (getattr(WorkDraft, name) for name in Draft.__dataclass_fields__)
    query = sa.select(*columns).where(
        WorkDraft.person_id == person_id, WorkDraft.ticket_id == ticket_id, WorkDraft.expires_at > now
    )
    row = session.execute(query).first()
    return Draft(*row) if row else None


def drafts_of(session: Session, actor: Actor, now: datetime, most: int) -> Sequence[Listed]:
    """Return at most `most` of what the person has in hand, the newest first.

    Of tickets they may read no longer only what came back to them, for it was written to be sent.
    """
    is_readable = visible_to(actor)
    query = (
        sa.select(
            Ticket.number,
            Ticket.title,
            WorkDraft.changed_at,
            WorkDraft.send_at.is_not(None),
            WorkDraft.returned,
            WorkDraft.note,
            WorkDraft.note_format,
            is_readable.label("is_readable"),
        )
        .join(Ticket, Ticket.id == WorkDraft.ticket_id)
        .where(WorkDraft.person_id == actor.person_id, WorkDraft.expires_at > now)
        .where(sa.or_(WorkDraft.returned.is_not(None), is_readable))
        .order_by(WorkDraft.changed_at.desc(), WorkDraft.id.desc())
    )
    return [Listed(*row) for row in session.execute(query.limit(most))]


def about_to_answer(session: Session, ticket_id: int, but: int | None) -> Sequence[Any]:
    """Return code and names of the others who are about to send something to the ticket."""
    query = (
        sa.select(Person.code, Person.given_name, Person.family_name)
        .join(WorkDraft, WorkDraft.person_id == Person.id)
        .where(WorkDraft.ticket_id == ticket_id, WorkDraft.send_at.is_not(None), WorkDraft.person_id != but)
        .order_by(WorkDraft.send_at)
    )
    return session.execute(query).all()


def present(session: Session, ticket_id: int, but: int | None, since: datetime) -> Sequence[Any]:
    """Return code, names and `is_writing` of the others who had the ticket before them since then, writers first."""
    query = (
        sa.select(Person.code, Person.given_name, Person.family_name, Presence.is_writing)
        .join(Presence, Presence.person_id == Person.id)
        .where(Presence.ticket_id == ticket_id, Presence.seen_at > since, Presence.person_id != but)
        .order_by(Presence.is_writing.desc(), Person.code, Person.id)
    )
    return session.execute(query).all()
