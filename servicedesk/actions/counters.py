"""Counters as administrators set them."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.audit import record
from servicedesk.rules.counters import Counter
from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue
from servicedesk.store.models.appointments import CounterRow


def set_counter(session: Session, counter: Counter, by: str, now: datetime) -> bool:
    """Make or change a counter, and return whether anything is different now.

    Appointments already booked stay as they are. Raises Invalid where the catalogue has no such group.
    """
    groups = catalogue.current(session).groups
    if counter.group not in groups:
        raise Invalid(
            N_("There is no group '%(group)s' in the running catalogue. Choose one of: %(groups)s."),
            group=counter.group,
            groups=", ".join(groups),
        )
    row = session.scalars(sa.select(CounterRow).where(CounterRow.key == counter.key).with_for_update()).first()
    before, after = (row.content if row else {}), counter.as_data()
    if before == after:
        return False
    if row is None:
        session.add(CounterRow(key=counter.key, content=after, changed_at=now))
    else:
        row.content, row.changed_at = after, now
    record(session, by, "counter.set", f"counter:{counter.key}", now, before, after)
    session.flush()
    return True
