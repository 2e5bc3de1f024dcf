"""Alarms as rows: raised once per key while open, mailed, seen, cleared."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from servicedesk.rules.sentences import Sentence
from servicedesk.store.models.people import Person
from servicedesk.store.models.records import Alarm

SHOWN = 50
IS_OPEN = sa.text("alarm.cleared_at IS NULL")


@dataclass(frozen=True, slots=True)
class ShownAlarm:
    """An alarm as administrators see it; `seen_by` is the name of the first of them who did."""

    id: int
    sentence: Sentence
    raised_at: datetime
    last_at: datetime
    times: int
    seen_at: datetime | None
    seen_by: str
    cleared_at: datetime | None


def count_up(session: Session, key: str, sentence: Sentence, now: datetime) -> int:
    """Open an alarm, or note that the open one of this key was raised again; return how often it was raised."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    query = (
        insert(Alarm)
        .values(key=key, sentence=sentence.as_json(), raised_at=now, last_at=now, times=1)
        .on_conflict_do_update(
            index_elements=["key"],
            index_where=sa.text("cleared_at IS NULL"),
            set_={"times": Alarm.times + 1, "last_at": now, "sentence": sentence.as_json()},
        )
        .returning(Alarm.times)
    )
    return session.execute(query).scalar_one()


def clear(session: Session, key: str, now: datetime) -> bool:
    """Close the open alarm of this key; False when there is none."""
    query = sa.update(Alarm).where(Alarm.key == key, IS_OPEN).values(cleared_at=now).returning(Alarm.id)
    return session.execute(query.execution_options(synchronize_session=False)).first() is not None


def open_keys(session: Session, start: str, last_before: datetime) -> Sequence[str]:
    """Return the keys of the open alarms that begin with `start` and were last raised before this instant."""
    query = sa.select(Alarm.key).where(IS_OPEN, Alarm.last_at < last_before)
    return session.scalars(query.where(Alarm.key.startswith(start, autoescape=True)).order_by(Alarm.id)).all()


def not_mailed(session: Session) -> Sequence[Alarm]:
    """Return the open alarms that no operator was told of by mail, locked."""
    query = sa.select(Alarm).where(IS_OPEN, Alarm.mailed_at.is_(None)).order_by(Alarm.id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).all()


def count_open(session: Session) -> int:
    """Return how many alarms are open."""
    return session.scalar(sa.select(sa.func.count()).select_from(Alarm).where(IS_OPEN)) or 0


def mark_seen(session: Session, alarm_id: int, person_id: int, now: datetime) -> bool:
    """Note who saw an alarm first; False when there is none with this id. A second one changes nothing."""
    query = sa.update(Alarm).where(Alarm.id == alarm_id, Alarm.seen_at.is_(None))
    session.execute(query.values(seen_at=now, seen_by=person_id).execution_options(synchronize_session=False))
    return session.scalars(sa.select(Alarm.id).where(Alarm.id == alarm_id)).first() is not None


def unseen(session: Session) -> list[ShownAlarm]:
    """Return the open alarms that no administrator has marked as seen, newest first, at most 50."""
    return _shown(session, sa.and_(IS_OPEN, Alarm.seen_at.is_(None)))


def newest(session: Session, since: timedelta, now: datetime) -> list[ShownAlarm]:
    """Return the newest 50 alarms, open or raised again within `since`, newest first."""
    return _shown(session, sa.or_(IS_OPEN, Alarm.last_at > now - since))


def _shown(session: Session, condition: sa.ColumnElement[bool]) -> list[ShownAlarm]:
    query = sa.select(Alarm, Person).outerjoin(Person, Person.id == Alarm.seen_by).where(condition)
    rows = session.execute(query.order_by(Alarm.raised_at.desc(), Alarm.id.desc()).limit(SHOWN))
    return [
        ShownAlarm(
            id=alarm.id,
            sentence=Sentence.from_json(alarm.sentence),
            raised_at=alarm.raised_at,
            last_at=alarm.last_at,
            times=alarm.times,
            seen_at=alarm.seen_at,
            seen_by=person.display_name if person else "",
            cleared_at=alarm.cleared_at,
        )
        for alarm, person in rows
    ]
