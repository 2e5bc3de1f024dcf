"""Mails that belong to no ticket: about an account, an address, or to an operator; sent by the same outbox."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.store.models.notices import Notice
from servicedesk.store.outbox import WAITING

KEPT = timedelta(days=30)
"""How long it can be seen that a letter was sent or given up."""


def write_letter(
    session: Session,
    *,
    address: str,
    locale: str | None,
    template: str,
    context: Mapping[str, str],
    now: datetime,
    person_id: int | None = None,
) -> Notice | None:
    """Queue a mail from templates/mail/<template>.{txt,html}; None, and no mail, where there is no address.

    `context` is what the template says. In it, `recipient` is the reader's name (none: a greeting without one) and
    `path` the local path that the mail's button opens. All of it is forgotten once the mail has left. `locale` None
    writes in both languages (C10).
    """
    if not address:
        return None
    notice = Notice(
        recipient_id=person_id,
        address=address,
        template=template,
        locale=locale,
        context=dict(context),
        first_try_at=now,
        next_try_at=now,
        message_id=f"{template}.{secrets.token_hex(16)}",
    )
    session.add(notice)
    session.flush()
    return notice


def forget_old(session: Session, now: datetime) -> int:
    """Delete the letters that were sent or given up long ago, and return how many there were."""
    query = sa.delete(Notice).where(
        Notice.ticket_id.is_(None), Notice.state != WAITING, Notice.first_try_at < now - KEPT
    )
    result = session.execute(query.execution_options(synchronize_session=False))
    assert isinstance(result, sa.CursorResult)
    return result.rowcount
