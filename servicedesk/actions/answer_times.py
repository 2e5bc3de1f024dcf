"""Counts how long requests wait for their first answer."""

from collections import defaultdict
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.answer_times import LOOK_BACK, usual_wait
from servicedesk.store.answer_times import CATEGORY, GROUP, first_answers
from servicedesk.store.models.figures import AnswerTime

MINUTE = timedelta(minutes=1)


def count_answer_times(session: Session, now: datetime) -> int:
    """Count anew what the last 90 days say of each category and group; return of how many there is something to say."""
    waits: dict[tuple[str, str], list[timedelta | None]] = defaultdict(list)
    for asked in first_answers(session, now - LOOK_BACK):
        waits[CATEGORY, asked.category_key].append(asked.wait)
        waits[GROUP, asked.group_code].append(asked.wait)
    rows = [
        AnswerTime(
            scope=scope, key=key, minutes=max(1, -(-wait // MINUTE)), requests=len(waits[scope, key]), counted_at=now
        )
        for scope, key in waits
        if (wait := usual_wait(waits[scope, key])) is not None
    ]
    session.execute(sa.delete(AnswerTime).execution_options(synchronize_session=False))
    session.add_all(rows)
    session.flush()
    return len(rows)
