"""Changes to calendars, targets and operational levels: each makes a version of the whole, and is audited."""

import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from servicedesk.actions.audit import record
from servicedesk.actions.memberships import ONLY_ALL, by
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.errors import Conflict, NotAllowed, NotFound
from servicedesk.rules.level_book import Book, Level, Operational
from servicedesk.rules.level_json import Data, book_data
from servicedesk.rules.permissions import Actor
from servicedesk.rules.role_rights import groups_managed, runs_everything
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue
from servicedesk.store import service_levels as store
from servicedesk.store.models.service_levels import LevelBook

_FASTER = N_("Somebody else changed the service levels meanwhile. Compare, then save again to keep yours.")


def publish(session: Session, book: Book, by: str, now: datetime, seen: int, back_to: int | None = None) -> int:
    """Make `book` what holds from now on, and return the number of the version; nothing where nothing changed.

    `seen` is the number of the version it was made from. New tickets go by it at once, open ones once the job has
    reckoned them anew, ended ones never. `back_to` is the number of the version this is once more, for the record.
    Raises Conflict when there is a newer version than the one seen.
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
    action, told = ("levels.set", {}) if back_to is None else ("levels.back", {"version": back_to})
    record(session, by, action, f"levels:{number + 1}", now, before_parts, {**after_parts, **told})
    session.flush()
    return number + 1


def go_back(session: Session, number: int, actor: Actor, now: datetime, seen: int) -> int:
    """Let an earlier version hold again, as a new one with its content; the rest is as in `publish_by`.

    Raises NotFound for a version that never was.
    """
    if store.version(session, number) is None:
        raise NotFound()
    return publish_by(session, store.numbered(session, number), actor, now, seen, back_to=number)


def publish_by(session: Session, book: Book, actor: Actor, now: datetime, seen: int, back_to: int | None = None) -> int:
    """Do the same for an administrator. Raises NotAllowed where it touches what another service was promised."""
    if not runs_everything(actor):
        _number, before = store.current(session)
        tree = catalogue.current(session)
        levels: tuple[Level, ...] = (*before.targets, *before.operational)
        reckoned = {key for key, calendar in before.calendars.items() if book.calendars.get(key) != calendar}
        touched = _touched(levels, (*book.targets, *book.operational))
        touched += [each for each in levels if each.calendar in reckoned]
        if not all(_is_theirs(each, actor, tree) for each in touched):
            raise NotAllowed(ONLY_ALL)
    return publish(session, book, by(actor), now, seen, back_to)


def _touched(before: Sequence[Level], after: Sequence[Level]) -> list[Level]:
    """Return what differs, both as it was and as it is to be."""
    return [*(each for each in before if each not in after), *(each for each in after if each not in before)]


def _is_theirs(level: Level, actor: Actor, tree: Catalogue) -> bool:
    if isinstance(level, Operational):
        return level.group in groups_managed(actor, tree)
    category = tree.categories.get(level.category or "")
    return actor.administers_service(level.service_id or (category.service_id if category else ""))


def _hash(data: Data) -> str:
    return sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def _add(session: Session, row: LevelBook) -> None:
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:  # made twice at the same moment
        raise Conflict(_FASTER) from error
