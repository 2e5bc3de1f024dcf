"""Accounts of the desk's own (A5): registering, choosing a password, and ending sessions."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.store.models.people import LoginSession


def sign_out_elsewhere(session: Session, person_id: int, keep: int | None, now: datetime) -> None:
    """End every session of a person but `keep`."""
    query = sa.update(LoginSession).where(LoginSession.person_id == person_id, LoginSession.ended_at.is_(None))
    if keep is not None:
        query = query.where(LoginSession.id != keep)
    session.execute(query.values(ended_at=now).execution_options(synchronize_session="fetch"))
