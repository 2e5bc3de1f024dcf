"""People's choices about notices as queries."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.notices import Wishes, read
from servicedesk.store.models.people import Person, RoleGrant
from servicedesk.store.models.preferences import Preference


def wishes_of(session: Session, person_ids: Collection[int]) -> dict[int, Wishes]:
    """Return the choices of each of these persons, in one statement."""
    query = sa.select(Preference.person_id, Preference.refused).where(Preference.person_id.in_(person_ids))
    found = {person_id: Wishes(read(refused)) for person_id, refused in session.execute(query)}
    return {person_id: found.get(person_id, Wishes()) for person_id in person_ids}


def is_worker(session: Session, person_id: int) -> bool:
    """Whether the person has a role at the desk, and hence is told of work."""
    return session.scalar(sa.select(RoleGrant.id).where(RoleGrant.person_id == person_id).limit(1)) is not None


def reader(session: Session, person_id: int) -> Person | None:
    """Return the person a mailed link names, None when there is no such person any more."""
    return session.scalars(sa.select(Person).where(Person.id == person_id, Person.is_active)).first()
