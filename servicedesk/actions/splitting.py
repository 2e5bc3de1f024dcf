"""Splitting a part of a request off into one of its own, with what was chosen of it copied (F7)."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.guests import Guest, new_guest
from servicedesk.actions.tickets import NewTicket, act, open_ticket
from servicedesk.actions.unconfirmed import confirm
from servicedesk.rules.errors import AlreadyDone, Invalid
from servicedesk.rules.numbering import new_suffix
from servicedesk.rules.permissions import Actor
from servicedesk.rules.relations import LinkKind
from servicedesk.rules.sentences import N_
from servicedesk.rules.states import Action
from servicedesk.store import guests, people
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket, TicketLink
from servicedesk.store.tickets import claim_form_key


@dataclass(frozen=True, slots=True)
class Cut:
    """What becomes a request of its own: `new` with the copied words and files; whose it is, by an address.

    An empty address leaves it with the requester of the other one.
    """

    new: NewTicket
    address: str = ""


def split(session: Session, source: Ticket, cut: Cut, actor: Actor, now: datetime) -> Ticket:
    """File the part, tie it to the locked ticket it comes from, and tell its requester once, as of any new request.

    Raises Invalid for an address that nobody has, AlreadyDone with the number when the same form was sent before.
    """
    if cut.new.form_key and (made := claim_form_key(session, cut.new.form_key, cut.new.number, now)):
        raise AlreadyDone(made)
    requester_id, suffix = _whose(session, source, cut.address.strip(), now)
    new = replace(cut.new, access_suffix=suffix, origin=source.origin, form_key="")
    ticket = open_ticket(session, new, requester_id, actor, now)
    link = TicketLink(ticket_id=ticket.id, other_id=source.id, kind=LinkKind.SPLIT_FROM)
    link.linked_at, link.linked_by = now, actor.person_id
    session.add(link)
    act(session, source, Action.SPLIT, actor, now, Details(other=ticket.number))
    return ticket


def _whose(session: Session, source: Ticket, address: str, now: datetime) -> tuple[int, str | None]:
    if address:
        holder = people.holder_of(session, address)
        if holder is None:
            raise Invalid(N_("Nobody here has this institutional address. Write the whole address, or leave it empty."))
        return holder, None
    if source.access_suffix is None:
        return source.requester_id, None
    known = session.get_one(Person, source.requester_id)
    guest = Guest(known.given_name, known.family_name, known.email, known.phone, known.locale or "it")
    made = new_guest(session, guest, now).id
    if not guests.unconfirmed(session, [known.id]):
        confirm(session, made, now)
    return made, new_suffix()
