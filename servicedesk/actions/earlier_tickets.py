"""Linking tickets that were filed without an account to the account of whoever verified their address (A4)."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import holds, letters
from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.permissions import SYSTEM
from servicedesk.store import people
from servicedesk.store.accounts import contact_of
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket, TicketEvent


def link(session: Session, person_id: int, numbers: Collection[str], now: datetime) -> list[str]:
    """Make the person the requester of these tickets, and return the numbers of those that were linked.

    Only tickets of guests with exactly the address that the person has verified are taken; any other number is
    passed over, whether it exists or not.
    """
    person, contact = session.get_one(Person, person_id), contact_of(session, person_id)
    if contact is None or not contact.address:
        return []
    tickets = _locked(session, contact.address.lower(), numbers)
    for ticket in tickets:
        _link(session, ticket, person, now)
    linked = [ticket.number for ticket in tickets]
    if linked:
        _tell(session, person, linked, now)
    return linked


def _locked(session: Session, address: str, numbers: Collection[str]) -> list[Ticket]:
    query = (
        sa.select(Ticket)
        .join(Person, Person.id == Ticket.requester_id)
        .where(Person.is_guest, Person.email == address, Ticket.number.in_(sorted(numbers)))
        .order_by(Ticket.id)
        .with_for_update(of=Ticket, key_share=True)
    )
    return list(session.scalars(query.execution_options(populate_existing=True)))


def _link(session: Session, ticket: Ticket, person: Person, now: datetime) -> None:
    guest = session.get_one(Person, ticket.requester_id)
    act(session, ticket, Action.LINK_ACCOUNT, SYSTEM, now, Details(account_id=person.id))
    # The guest was this person all along: what the guest did, and is still to be told, is theirs.
    acted = sa.update(TicketEvent).where(TicketEvent.ticket_id == ticket.id, TicketEvent.actor_id == guest.id)
    session.execute(acted.values(actor_id=person.id))
    told = sa.update(Notice).where(Notice.ticket_id == ticket.id, Notice.recipient_id == guest.id)
    session.execute(told.values(recipient_id=person.id))
    person.phone = person.phone or guest.phone
    holds.keep_request(session, guest.id, ticket.id)
    session.flush()
    if session.scalar(sa.select(Ticket.id).where(Ticket.requester_id == guest.id).limit(1)) is None:
        session.delete(guest)
        session.flush()


def _tell(session: Session, person: Person, numbers: list[str], now: datetime) -> None:
    letters.write_letter(
        session,
        address=people.mail_address(session, person.id),
        locale=person.locale,
        template="tickets_linked",
        context={"recipient": person.display_name, "numbers": ", ".join(numbers), "path": "/tickets"},
        now=now,
        person_id=person.id,
    )
