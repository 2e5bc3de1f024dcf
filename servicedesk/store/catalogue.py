"""The running catalogue: the number of the current version, and its tree, read once per version and process."""

from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.catalogue_json import from_data
from servicedesk.rules.errors import NotFound
from servicedesk.rules.lifecycle import OPEN_STATES
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


def keys_in_use(session: Session) -> frozenset[str]:
    """Return the category keys of open tickets."""
    query = sa.select(Ticket.category_key).where(Ticket.state.in_(sorted(OPEN_STATES))).distinct()
    return frozenset(session.scalars(query))


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
