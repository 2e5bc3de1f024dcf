"""What nobody has taken yet, the most urgent first, for whoever asks for the next ticket."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.lifecycle import Action
from servicedesk.store.models.people import Absence
from servicedesk.store.models.queue import UNTAKEN
from servicedesk.store.models.tickets import Ticket, TicketEvent
from servicedesk.store.queue import IS_FREE

MOST = 10
"""How many of a group are looked at: more than colleagues ask for the next ticket at one moment."""
NEVER_DUE = datetime.max.replace(tzinfo=UTC)


Branch = sa.Select[int, int, datetime | None, datetime]


@dataclass(frozen=True, slots=True)
class Wish:
    """Whose next ticket: of these groups, not of these services, not what the person gave back since `since`."""

    person_id: int
    groups: Collection[str]
    without_services: Collection[str]
    since: datetime


def most_urgent(session: Session, wish: Wish) -> list[int]:
    """Return the ids of the most urgent tickets that nobody has: by priority, then what is due first, then age.

    What is still to be approved is not among them.
    """
    branches = [branch for group in wish.groups for branch in _branches(group, wish)]
    if not branches:
        return []
    rows = session.execute(sa.union_all(*(sa.select(branch.subquery()) for branch in branches))).all()
    return [row.id for row in sorted(rows, key=_urgency)]


def _urgency(row: Any) -> tuple[int, datetime, datetime, int]:
    return -row.priority, row.due_at or NEVER_DUE, row.opened_at, row.id


def _branches(group: str, wish: Wish) -> Sequence[Branch]:
    # Apart, because databases do not agree where a ticket without a due instant stands in an order.
    query = (
        sa.select(Ticket.id, Ticket.priority, Ticket.due_at, Ticket.opened_at)
        .where(Ticket.group_code == group, UNTAKEN, IS_FREE, ~_given_back(wish))
        .limit(MOST)
    )
    if wish.without_services:
        query = query.where(Ticket.service_id.not_in(sorted(wish.without_services)))
    return (
        query.where(Ticket.due_at.is_not(None)).order_by(Ticket.priority.desc(), Ticket.due_at, Ticket.id),
        query.where(Ticket.due_at.is_(None)).order_by(Ticket.priority.desc(), Ticket.opened_at, Ticket.id),
    )


def _given_back(wish: Wish) -> sa.Exists:
    return (
        sa.select(TicketEvent.id)
        .where(TicketEvent.ticket_id == Ticket.id, TicketEvent.action == Action.RELEASE)
        .where(TicketEvent.actor_id == wish.person_id, TicketEvent.at >= wish.since)
        .exists()
    )


def held(session: Session, ticket_id: int) -> Ticket | None:
    """Return the ticket with its row locked while nobody has taken it or is about to; never waits for others."""
    query = sa.select(Ticket).where(Ticket.id == ticket_id, UNTAKEN, IS_FREE)
    query = query.with_for_update(of=Ticket, key_share=True, skip_locked=True)
    return session.scalars(query.execution_options(populate_existing=True)).first()


def absences_of(session: Session, person_id: int) -> list[tuple[date, date | None]]:
    """Return the first and last day of each absence of a person; None while the last is not known."""
    query = sa.select(Absence.first_day, Absence.last_day).where(Absence.person_id == person_id)
    return [(row.first_day, row.last_day) for row in session.execute(query)]
