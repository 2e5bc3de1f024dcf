"""Sign-ins under way: requests bound to a browser and good for one answer, and the assertions already used."""

import hashlib
from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from servicedesk.store.models.system import SignInRequest, UsedAssertion
from servicedesk.store.tickets import hash_key

MOST_OPEN = 20
"""Sign-ins under way in one browser: more are tabs nobody comes back to."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request under way, with the terms it was sent under; `replaces` is the session that ends when it succeeds."""

    id: str
    provider: str
    relay_token: str
    next_path: str
    replaces: int | None
    issued_at: datetime
    expires_at: datetime
    profile: str = ""
    service: str = ""
    level: int = 0
    attribute_set: int | None = None
    is_forced: bool = False
    acs_url: str = ""


def add(session: Session, asked: Asked, browser: str) -> None:
    """Remember a request for the browser that holds this secret; of too many the oldest give way."""
    browser_hash = hash_key(browser)
    open_ids = (
        sa.select(SignInRequest.id)
        .where(SignInRequest.browser_hash == browser_hash, SignInRequest.used_at.is_(None))
        .order_by(SignInRequest.issued_at.desc(), SignInRequest.id)
        .offset(MOST_OPEN - 1)
    )
    surplus = session.scalars(open_ids).all()
    if surplus:
        session.execute(sa.delete(SignInRequest).where(SignInRequest.id.in_(surplus)))
    session.add(SignInRequest(browser_hash=browser_hash, **asdict(asked)))
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


def was_taken(session: Session, request_id: str) -> bool:
    """Whether a request, as long as it is remembered, was used up."""
    row = session.get(SignInRequest, request_id, populate_existing=True)
    return row is not None and row.used_at is not None


def taken(session: Session, request_id: str) -> Asked:
    """Return a request that was just used up. Raises NoResultFound when there is none."""
    return _asked(session.get_one(SignInRequest, request_id))


def _asked(row: SignInRequest) -> Asked:
    return Asked(**{each.name: getattr(row, each.name) for each in fields(Asked)})


def meant(session: Session, browser: str, request_id: str, relay_token: str) -> Asked | None:
    """Return the request, answered or not, that was begun in this browser: that of this id, else of this relay token.

    Not every provider gives the relay token back with an error.
    """
    is_named = SignInRequest.id == request_id
    query = (
        sa.select(SignInRequest)
        .where(SignInRequest.browser_hash == hash_key(browser))
        .where(is_named | (SignInRequest.relay_token == relay_token))
        .order_by(sa.case((is_named, 0), else_=1))
    )
    row = session.scalars(query).first()
    return _asked(row) if row else None


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
