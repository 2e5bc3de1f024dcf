"""The running catalogue: the number of the current version, and its tree, read once per version and process."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from threading import Lock

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.catalogue_changes import Difference, InUse
from servicedesk.rules.catalogue_json import from_data
from servicedesk.rules.errors import NotFound
from servicedesk.rules.lifecycle import OPEN_STATES, State
from servicedesk.rules.search import SearchIndex
from servicedesk.rules.sentences import N_
from servicedesk.store.models.system import CatalogueVersion
from servicedesk.store.models.tickets import Ticket

VERSIONS_KEPT = 4
_SEEN = "catalogue_seen"
_lock = Lock()
_loaded: dict[str, "Loaded"] = {}


@dataclass
class Loaded:
    """A version in memory: its tree, and its word index once somebody searches."""

    tree: Catalogue

    @cached_property
    def index(self) -> SearchIndex:
        """The words of the tree."""
        return SearchIndex(self.tree)


@dataclass(frozen=True, slots=True)
class Version:
    """When a version was applied, by whom, and what it changed."""

    number: int
    applied_at: datetime
    applied_by: str
    difference: Difference


def current_version(session: Session) -> tuple[int, Catalogue]:
    """Return number and tree of the version that runs now. Raises NotFound while no catalogue was ever applied."""
    number, loaded = _current(session)
    return number, loaded.tree


def current(session: Session) -> Catalogue:
    """Return the catalogue that runs now. Raises NotFound while no catalogue was ever applied."""
    return _current(session)[1].tree


def search_index(session: Session) -> SearchIndex:
    """Return the word index of the catalogue that runs now."""
    return _current(session)[1].index


def numbered(session: Session, number: int) -> Catalogue:
    """Return a version by its number: for naming what the running one no longer has. Raises NotFound for none such."""
    found = session.scalars(sa.select(CatalogueVersion.content_hash).where(CatalogueVersion.number == number)).first()
    if found is None:
        raise NotFound(N_("There is no version %(number)s of the catalogue."), number=number)
    return _load(session, number, found).tree


def in_use(session: Session, reopen_days: int, now: datetime) -> InUse:
    """Return what tickets name that are open, or closed so lately that they may be reopened."""
    since = now - timedelta(days=reopen_days + 1)
    alive = sa.or_(
        Ticket.state.in_(sorted(OPEN_STATES)), sa.and_(Ticket.state == State.CLOSED, Ticket.closed_at >= since)
    )
    return InUse(
        categories=frozenset(session.scalars(sa.select(Ticket.category_key).where(alive).distinct())),
        groups=frozenset(session.scalars(sa.select(Ticket.group_code).where(alive).distinct())),
        services=frozenset(session.scalars(sa.select(Ticket.service_id).distinct())),
    )


def was_applied(session: Session, file_hash: str) -> bool:
    """Tell whether a file with this hash was ever applied."""
    return session.scalar(sa.select(sa.exists().where(CatalogueVersion.file_hash == file_hash))) or False


def history(session: Session) -> list[Version]:
    """Return every applied version, the newest first."""
    query = sa.select(
        CatalogueVersion.number, CatalogueVersion.applied_at, CatalogueVersion.applied_by, CatalogueVersion.difference
    ).order_by(CatalogueVersion.number.desc())
    return [
        Version(number, at, by, Difference.from_data(difference))
        for number, at, by, difference in session.execute(query)
    ]


def applied_at(session: Session) -> datetime:
    """Return when the version that runs now was applied. Raises NotFound while no catalogue was ever applied."""
    number, _loaded_version = _current(session)
    return session.scalars(sa.select(CatalogueVersion.applied_at).where(CatalogueVersion.number == number)).one()


def _current(session: Session) -> tuple[int, Loaded]:
    # Asked many times in a request, read once: what was seen holds as long as the transaction it was seen in.
    transaction = session.get_transaction()
    seen = session.info.get(_SEEN)
    if seen is not None and transaction is not None and seen[0] is transaction:
        number, loaded = seen[1]
        return number, loaded
    query = sa.select(CatalogueVersion.number, CatalogueVersion.content_hash).order_by(CatalogueVersion.number.desc())
    row = session.execute(query.limit(1)).first()
    if row is None:
        raise NotFound(N_("There is no catalogue yet. An administrator has to apply one: flask catalogue apply FILE."))
    found = row.number, _load(session, row.number, row.content_hash)
    session.info[_SEEN] = (session.get_transaction(), found)
    return found


def forget_seen(session: Session) -> None:
    """Let the next question read the version again: for those who have just published one."""
    session.info.pop(_SEEN, None)


def _load(session: Session, number: int, content_hash: str) -> Loaded:
    with _lock:
        if content_hash not in _loaded:
            content = session.scalars(
                sa.select(CatalogueVersion.content).where(CatalogueVersion.number == number)
            ).one()
            while len(_loaded) >= VERSIONS_KEPT:
                del _loaded[next(iter(_loaded))]
            _loaded[content_hash] = Loaded(from_data(content))
        return _loaded[content_hash]
