"""Counters as administrators set them, and the secret address of a counter's calendar feed."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from servicedesk.actions.audit import record
from servicedesk.rules.counters import Counter, mark_of, read_counter
from servicedesk.rules.errors import Conflict, Invalid, NotFound
from servicedesk.rules.permissions import Actor
from servicedesk.rules.sentences import N_
from servicedesk.store import appointments as store
from servicedesk.store import catalogue
from servicedesk.store.models.appointments import CounterRow

_FASTER = N_("Somebody else changed this counter meanwhile. Compare, then save again to keep yours.")


def set_counter(session: Session, counter: Counter, by: str, now: datetime, seen: str | None = None) -> bool:
    """Make or change a counter, and return whether anything is different now.

    Appointments already booked stay as they are. `seen` is the mark of the counter when the change began (empty:
    there was none). Raises Invalid for a group the catalogue has not, Conflict where the mark is another one by now.
    """
    groups = catalogue.current(session).groups
    if counter.group not in groups:
        raise Invalid(
            N_("There is no group '%(group)s' in the running catalogue. Choose one of: %(groups)s."),
            group=counter.group,
            groups=", ".join(groups),
        )
    row = session.scalars(sa.select(CounterRow).where(CounterRow.key == counter.key).with_for_update()).first()
    if seen is not None and seen != (mark_of(read_counter(row.content)) if row else ""):
        raise Conflict(_FASTER)
    before, after = (row.content if row else {}), counter.as_data()
    if before == after:
        return False
    if row is None:
        _add(session, CounterRow(key=counter.key, content=after, changed_at=now))
    else:
        row.content, row.changed_at = after, now
    record(session, by, "counter.set", f"counter:{counter.key}", now, before, after)
    session.flush()
    return True


def _add(session: Session, row: CounterRow) -> None:
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:  # made twice at the same moment
        raise Conflict(_FASTER) from error


def renew_feed(session: Session, key: str, actor: Actor, now: datetime) -> None:
    """Give a counter's calendar feed another secret address. Raises NotFound for a counter of others."""
    counter_id, counter = store.counter_row(session, key, is_locked=True)
    if not store.staffs(actor, counter):
        raise NotFound()
    session.execute(sa.update(CounterRow).where(CounterRow.id == counter_id).values(feed=CounterRow.feed + 1))
    record(session, f"person:{actor.person_id}", "counter.feed", f"counter:{key}", now)
    session.flush()
