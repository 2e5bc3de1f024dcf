"""Single-use links sent by mail: made with a random token of which only the hash is kept, and taken once."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.errors import Gone
from servicedesk.rules.sentences import N_
from servicedesk.store.accounts import link_of
from servicedesk.store.models.accounts import MailedLink

REGISTER, ADDRESS, PASSWORD = "register", "address", "password"
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Taken:
    """What a link stood for when it was used."""

    person_id: int | None
    address: str
    details: Mapping[str, str]


def make(
    session: Session,
    purpose: str,
    address: str,
    expires_at: datetime,
    person_id: int | None = None,
    details: Mapping[str, str] | None = None,
) -> str:
    """Make a link and return its token (256 random bits); a person's earlier ones for the same purpose end."""
    if person_id is not None:
        end(session, purpose, person_id)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        MailedLink(
            token_hash=hashlib.sha256(token.encode()).hexdigest(),
            purpose=purpose,
            person_id=person_id,
            address=address,
            details=dict(details or {}),
            expires_at=expires_at,
        )
    )
    session.flush()
    return token


def look(session: Session, token: str, purpose: str, now: datetime) -> MailedLink:
    """Return what a link stands for, without using it. Raises Gone when it was used, replaced or is too old."""
    link = link_of(session, token, purpose, now)
    if link is None:
        raise Gone(N_("This link was used already, or it is too old. Ask for a new one, then open the newest mail."))
    return link


def take(session: Session, token: str, purpose: str, now: datetime) -> Taken:
    """Use a link up and return what it stood for; of two at once one gets it. Raises Gone as `look` does."""
    link = look(session, token, purpose, now)
    taken = Taken(link.person_id, link.address, dict(link.details))
    query = sa.delete(MailedLink).where(MailedLink.id == link.id).returning(MailedLink.id)
    if session.scalars(query.execution_options(synchronize_session=False)).first() is None:
        raise Gone(N_("This link was used already, or it is too old. Ask for a new one, then open the newest mail."))
    session.expunge(link)
    return taken


def end(session: Session, purpose: str, person_id: int) -> None:
    """End a person's links for a purpose."""
    query = sa.delete(MailedLink).where(MailedLink.purpose == purpose, MailedLink.person_id == person_id)
    session.execute(query.execution_options(synchronize_session="fetch"))
