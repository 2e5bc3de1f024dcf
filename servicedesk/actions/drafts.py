"""Keeps what somebody is writing, so that a closed tab or an ended session loses nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_
from servicedesk.store.models.drafts import RequestDraft
from servicedesk.store.models.tickets import Upload
from servicedesk.store.tickets import hash_key

LARGEST = 200_000
"""Characters of a form, the names of its fields included."""
LONGEST_TITLE = 200
KEY_LENGTHS = range(20, 81)
_KEY = ("person_id", "category_key")


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it stands: its key, its title, and everything in it by the names of its fields."""

    form_key: str
    title: str
    fields: Mapping[str, Sequence[str]]


def keep_draft(
    session: Session, person_id: int, category_key: str, typed: Typed, life: timedelta, now: datetime
) -> None:
    """Keep what a person has typed so far, instead of what was kept before; its files live as long.

    Raises Invalid for more than any form holds, and for a key that is none.
    """
    if len(typed.form_key) not in KEY_LENGTHS:
        raise Invalid(N_("This form is not complete. Open the page again and send it from there."))
    if sum(len(name) + sum(map(len, values)) for name, values in typed.fields.items()) > LARGEST:
        raise Invalid(N_("This is more than can be kept. Shorten the text."))
    until = now + life
    values: dict[str, Any] = {
        "person_id": person_id,
        "category_key": category_key,
        "form_key": typed.form_key,
        "title": typed.title[:LONGEST_TITLE],
        "fields": {name: list(each) for name, each in typed.fields.items()},
        "changed_at": now,
        "expires_at": until,
    }
    # Two tabs may begin the same request at once.
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(RequestDraft).values(values)
    renewed = {name: insert.excluded[name] for name in values if name not in _KEY}
    session.execute(insert.on_conflict_do_update(index_elements=list(_KEY), set_=renewed))
    keep_files(session, typed.form_key, until)


def forget_draft(session: Session, person_id: int, category_key: str, now: datetime) -> None:
    """Forget what a person has begun under a category; the next sweep removes the files that were not sent."""
    query = (
        sa.delete(RequestDraft)
        .where(RequestDraft.person_id == person_id, RequestDraft.category_key == category_key)
        .returning(RequestDraft.form_key)
        .execution_options(synchronize_session=False)
    )
    if form_key := session.scalars(query).first():
        keep_files(session, form_key, now)


def keep_files(session: Session, form_key: str, until: datetime) -> None:
    """Keep the files of a form that was not sent until then."""
    query = sa.update(Upload).where(Upload.draft_key == hash_key(form_key), Upload.message_id.is_(None))
    session.execute(query.values(expires_at=until).execution_options(synchronize_session=False))
