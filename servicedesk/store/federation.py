"""Identity providers taken from federations: finding one, choosing among thousands, and keeping a source's new copy.

A profile's sources are always given as their keys in the order of the settings: where two list the same entity id the
first one counts, even when its copy has ended, so that no later source can take a provider over.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from servicedesk.store.models.federation import FederationProvider, FederationSource
from servicedesk.store.models.people import LoginSession

CHUNK = 500
"""Rows named in one statement; databases limit how many values they take."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An identity provider as a source gives it; `content` is what `saml` needs of it."""

    entity_id: str
    names: Mapping[str, str]
    sort_name: str
    words: str
    is_hidden: bool
    valid_until: datetime | None
    expires: datetime | None
    content: str

    @property
    def content_hash(self) -> str:
        """Return the hash by which a changed row is known."""
        facts = (self.names, self.sort_name, self.words, self.is_hidden, self.valid_until, self.content)
        return sha256(repr(facts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Found:
    """Which source (its place in the order) lists a provider; no `content` when its copy has ended."""

    place: int
    content: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """How many rows of a source a new copy added, changed and removed."""

    added: int
    changed: int
    removed: int


def find(session: Session, keys: Sequence[str], entity_id: str, now: datetime) -> Found | None:
    """Return the provider as the first source that lists it gives it, None when none does."""
    query = (
        sa.select(FederationSource.key, FederationProvider.content, _is_current(now).label("is_current"))
        .join(FederationSource, FederationSource.id == FederationProvider.source_id)
        .where(FederationProvider.entity_id == entity_id, FederationSource.key.in_(keys))
    )
    rows = {row.key: row for row in session.execute(query)}
    for place, key in enumerate(keys):
        if key in rows:
            return Found(place, rows[key].content if rows[key].is_current else None)
    return None


def choices(
    session: Session, keys: Sequence[str], now: datetime, limit: int, words: Iterable[str] = ()
) -> Sequence[Any]:
    """Return key, entity_id and names of providers to choose from, in the order of the sources, each's by name.

    Every one of `words` (folded) must begin a word of theirs. Hidden ones are left out, those that have ended too, and
    those another source took first.
    """
    query = _offered(keys, now, (FederationSource.key, FederationProvider.entity_id, FederationProvider.names))
    for word in words:
        query = query.where(FederationProvider.words.like(f"% {word}%"))
    if len(keys) > 1:
        query = query.order_by(_place(FederationSource.key, keys))
    return session.execute(query.order_by(FederationProvider.sort_name).limit(limit)).all()


def _offered(keys: Sequence[str], now: datetime, columns: Sequence[Any]) -> sa.Select[Any]:
    query = (
        sa.select(*columns)
        .join(FederationSource, FederationSource.id == FederationProvider.source_id)
        .where(FederationSource.key.in_(keys), FederationProvider.is_hidden.is_(False), _is_current(now))
    )
    return query.where(~_earlier(keys)) if len(keys) > 1 else query


def _earlier(keys: Sequence[str]) -> sa.Exists:
    """Return whether a source before the row's own lists the same entity id."""
    other, its_source = aliased(FederationProvider), aliased(FederationSource)
    return (
        sa.exists()
        .where(other.entity_id == FederationProvider.entity_id, other.source_id == its_source.id)
        .where(its_source.key.in_(keys), _place(its_source.key, keys) < _place(FederationSource.key, keys))
    )


def _place(column: Any, keys: Sequence[str]) -> sa.Case[int]:
    return sa.case({key: place for place, key in enumerate(keys)}, value=column, else_=len(keys))


def _is_current(now: datetime) -> sa.ColumnElement[bool]:
    ends = (FederationSource.valid_until, FederationProvider.valid_until)
    return sa.and_(*(sa.or_(end.is_(None), end > now) for end in ends))


def contents(session: Session, key: str) -> Sequence[str]:
    """Return the content of every provider of a source."""
    query = sa.select(FederationProvider.content).join(
        FederationSource, FederationSource.id == FederationProvider.source_id
    )
    return session.scalars(query.where(FederationSource.key == key)).all()


def expiring(session: Session, key: str, before: datetime, limit: int) -> Sequence[Any]:
    """Return entity_id, names and expires of a source's providers whose last certificate ends before an instant."""
    columns = (FederationProvider.entity_id, FederationProvider.names, FederationProvider.expires)
    query = (
        sa.select(*columns)
        .join(FederationSource, FederationSource.id == FederationProvider.source_id)
        .where(FederationSource.key == key, FederationProvider.expires < before)
        .order_by(FederationProvider.expires)
    )
    return session.execute(query.limit(limit)).all()


def in_use(session: Session, entity_ids: Collection[str]) -> frozenset[str]:
    """Return those of the providers that somebody is signed in with, or was lately."""
    ids = list(entity_ids)
    found: set[str] = set()
    for at in range(0, len(ids), CHUNK):
        query = sa.select(LoginSession.provider).where(LoginSession.provider.in_(ids[at : at + CHUNK])).distinct()
        found.update(session.scalars(query))
    return frozenset(found)


def sources(session: Session, keys: Collection[str]) -> Mapping[str, FederationSource]:
    """Return what is known of these sources, by key; those never read are missing."""
    rows = session.scalars(sa.select(FederationSource).where(FederationSource.key.in_(keys)))
    return {row.key: row for row in rows}


def enter(session: Session, key: str, profile: str, place: str) -> FederationSource:
    """Return the row of a source, made when it is new."""
    row = session.scalars(sa.select(FederationSource).where(FederationSource.key == key)).first()
    if row is None:
        row = FederationSource(key=key, profile=profile, place=place)
        session.add(row)
        session.flush()
    return row


def forget_others(session: Session, keys: Collection[str]) -> Sequence[str]:
    """Remove the sources that are not among `keys` with all their providers; return their keys."""
    query = sa.delete(FederationSource).where(FederationSource.key.not_in(keys)).returning(FederationSource.key)
    return session.scalars(query).all()


def make_due(session: Session, keys: Collection[str]) -> None:
    """Let these sources be read at the next opportunity."""
    query = sa.update(FederationSource).where(FederationSource.key.in_(keys)).values(tried_at=None)
    session.execute(query.execution_options(synchronize_session=False))


def replace(session: Session, source_id: int, listed: Iterable[Listed]) -> Changes:
    """Make a source's providers exactly these; rows that are the same are not written."""
    columns = (FederationProvider.entity_id, FederationProvider.content_hash)
    before = {entity_id: kept for entity_id, kept in session.execute(_of(source_id, sa.select(*columns)))}
    wanted = {each.entity_id: each for each in listed}
    hashes = {entity_id: each.content_hash for entity_id, each in wanted.items()}
    gone = [entity_id for entity_id in before if entity_id not in wanted]
    for at in range(0, len(gone), CHUNK):
        some = FederationProvider.entity_id.in_(gone[at : at + CHUNK])
        session.execute(_of(source_id, sa.delete(FederationProvider)).where(some))
    new = [_values(source_id, wanted[each], hashes[each]) for each in wanted if each not in before]
    if new:
        session.execute(sa.insert(FederationProvider), new)
    changed = [each for each in wanted if each in before and before[each] != hashes[each]]
    if changed:  # by primary key, many at once
        session.execute(
            sa.update(FederationProvider), [_values(source_id, wanted[each], hashes[each]) for each in changed]
        )
    return Changes(len(new), len(changed), len(gone))


def _of(source_id: int, query: Any) -> Any:
    return query.where(FederationProvider.source_id == source_id).execution_options(synchronize_session=False)


def _values(source_id: int, listed: Listed, content_hash: str) -> dict[str, Any]:
    return {
        "source_id": source_id,
        "entity_id": listed.entity_id,
        "content_hash": content_hash,
        "is_hidden": listed.is_hidden,
        "sort_name": listed.sort_name,
        "words": listed.words,
        "valid_until": listed.valid_until,
        "expires": listed.expires,
        "names": dict(listed.names),
        "content": listed.content,
    }
