"""Keeps what a technician is writing into a ticket: a closed tab, another browser or a refusal loses nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from servicedesk.actions.drafts import KEY_LENGTHS, LARGEST, keep_files
from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_
from servicedesk.store.models.work import WorkDraft

NOT_KEPT = N_("Not kept: another answer of yours to this request is about to be sent.")
_KEY = ("person_id", "ticket_id")


@dataclass(frozen=True, slots=True)
class Written:
    """A text as it stands in the form with this key; `format` is "html" where an editor wrote it, else "text".

    `standard_answer` is the one it was begun with.
    """

    form_key: str
    note: str
    format: str
    standard_answer: int | None = None


def keep_written(
    session: Session, person_id: int, ticket_id: int, written: Written, life: timedelta, now: datetime
) -> bool:
    """Keep this instead of what was kept before, its files as long; say whether it was kept.

    What is about to be sent stays as it is, and nothing is kept beside it. Raises Invalid for more than any form holds,
    and for a key that is none.
    """
    values = {
        **_columns(written, life, now),
        "person_id": person_id,
        "ticket_id": ticket_id,
        "send_at": None,
        "held": None,
        "returned": None,
    }
    # Two browsers of one person may begin at once.
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(WorkDraft).values(values)
    renewed: dict[str, Any] = {name: insert.excluded[name] for name in values if name not in _KEY}
    query = insert.on_conflict_do_update(
        index_elements=list(_KEY), set_=renewed, where=WorkDraft.send_at.is_(None)
    ).returning(WorkDraft.id)
    is_kept = session.execute(query).first() is not None
    keep_files(session, written.form_key, now + life)
    return is_kept


def _columns(written: Written, life: timedelta, now: datetime) -> dict[str, Any]:
    if len(written.form_key) not in KEY_LENGTHS:
        raise Invalid(N_("This form is not complete. Open the page again and send it from there."))
    if len(written.note) > LARGEST:
        raise Invalid(N_("This is more than can be kept. Shorten the text."))
    return {
        "form_key": written.form_key,
        "note": written.note,
        "note_format": "html" if written.format == "html" else "text",
        "standard_answer": written.standard_answer,
        "changed_at": now,
        "expires_at": now + life,
    }


def forget_written(session: Session, person_id: int, ticket_id: int, form_key: str | None, now: datetime) -> bool:
    """Forget what the person kept for the ticket, with `form_key` only what that form kept; say whether there was any.

    What is about to be sent stays; files that became part of a message stay there.
    """
    query = sa.delete(WorkDraft).where(
        WorkDraft.person_id == person_id, WorkDraft.ticket_id == ticket_id, WorkDraft.send_at.is_(None)
    )
    if form_key is not None:
        query = query.where(WorkDraft.form_key == form_key)
    gone = session.scalars(query.returning(WorkDraft.form_key).execution_options(synchronize_session=False)).first()
    if gone:
        keep_files(session, gone, now)
    return gone is not None
