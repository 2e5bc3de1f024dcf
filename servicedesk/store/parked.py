"""Forms kept while their sender signs in again."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.store.models.system import ParkedForm
from servicedesk.store.tickets import hash_key

Fields = Mapping[str, Sequence[str]]


def keep(session: Session, token: str, path: str, fields: Fields, until: datetime) -> None:
    """Keep a form's fields for the page at `path` under a secret token."""
    kept = {name: list(values) for name, values in fields.items()}
    session.add(ParkedForm(token_hash=hash_key(token), path=path, fields=kept, expires_at=until))


def kept(session: Session, token: str, path: str, now: datetime) -> Fields | None:
    """Return the fields kept under the token for this very page, None when there are none or their time is over."""
    query = sa.select(ParkedForm.fields).where(
        ParkedForm.token_hash == hash_key(token), ParkedForm.path == path, ParkedForm.expires_at > now
    )
    return session.scalars(query).first()
