"""Who else sees a ticket, as queries: whom it is shared with, and what others read of a public one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.hiding import hide, hide_in_html, secrets_of
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.permissions import Actor, serves
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Invitation, Message, Ticket, TicketEvent


@dataclass(frozen=True, slots=True)
class Invited:
    """An address a ticket is shared with."""

    id: int
    address: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class PublicTexts:
    """What others read of a public ticket: no names in it, both bodies clean HTML; no solution is an empty one."""

    title: str
    description: str
    solution: str


DESCRIPTIONS = (Action.SUBMIT, Action.EDIT)
SOLUTIONS = (Action.PROPOSE, Action.SOLVE_TOGETHER, Action.REPLY_CLOSE)


def services_of(tree: Catalogue, actor: Actor) -> frozenset[str]:
    """Return the ids of the services that are there for this person: `public_to` asks for them."""
    return frozenset(each.id for each in tree.services.values() if serves(frozenset(each.audience), actor))


def invitations(session: Session, ticket_id: int) -> Sequence[Invited]:
    """Return the addresses the ticket is shared with, oldest first."""
    query = sa.select(Invitation.id, Invitation.address, Invitation.added_at).where(Invitation.ticket_id == ticket_id)
    return [Invited(*row) for row in session.execute(query.order_by(Invitation.id))]


def public_texts(session: Session, ticket_id: int) -> PublicTexts:
    """Return title, description and valid solution of a ticket as others read them: with the names hidden."""
    ticket = session.execute(sa.select(Ticket.title, Ticket.state).where(Ticket.id == ticket_id)).one()
    hidden = _hidden(session, ticket_id)
    bodies = _bodies(session, ticket_id)
    solved = ticket.state in (State.RESOLVED, State.CLOSED)
    return PublicTexts(
        hide(ticket.title, hidden),
        hide_in_html(_newest(bodies, DESCRIPTIONS), hidden),
        hide_in_html(_newest(bodies, SOLUTIONS), hidden) if solved else "",
    )


def _hidden(session: Session, ticket_id: int) -> frozenset[str]:
    """Return the names and codes of whoever asked and of everybody who did something on the ticket."""
    asked = sa.select(Ticket.requester_id).where(Ticket.id == ticket_id)
    acted = sa.select(TicketEvent.actor_id).where(TicketEvent.ticket_id == ticket_id)
    query = sa.select(Person.given_name, Person.family_name, Person.code, Person.phone)
    rows = session.execute(query.where(Person.id.in_(asked.union(acted))))
    return frozenset().union(*(secrets_of(*row) for row in rows))


def _bodies(session: Session, ticket_id: int) -> Sequence[tuple[str, str]]:
    query = (
        sa.select(TicketEvent.action, Message.body_html)
        .join(Message, Message.event_id == TicketEvent.id)
        .where(Message.ticket_id == ticket_id, Message.is_public, TicketEvent.action.in_((*DESCRIPTIONS, *SOLUTIONS)))
        .order_by(TicketEvent.seq.desc())
    )
    return [(row.action, row.body_html) for row in session.execute(query)]


def _newest(bodies: Sequence[tuple[str, str]], actions: Iterable[str]) -> str:
    wanted = frozenset(actions)
    return next((body for action, body in bodies if action in wanted and body), "")
