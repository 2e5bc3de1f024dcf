"""The one mail of the day: gathers the mails that waited for it into one letter per person."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.letters import write_letter
from servicedesk.rules.notices import DIGEST_LETTER
from servicedesk.store import people
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.outbox import DIGEST, IS_WAITING, SENT, due_notices

MOST_LINES = 100


def write_due(session: Session, now: datetime, limit: int) -> int:
    """Write the mail of the day for whom up to `limit` due notices are, and return how many notices it took up."""
    due = due_notices(session, now, limit, (DIGEST,))
    readers = set(session.scalars(sa.select(Notice.recipient_id).where(Notice.id.in_(due))))
    return sum(_write(session, person_id, now) for person_id in sorted(filter(None, readers)))


def _write(session: Session, person_id: int, now: datetime) -> int:
    waiting = _waiting(session, person_id, now)
    person = session.get_one(Person, person_id)
    write_letter(
        session,
        address=people.mail_address(session, person_id),
        locale=person.locale,
        template=DIGEST_LETTER,
        context={"recipient": person.display_name, "path": "/notices", "news": _lines(waiting)},
        now=now,
        person_id=person_id,
    )
    for notice in waiting:
        notice.state, notice.sent_at, notice.context = SENT, now, None
    session.flush()
    return len(waiting)


def _waiting(session: Session, person_id: int, now: datetime) -> list[Notice]:
    query = (
        sa.select(Notice)
        .where(
            Notice.recipient_id == person_id,
            IS_WAITING,
            Notice.channel == DIGEST,
            Notice.next_try_at <= now,
        )
        .order_by(Notice.id)
        .with_for_update()
    )
    return list(session.scalars(query.execution_options(populate_existing=True)))


def _lines(waiting: list[Notice]) -> str:
    """Return each news once, as "template number" with bars between: what a letter's context may hold."""
    found = dict.fromkeys(f"{notice.template} {(notice.context or {})['number']}" for notice in waiting)
    return "|".join(list(found)[:MOST_LINES])
