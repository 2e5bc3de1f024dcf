"""Questions about accounts: how a person is reached, what the first access asked, who has which second factor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.store import people
from servicedesk.store.models.accounts import Contact, LocalAccount, MailedLink, OneTimeCodes, Passkey, RecoveryCode
from servicedesk.store.models.people import Identity, LoginSession, Person, RoleGrant
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.tickets import hash_key

MOST_EARLIER = 100
"""Earlier tickets offered at once; the rest is offered when these are linked."""
ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class EarlierTicket:
    """A ticket filed without an account."""

    number: str
    title: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class SignedInBrowser:
    """A running session, as its owner sees it."""

    id: int
    provider: str
    started_at: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class OwnPasskey:
    """A passkey, as its owner sees it."""

    id: int
    name: str
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Factors:
    """The second factors of a person: an authenticator app, passkeys, recovery codes left."""

    has_codes: bool
    passkeys: tuple[OwnPasskey, ...]
    recovery_left: int

    @property
    def any(self) -> bool:
        """Whether a sign-in with the password has a second step."""
        return self.has_codes or bool(self.passkeys)


def contact_of(session: Session, person_id: int) -> Contact | None:
    """Return what the person said at the first access, None before it."""
    return session.get(Contact, person_id)


def needs_first_access(session: Session, person_id: int) -> bool:
    """Whether the short procedure is due (A4): not for students active in the register, nor for staff."""
    contact = contact_of(session, person_id)
    if contact is not None and contact.done_at is not None:
        return False
    student = people.student_of(session, person_id)
    return (student is None or student.status != ACTIVE) and not has_role(session, person_id)


def has_role(session: Session, person_id: int) -> bool:
    """Whether the person is a technician, supervisor or administrator of anything."""
    return session.scalar(sa.select(RoleGrant.id).where(RoleGrant.person_id == person_id).limit(1)) is not None


def subject_of(session: Session, person_id: int, namespace: str) -> str:
    """Return by what the person is known in a namespace. Raises NoResultFound where they are not."""
    query = sa.select(Identity.subject).where(Identity.person_id == person_id, Identity.namespace == namespace)
    return session.scalars(query).one()


def local_account(session: Session, person_id: int) -> LocalAccount | None:
    """Return the person's own way in, None where there is none."""
    return session.get(LocalAccount, person_id)


def has_local_accounts(session: Session) -> bool:
    """Whether anybody has a way in of the desk's own."""
    return session.scalar(sa.select(LocalAccount.person_id).limit(1)) is not None


def account_at(session: Session, address: str) -> LocalAccount | None:
    """Return the local account of this address, given in lower case."""
    return session.scalars(sa.select(LocalAccount).where(LocalAccount.address == address)).first()


def link_of(session: Session, token: str, purpose: str, now: datetime) -> MailedLink | None:
    """Return what a mailed link stands for while it is good."""
    query = sa.select(MailedLink).where(
        MailedLink.token_hash == hash_key(token), MailedLink.purpose == purpose, MailedLink.expires_at > now
    )
    return session.scalars(query).first()


def waiting_address(session: Session, person_id: int, now: datetime) -> str:
    """Return the address that the person was asked by mail to confirm and has not yet; empty for none."""
    query = (
        sa.select(MailedLink.address)
        .where(MailedLink.person_id == person_id, MailedLink.purpose == "address", MailedLink.expires_at > now)
        .order_by(MailedLink.id.desc())
    )
    return session.scalars(query).first() or ""


def earlier_tickets(session: Session, person_id: int) -> Sequence[EarlierTicket]:
    """Return the tickets filed without an account under the address that this person has verified, newest first."""
    contact = contact_of(session, person_id)
    if contact is None or not contact.address:
        return ()
    query = (
        sa.select(Ticket.number, Ticket.title, Ticket.opened_at)
        .join(Person, Person.id == Ticket.requester_id)
        .where(Person.is_guest, Person.email == contact.address.lower())
        .order_by(Ticket.id.desc())
        .limit(MOST_EARLIER)
    )
    return [EarlierTicket(*row) for row in session.execute(query)]


def factors_of(session: Session, person_id: int) -> Factors:
    """Return the second factors of a person."""
    codes = session.get(OneTimeCodes, person_id)
    passkeys = session.execute(
        sa.select(Passkey.id, Passkey.name, Passkey.added_at, Passkey.used_at)
        .where(Passkey.person_id == person_id)
        .order_by(Passkey.id)
    )
    left = session.scalar(sa.select(sa.func.count()).where(RecoveryCode.person_id == person_id)) or 0
    confirmed = codes is not None and codes.confirmed_at is not None
    return Factors(confirmed, tuple(OwnPasskey(*row) for row in passkeys), left)


def credential_ids(session: Session, person_id: int) -> list[str]:
    """Return the credential ids of a person's passkeys, in base64url."""
    return list(session.scalars(sa.select(Passkey.credential_id).where(Passkey.person_id == person_id)))


def passkey(session: Session, credential_id: str) -> Passkey | None:
    """Return the passkey with this credential id."""
    return session.scalars(sa.select(Passkey).where(Passkey.credential_id == credential_id)).first()


def browsers_of(session: Session, person_id: int, now: datetime) -> list[SignedInBrowser]:
    """Return the running sessions of a person, the newest first."""
    query = (
        sa.select(LoginSession.id, LoginSession.provider, LoginSession.started_at, LoginSession.last_seen)
        .where(LoginSession.person_id == person_id, LoginSession.ended_at.is_(None), LoginSession.expires_at > now)
        .order_by(LoginSession.id.desc())
    )
    return [SignedInBrowser(*row) for row in session.execute(query)]
