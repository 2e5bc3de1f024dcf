"""What stands beside a ticket at work: its requester's other tickets, and how similar ones were solved."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.hiding import hide, hide_in_html, secrets_of
from servicedesk.rules.lifecycle import Action, Outcome, State
from servicedesk.rules.permissions import Actor
from servicedesk.rules.similar import most_alike
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import ENDED, Message, Ticket, TicketEvent
from servicedesk.store.visible import visible_to

NEWEST = 300
"""How many of the group's ended tickets are looked through."""
ANSWERS = (Action.PROPOSE, Action.REPLY_CLOSE, Action.SOLVE_TOGETHER)
_NAMES = (Person.given_name, Person.family_name)
USELESS = (Outcome.DUPLICATE, Outcome.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Earlier:
    """Another ticket of the same requester."""

    number: str
    title: str
    state: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Solved:
    """A similar ticket with the solution its requester got, in clean markup without that person's names and numbers."""

    number: str
    title: str
    html: str
    text: str


def earlier_of(session: Session, ticket: Any, actor: Actor, most: int) -> Sequence[Earlier]:
    """Return at most `most` other tickets of a ticket's requester that the reader may read, changed last first.

    `ticket` is a `Ticket`, or its columns.
    """
    query = (
        sa.select(Ticket.number, Ticket.title, Ticket.state, Ticket.opened_at)
        .where(Ticket.requester_id == ticket.requester_id, Ticket.id != ticket.id, visible_to(actor))
        .order_by(Ticket.changed_at.desc())
        .limit(most)
    )
    return [Earlier(*row) for row in session.execute(query)]


def similar_solved(session: Session, ticket: Any, keys: Collection[str], actor: Actor, most: int) -> Sequence[Solved]:
    """Return at most `most` ended tickets of these categories with a title like this one's and a public solution.

    Looks through the newest of the ticket's group that the reader may read.
    """
    newest = (
        sa.select(Ticket.id, Ticket.title, Ticket.category_key, Ticket.outcome)
        .where(Ticket.group_code == ticket.group_code, Ticket.state == State.CLOSED, ENDED)
        .where(Ticket.id != ticket.id, visible_to(actor))
        .order_by(Ticket.changed_at.desc(), Ticket.id.desc())
        .limit(NEWEST)
        .subquery()
    )
    query = sa.select(newest.c.id, newest.c.title).where(
        newest.c.category_key.in_(sorted(keys)), newest.c.outcome.not_in(USELESS)
    )
    alike = most_alike(ticket.title, [(row.id, row.title) for row in session.execute(query)], most)
    solutions = _solutions(session, alike)
    return [solutions[each] for each in alike if each in solutions]


def _solutions(session: Session, ticket_ids: Sequence[int]) -> dict[int, Solved]:
    query = (
        sa.select(Ticket.id, Ticket.number, Ticket.title, Message.body_html, Message.body_text, *_NAMES)
        .join(Person, Person.id == Ticket.requester_id)
        .join(TicketEvent, TicketEvent.ticket_id == Ticket.id)
        .join(Message, Message.event_id == TicketEvent.id)
        .where(Ticket.id.in_(ticket_ids), TicketEvent.action.in_(ANSWERS), Message.is_public, Message.body_text != "")
        .order_by(TicketEvent.seq)
    )
    return {row.id: _solved(row) for row in session.execute(query)}


def _solved(row: Any) -> Solved:
    # What is said to one person ends up in the answer to another.
    secrets = secrets_of(row.given_name, row.family_name)
    return Solved(row.number, row.title, hide_in_html(row.body_html, secrets), hide(row.body_text, secrets))
