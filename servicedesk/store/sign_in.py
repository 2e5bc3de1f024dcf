"""Sign-ins under way: requests bound to a browser and good for one answer, and the assertions already used."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from servicedesk.store.models.system import SignInRequest, UsedAssertion
from servicedesk.store.tickets import hash_key


@dataclass(frozen=True, slots=True)
class Asked:
    """A request under way; `replaces` is the login session that ends when it succeeds."""

    id: str
    provider: str
    relay_token: str
    next_path: str
    replaces: int | None
    issued_at: datetime
    expires_at: datetime


def add(session: Session, asked: Asked, browser: str) -> None:
    """Remember a request for the browser that holds this secret."""
    session.add(
        SignInRequest(
            id=asked.id,
            provider=asked.provider,
            browser_hash=hash_key(browser),
            replaces=asked.replaces,
            relay_token=asked.relay_token,
            next_path=asked.next_path,
            issued_at=asked.issued_at,
            expires_at=asked.expires_at,
        )
    )
    session.flush()


def ids_of(session: Session, browser: str, now: datetime) -> Collection[str]:
    """Return the ids of the requests begun in this browser, answered ones included, while they last."""
    query = sa.select(SignInRequest.id).where(
        SignInRequest.browser_hash == hash_key(browser), SignInRequest.expires_at > now
    )
    return frozenset(session.scalars(query))


def find(session: Session, request_id: str, now: datetime) -> Asked | None:
    """Return the request while it waits for its answer."""
    row = session.get(SignInRequest, request_id, populate_existing=True)
    if row is None or row.used_at is not None or row.expires_at <= now:
        return None
    return _asked(row)


def taken(session: Session, request_id: str) -> Asked:
    """Return a request that was just used up. Raises NoResultFound when there is none."""
    return _asked(session.get_one(SignInRequest, request_id))


def _asked(row: SignInRequest) -> Asked:
    return Asked(row.id, row.provider, row.relay_token, row.next_path, row.replaces, row.issued_at, row.expires_at)


def path_of(session: Session, browser: str, relay_token: str) -> str | None:
    """Return where the request with this relay token, begun in this browser, was to lead."""
    query = sa.select(SignInRequest.next_path).where(
        SignInRequest.relay_token == relay_token, SignInRequest.browser_hash == hash_key(browser)
    )
    return session.scalars(query).first()


def take(session: Session, request_id: str, now: datetime) -> bool:
    """Use the request up; False when somebody already had."""
    query = (
        sa.update(SignInRequest)
        .where(SignInRequest.id == request_id, SignInRequest.used_at.is_(None), SignInRequest.expires_at > now)
        .values(used_at=now)
    )
    return session.execute(query).rowcount == 1  # type: ignore[attr-defined, no-any-return]  # of an UPDATE


def remember_assertion(session: Session, assertion_id: str, until: datetime) -> bool:
    """Note that an assertion was used; False when it had been before."""
    id_hash = hashlib.sha256(assertion_id.encode()).hexdigest()
    try:
        with session.begin_nested():
            session.add(UsedAssertion(id_hash=id_hash, expires_at=until))
    except IntegrityError:
        return False
    return True
