"""The degree courses that the register knows, by name."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.store.models.people import StudentRecord

MOST = 1000


def degree_courses(session: Session) -> Sequence[str]:
    """Return their names in order, at most `MOST`.

    Each is found in the index behind the one before: as many steps as there are courses, however many students.
    """
    name = StudentRecord.degree_course_name
    first = (
        sa.select(sa.func.min(name).label("name"), sa.literal(1).label("place")).where(name > "").cte(recursive=True)
    )
    following = sa.select(sa.func.min(name)).where(name > first.c.name).scalar_subquery()
    courses = first.union_all(
        sa.select(following, first.c.place + 1).where(first.c.name.is_not(None), first.c.place < MOST)
    )
    return list(session.scalars(sa.select(courses.c.name).where(courses.c.name.is_not(None))))
