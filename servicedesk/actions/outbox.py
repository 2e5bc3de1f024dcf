"""The delivery of notices as verbs: claim, keep the bytes, sent, failed; and the mails a status check asks for."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.delivery import next_try
from servicedesk.store import people
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.outbox import DROPPED, FAILED, MAIL, SENT, WAITING, due_notices

CLAIM = timedelta(minutes=10)
"""How long a claimed mail is left to its claimer; a crashed one's mails are due again after that."""
_LONGEST_REASON = 300


def claim_due(session: Session, now: datetime, limit: int, channels: Collection[str] = (MAIL,)) -> list[int]:
    """Take up to `limit` due notices for sending, by default mails, and return their ids: they are ours for `CLAIM`."""
    query = (
        sa.update(Notice)
        .where(Notice.id.in_(due_notices(session, now, limit, channels)), Notice.state == WAITING)
        .values(claimed_until=now + CLAIM)
        .returning(Notice.id)
    )
    return sorted(session.scalars(query.execution_options(synchronize_session=False)))


def keep_rendered(session: Session, notice_id: int, content: bytes) -> None:
    """Keep the bytes of a mail before its first try, so that every try sends the same."""
    _change(session, notice_id, rendered=content)


def mark_sent(session: Session, notice_id: int, now: datetime) -> None:
    """Note that the server took the mail; its bytes and what they were made from are no longer needed."""
    _change(
        session,
        notice_id,
        state=SENT,
        sent_at=now,
        claimed_until=None,
        rendered=None,
        context=sa.null(),
        attempts=Notice.attempts + 1,
        last_error="",
    )


def mark_failed(session: Session, notice_id: int, now: datetime, reason: str, is_final: bool) -> None:
    """Note a try that failed: again later with a growing delay, or given up and shown to staff.

    `is_final` gives up at once; otherwise four days after the first try.
    """
    notice = session.get(Notice, notice_id, populate_existing=True)
    if notice is None or notice.state != WAITING:
        return
    if not notice.attempts:
        notice.first_try_at = now  # however long it had waited for a delivery to run at all
    notice.attempts += 1
    notice.claimed_until = None
    notice.last_error = " ".join(reason.split())[:_LONGEST_REASON]
    again = None if is_final else next_try(notice.first_try_at, notice.attempts, now)
    if again is None:
        notice.state = FAILED
        if notice.ticket_id is None:
            notice.context = notice.rendered = None  # the links in it shall not outlive it
    else:
        notice.next_try_at = again
    session.flush()


def drop(session: Session, notice_id: int) -> None:
    """Leave out a mail whose news is no longer so."""
    _change(session, notice_id, state=DROPPED, claimed_until=None)


def release(session: Session, notice_id: int) -> None:
    """Give a claimed mail back untried."""
    _change(session, notice_id, claimed_until=None)


def mail_requester(session: Session, ticket: Ticket, template: str, now: datetime) -> Notice:
    """Queue a mail to the requester that no event brings: `rules.letters.LOST_NUMBER` or `SIGN_IN_LINK` (A7)."""
    notice = Notice(
        ticket_id=ticket.id,
        recipient_id=ticket.requester_id,
        address=people.mail_address(session, ticket.requester_id),
        template=template,
        first_try_at=now,
        next_try_at=now,
        message_id=f"{ticket.number}.{template}.{secrets.token_hex(8)}",
    )
    session.add(notice)
    session.flush()
    return notice


def _change(session: Session, notice_id: int, **values: object) -> None:
    query = sa.update(Notice).where(Notice.id == notice_id, Notice.state == WAITING).values(**values)
    session.execute(query.execution_options(synchronize_session=False))
