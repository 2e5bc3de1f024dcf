"""Files of recurring requests: taken over from the form that kept one, and copied for each request it opens."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_urlsafe

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.files import note_draft
from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_
from servicedesk.store import recurring as store
from servicedesk.store.models.recurring import RecurringFile
from servicedesk.store.models.tickets import Upload
from servicedesk.store.tickets import hash_key

NEVER = datetime(2999, 1, 1, tzinfo=UTC)
Copies = Mapping[str, str]
"""The id under which the bytes of each file were copied; empty for a file whose bytes are not there."""


class ChangedMeanwhile(Exception):
    """The files of a recurring request are others than those that were copied for it."""


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a recurring request as a form leaves it: those kept of before, and drafts of the form."""

    kept: frozenset[str] = frozenset()
    new: tuple[str, ...] = ()
    draft_key: str = ""


@dataclass(frozen=True, slots=True)
class Attached:
    """Files that a request is opened with."""

    ids: tuple[str, ...] = ()
    draft_key: str = ""


def keep(session: Session, recurring_id: int, files: Files) -> None:
    """Let it have these files and no others; the bytes of the others go with the next sweep.

    Raises Invalid when one is not a draft of the form (any more).
    """
    forget(session, [each.id for each in store.files_of(session, recurring_id) if each.id not in files.kept])
    drafts = Upload.id.in_(files.new), Upload.draft_key == hash_key(files.draft_key), Upload.message_id.is_(None)
    query = sa.update(Upload).where(*drafts).values(draft_key=None, expires_at=NEVER).returning(Upload.id)
    taken = session.scalars(query.execution_options(synchronize_session=False)).all()
    if len(taken) != len(set(files.new)):
        raise Invalid(N_("One of the files is not there any more. Choose it again."))
    session.add_all(RecurringFile(upload_id=each, recurring_id=recurring_id) for each in taken)
    session.flush()


def forget(session: Session, upload_ids: Iterable[str]) -> None:
    """Forget files, from whatever has them."""
    query = sa.delete(Upload).where(Upload.id.in_(list(upload_ids)), Upload.message_id.is_(None))
    session.execute(query.execution_options(synchronize_session=False))


def names(session: Session, recurring_id: int) -> dict[str, str]:
    """Return the names of its files, by id."""
    return {each.id: each.name for each in store.files_of(session, recurring_id)}


def attach(session: Session, recurring_id: int, copies: Copies, now: datetime) -> Attached:
    """Note the copies made of its files, for the request that is about to be opened.

    Raises ChangedMeanwhile when it has other files by now, Invalid when the bytes of one are not there.
    """
    own, key = store.files_of(session, recurring_id), token_urlsafe(24)
    if any(each.id not in copies for each in own):
        raise ChangedMeanwhile
    if not all(copies[each.id] for each in own):
        raise Invalid(N_("One of its files is not there any more. Choose it again."))
    for each in own:
        facts = each.name, each.content_type, each.size, each.sha256
        note_draft(session, copies[each.id], key, *facts, now, each.field)
    return Attached(tuple(copies[each.id] for each in own), key)
