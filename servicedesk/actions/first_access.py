"""First access (A4): the person confirms name and language, and chooses and verifies the address for notices."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from servicedesk.actions import letters, links
from servicedesk.actions.unconfirmed import count_mail
from servicedesk.store.accounts import contact_of, local_account
from servicedesk.store.models.accounts import Contact
from servicedesk.store.models.people import Person


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says of themselves; names count for those only whom no provider vouches for."""

    given_name: str
    family_name: str
    address: str
    locale: str


def confirm_data(session: Session, person_id: int, said: Said, life: timedelta, now: datetime) -> bool:
    """Keep what the person said; return whether a mail now asks to confirm the address.

    The procedure is done once there is an address to write to: the verified one, or the one a provider vouched for.
    Until a new one is verified, notices go on to where they went. Raises TooMany when the address has had its mails.
    """
    person = session.get_one(Person, person_id, with_for_update=True)  # two windows at once make one contact
    contact = _contact(session, person_id)
    person.locale = said.locale
    if local_account(session, person_id) is not None:
        person.given_name, person.family_name = said.given_name, said.family_name
    is_known = said.address == contact.address
    if said.address and not is_known:
        _ask_to_verify(session, person, said.address, life, now)
    if said.address and (is_known or said.address == person.email):
        contact.done_at = contact.done_at or now
    session.flush()
    return bool(said.address) and not is_known


def _contact(session: Session, person_id: int) -> Contact:
    contact = contact_of(session, person_id)
    if contact is None:
        contact = Contact(person_id=person_id, address="")
        session.add(contact)
    return contact


def _ask_to_verify(session: Session, person: Person, address: str, life: timedelta, now: datetime) -> None:
    count_mail(session, address, now)
    token = links.make(session, links.ADDRESS, address, now + life, person.id)
    letters.write_letter(
        session,
        address=address,
        locale=person.locale,
        template="address_confirm",
        # Without the name, which whoever registered has typed: the address may be a stranger's.
        context={
            "path": f"/account/address/{token}",
            "hours": str(int(life.total_seconds() // 3600)),
        },
        now=now,
        person_id=person.id,
    )


def verify_address(session: Session, token: str, now: datetime) -> int:
    """Use the mailed link: its address is where notices go from now on. Return the person's id. Raises Gone."""
    taken = links.take(session, token, links.ADDRESS, now)
    assert taken.person_id is not None
    session.get_one(Person, taken.person_id, with_for_update=True)
    contact = _contact(session, taken.person_id)
    contact.address, contact.verified_at = taken.address, now
    contact.done_at = contact.done_at or now
    session.flush()
    return taken.person_id
