"""People's choices about notices as queries."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.notices import Habits, Wishes, read
from servicedesk.store.models.people import Person, RoleGrant
from servicedesk.store.models.preferences import Preference


def wishes_of(session: Session, person_ids: Collection[int]) -> dict[int, Wishes]:
    """Return the choices of each of these persons, in one statement."""
    kept = session.scalars(sa.select(Preference).where(Preference.person_id.in_(person_ids)))
    found = {each.person_id: Wishes(read(each.refused), _habits(each)) for each in kept}
    return {person_id: found.get(person_id, Wishes()) for person_id in person_ids}


def _habits(kept: Preference) -> Habits:
    has_quiet = kept.quiet_from is not None and kept.quiet_until is not None
    return Habits(kept.is_daily, (kept.quiet_from or 0, kept.quiet_until or 0) if has_quiet else None)


def is_worker(session: Session, person_id: int) -> bool:
    """Whether the person has a role at the desk, and hence is told of work."""
    return session.scalar(sa.select(RoleGrant.id).where(RoleGrant.person_id == person_id).limit(1)) is not None


def reader(session: Session, person_id: int) -> Person | None:
    """Return the person a mailed link names, None when there is no such person any more."""
    return session.scalars(sa.select(Person).where(Person.id == person_id, Person.is_active)).first()
