"""People without an account: one person row per ticket, and the mails their status check asks for (A6, A7, rule 3)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from servicedesk.actions.outbox import mail_requester
from servicedesk.actions.unconfirmed import hold_back, may_mail
from servicedesk.rules.letters import LOST_NUMBER, SIGN_IN_LINK
from servicedesk.store import guests, people
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket

MOST_NUMBERS = 5


@dataclass(frozen=True, slots=True)
class Guest:
    """How somebody without an account can be reached."""

    given_name: str
    family_name: str
    email: str
    phone: str
    locale: str


def plain_address(typed: str) -> str:
    """Return an e-mail address as it is kept and compared for guests: without spaces around it, in lower case."""
    return typed.strip().lower()


def new_guest(session: Session, guest: Guest, now: datetime) -> Person:
    """Make the person row of one guest's ticket; two tickets of one human being are two guests."""
    person = Person(
        given_name=guest.given_name,
        family_name=guest.family_name,
        email=plain_address(guest.email),
        phone=guest.phone,
        locale=guest.locale,
        is_guest=True,
        is_active=True,
        created_at=now,
    )
    session.add(person)
    session.flush()
    return person


def remember_language(session: Session, person_id: int, locale: str) -> None:
    """Note the language a requester writes in, for the mails to come."""
    person = session.get(Person, person_id)
    if person is not None and person.locale != locale:
        person.locale = locale


def remind(session: Session, email: str, number: str, now: datetime) -> None:
    """Mail the full number of a guest's ticket, or a link for signing in, if address and number belong together.

    The caller learns nothing, and what is written differs by one row only.
    """
    may_send = may_mail(session, email, now)
    known = guests.by_number(session, number)
    if known is None or not may_send or email not in _addresses(session, known):
        return
    ticket = session.get_one(Ticket, known.ticket_id)
    _mail(session, ticket, LOST_NUMBER if known.suffix else SIGN_IN_LINK, now)


def remind_all(session: Session, email: str, now: datetime) -> None:
    """Mail the full numbers of the newest open tickets that were filed without an account under this address."""
    may_send = may_mail(session, email, now)
    for ticket in guests.newest_open(session, email, MOST_NUMBERS) if may_send else ():
        _mail(session, ticket, LOST_NUMBER, now)


def _addresses(session: Session, known: guests.Known) -> set[str]:
    own = {known.email, people.mail_address(session, known.requester_id)}
    return {plain_address(address) for address in own}


def _mail(session: Session, ticket: Ticket, template: str, now: datetime) -> None:
    notice = mail_requester(session, ticket, template, now)
    if guests.unconfirmed(session, [ticket.requester_id]):
        hold_back(session, notice, now)
