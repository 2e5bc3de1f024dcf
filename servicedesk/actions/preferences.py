"""Choosing what one is told and where, all at once or one kind of mail less."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.notices import Channel, Choice, Habits, Kind, read, written
from servicedesk.store.models.people import Person
from servicedesk.store.models.preferences import Preference


def choose(
    session: Session,
    person_id: int,
    wanted: Collection[Choice],
    among: Collection[Choice],
    locale: str | None,
    now: datetime,
) -> None:
    """Keep what a person wants among what the form offered, and their language; None leaves the language as it is."""
    person, kept = _locked(session, person_id, now)
    offered = frozenset(among)
    _keep(kept, (read(kept.refused) - offered) | (offered - frozenset(wanted)), now)
    person.locale = locale or person.locale
    session.flush()


def keep_habits(session: Session, person_id: int, habits: Habits, now: datetime) -> None:
    """Keep when a person wants to be told."""
    _person, kept = _locked(session, person_id, now)
    kept.is_daily = habits.is_daily
    kept.quiet_from, kept.quiet_until = habits.quiet or (None, None)
    session.flush()


def stop_mails(session: Session, person_id: int, kind: Kind, now: datetime) -> None:
    """Send the person no more mails of this kind; doing it again changes nothing."""
    _person, kept = _locked(session, person_id, now)
    _keep(kept, read(kept.refused) | {(kind, Channel.MAIL)}, now)
    session.flush()


def _locked(session: Session, person_id: int, now: datetime) -> tuple[Person, Preference]:
    # The person's row is held, so that two first choices at once do not both insert.
    query = sa.select(Person).where(Person.id == person_id).with_for_update(key_share=True)
    person = session.scalars(query.execution_options(populate_existing=True)).one()
    kept = session.get(Preference, person_id, populate_existing=True)
    if kept is None:
        kept = Preference(person_id=person_id, refused=[], is_daily=False, changed_at=now)
        session.add(kept)
    return person, kept


def _keep(kept: Preference, refused: Collection[Choice], now: datetime) -> None:
    kept.refused, kept.changed_at = sorted(map(written, refused)), now
