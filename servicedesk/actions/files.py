"""Attachments between form and ticket: drafts are noted when stored, and become part of a message when it is sent."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_
from servicedesk.store.models.tickets import Upload
from servicedesk.store.tickets import hash_key

DRAFT_LIFE = timedelta(days=2)


def note_draft(
    session: Session,
    upload_id: str,
    draft_key: str,
    name: str,
    content_type: str,
    size: int,
    sha256: str,
    now: datetime,
    field: str | None = None,
) -> Upload:
    """Note a file whose bytes are stored already; until it is attached, only the form with `draft_key` may use it.

    `field` is the key of the form's own field that asks for it.
    """
    upload = Upload(
        id=upload_id,
        draft_key=hash_key(draft_key),
        name=name,
        content_type=content_type,
        size=size,
        sha256=sha256,
        field=field,
        created_at=now,
        expires_at=now + DRAFT_LIFE,
    )
    session.add(upload)
    session.flush()
    return upload


def attach(session: Session, upload_ids: Sequence[str], draft_key: str, ticket_id: int, message_id: int) -> None:
    """Make drafts part of a message. Raises Invalid when one is not a draft of this form (any more)."""
    query = (
        sa.update(Upload)
        .where(Upload.id.in_(upload_ids), Upload.draft_key == hash_key(draft_key), Upload.message_id.is_(None))
        .values(ticket_id=ticket_id, message_id=message_id, draft_key=None)
    )
    result = session.execute(query.returning(Upload.id).execution_options(synchronize_session=False))
    if len(result.all()) != len(set(upload_ids)):
        raise Invalid(N_("One of the files is not there any more. Choose it again."))


def drafts_of(session: Session, draft_key: str) -> list[Upload]:
    """Return the files already stored with a form, oldest first, so that a form shown again still has them."""
    query = sa.select(Upload).where(Upload.draft_key == hash_key(draft_key), Upload.message_id.is_(None))
    return list(session.scalars(query.order_by(Upload.created_at, Upload.id)))


def drop_draft(session: Session, upload_id: str, draft_key: str) -> bool:
    """Forget a draft the person removed; its bytes go with the next sweep. Returns whether it was there."""
    query = sa.delete(Upload).where(
        Upload.id == upload_id, Upload.draft_key == hash_key(draft_key), Upload.message_id.is_(None)
    )
    return bool(session.execute(query.returning(Upload.id)).first())


def sweep_drafts(session: Session, now: datetime, limit: int) -> list[str]:
    """Forget drafts nobody sent in time and return their ids: the bytes are to be removed after the commit."""
    overdue = sa.select(Upload.id).where(Upload.message_id.is_(None), Upload.expires_at < now)
    found = session.scalars(overdue.order_by(Upload.expires_at).limit(limit)).all()
    query = sa.delete(Upload).where(Upload.id.in_(found), Upload.message_id.is_(None)).returning(Upload.id)
    return list(session.scalars(query.execution_options(synchronize_session=False)))
