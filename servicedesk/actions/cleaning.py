"""Forgets what has had its time: sign-ins, used assertions, form keys, kept forms, counts, and files nobody sent."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from servicedesk.actions import letters
from servicedesk.store.models.accounts import AccountStep, MailedLink
from servicedesk.store.models.answers import AnswerFile
from servicedesk.store.models.drafts import RequestDraft
from servicedesk.store.models.guests import WaitingRequest
from servicedesk.store.models.people import LoginSession
from servicedesk.store.models.preferences import BellNotice
from servicedesk.store.models.reading import OwnData
from servicedesk.store.models.records import Alarm, AttributePreview, SignInCount
from servicedesk.store.models.system import FormKey, ParkedForm, RateCount, SignInRequest, UsedAssertion
from servicedesk.store.models.tickets import Upload
from servicedesk.store.models.work import Presence, TicketSeen, WorkDraft

NOTHING = timedelta(0)
RECORDS = timedelta(days=90)
"""How long one can look back at refused sign-ins and at alarms that are over."""
SEEN = timedelta(days=366)
"""How long is known what somebody has seen of a request; what they have not opened for so long is news again."""
OVERDUE: tuple[tuple[InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None], timedelta], ...] = (
    (LoginSession.expires_at, NOTHING),
    (LoginSession.ended_at, NOTHING),
    (SignInRequest.expires_at, NOTHING),
    # Providers' clocks may be behind ours by as much as the profile tolerates.
    (UsedAssertion.expires_at, timedelta(hours=1)),
    (FormKey.used_at, timedelta(days=7)),
    (ParkedForm.expires_at, NOTHING),
    (RateCount.expires_at, NOTHING),
    (RequestDraft.expires_at, NOTHING),
    (WorkDraft.expires_at, NOTHING),
    (Presence.seen_at, NOTHING),
    (TicketSeen.at, SEEN),
    (MailedLink.expires_at, NOTHING),  # with it a registration that nobody confirmed
    (AccountStep.expires_at, NOTHING),
    (WaitingRequest.expires_at, NOTHING),
    (SignInCount.slot, RECORDS),
    (Alarm.cleared_at, RECORDS),
    (AttributePreview.at, RECORDS),
    (BellNotice.at, RECORDS),
)
"""A column, and how long after the instant in it a row is still kept."""
_AT_ONCE = 500


def forget_overdue(session: Session, now: datetime) -> int:
    """Delete every row of `OVERDUE` whose time is over, and old letters, and return how many there were."""
    rows = sum(_forget(session, column, now - kept) for column, kept in OVERDUE)
    return rows + letters.forget_old(session, now)


def _forget(
    session: Session,
    column: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    before: datetime,
) -> int:
    query = sa.delete(column.class_).where(column < before).execution_options(synchronize_session=False)
    result = session.execute(query)
    assert isinstance(result, sa.CursorResult)
    return result.rowcount


def unknown_files(session: Session, upload_ids: Iterable[str]) -> list[str]:
    """Return those of these stored files that nothing names any more: removed from a form, or never noted."""
    ids = list(upload_ids)
    known: set[str] = set()
    for start in range(0, len(ids), _AT_ONCE):
        for column in (Upload.id, AnswerFile.id, OwnData.file_id):
            known.update(session.scalars(sa.select(column).where(column.in_(ids[start : start + _AT_ONCE]))))
    return [upload_id for upload_id in ids if upload_id not in known]
