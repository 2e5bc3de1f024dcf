"""Changes to calendars, targets and operational levels: each makes a version of the whole, and is audited."""

import json
from datetime import datetime
from hashlib import sha256

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from servicedesk.actions.audit import record
from servicedesk.rules.errors import Conflict
from servicedesk.rules.level_book import Book
from servicedesk.rules.level_json import Data, book_data
from servicedesk.rules.sentences import N_
from servicedesk.store import service_levels as store
from servicedesk.store.models.service_levels import LevelBook

_FASTER = N_("Somebody else changed the service levels meanwhile. Compare, then save again to keep yours.")


def publish(session: Session, book: Book, by: str, now: datetime, seen: int) -> int:
    """Make `book` what holds from now on, and return the number of the version; nothing where nothing changed.

    `seen` is the number of the version it was made from. New tickets go by it at once, open ones once the job has
    reckoned them anew, ended ones never. Raises Conflict when there is a newer version than the one seen.
    """
    number, before = store.current(session)
    if number != seen:
        raise Conflict(_FASTER)
    was, will = book_data(before), book_data(book)
    if was == will:
        return number
    _add(session, LevelBook(number=number + 1, content=will, content_hash=_hash(will), changed_at=now, changed_by=by))
    changed = [part for part in will if was[part] != will[part]]
    before_parts, after_parts = ({part: data[part] for part in changed} for data in (was, will))
    record(session, by, "levels.set", f"levels:{number + 1}", now, before_parts, after_parts)
    session.flush()
    return number + 1


def _hash(data: Data) -> str:
    return sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def _add(session: Session, row: LevelBook) -> None:
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:  # made twice at the same moment
        raise Conflict(_FASTER) from error
