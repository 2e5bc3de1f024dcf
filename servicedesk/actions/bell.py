"""Notices on the desk's own pages as verbs: ring, and mark as read."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.notices import Channel, Wishes
from servicedesk.store.models.preferences import BellNotice


def ring(session: Session, person_id: int, template: str, number: str, wishes: Wishes, now: datetime) -> None:
    """Leave a notice of this news about the ticket or appointment `number`, where the person wants it."""
    if wishes.wants(template, Channel.DESK):
        session.add(BellNotice(person_id=person_id, template=template, number=number, at=now))


def mark_read(session: Session, person_id: int, now: datetime, number: str | None = None) -> int:
    """Mark the person's notices as read, those about one number or all, and return how many were new."""
    query = sa.update(BellNotice).where(BellNotice.person_id == person_id, BellNotice.read_at.is_(None))
    if number is not None:
        query = query.where(BellNotice.number == number)
    result = session.execute(query.values(read_at=now).execution_options(synchronize_session=False))
    assert isinstance(result, sa.CursorResult)
    return result.rowcount
