"""Titles of public tickets as others read them in a list: the names of everybody who took part are hidden (C4)."""

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.hiding import hide, secrets_of
from servicedesk.rules.permissions import Actor
from servicedesk.rules.search import tokens
from servicedesk.store import search
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket, TicketEvent
from servicedesk.store.portal import published


def public_titles(session: Session, ticket_ids: Collection[int]) -> Mapping[int, str]:
    """Return the titles of these tickets by their ids, with names, addresses and long numbers hidden."""
    names = (Person.given_name, Person.family_name, Person.code, Person.phone)
    asked = sa.select(Ticket.id, *names).join(Person, Person.id == Ticket.requester_id).where(Ticket.id.in_(ticket_ids))
    acted = (
        sa.select(TicketEvent.ticket_id.label("id"), *names)
        .join(Person, Person.id == TicketEvent.actor_id)
        .where(TicketEvent.ticket_id.in_(ticket_ids))
    )
    hidden: dict[int, set[str]] = {}
    for row in session.execute(asked.union(acted)):
        named = secrets_of(row.given_name, row.family_name, row.code, row.phone)
        hidden.setdefault(row.id, set()).update(named)
    titles = session.execute(sa.select(Ticket.id, Ticket.title).where(Ticket.id.in_(ticket_ids)))
    return {ticket_id: hide(title, hidden[ticket_id]) for ticket_id, title in titles}


def matching_titles(session: Session, typed: str, actor: Actor) -> list[int]:
    """Return the public tickets whose shown title or number holds every typed word, or one that begins so.

    Nobody finds them by what is hidden: whoever searched for a name would learn who asked.
    """
    found = search.matching(session, typed, actor, published(session, actor)) or []
    rows = session.execute(sa.select(Ticket.id, Ticket.number).where(Ticket.id.in_(found)))
    numbers = {row.id: row.number for row in rows}
    shown = {key: tokens(f"{numbers[key]} {title}") for key, title in public_titles(session, found).items()}
    wanted = tokens(typed)
    return [key for key in found if all(any(word.startswith(each) for word in shown[key]) for each in wanted)]
