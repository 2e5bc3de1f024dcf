"""The university's register brought up to date, batch by batch."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.gateways.register_file import Row
from servicedesk.store.models.people import StudentRecord

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Counts:
    """What an import did."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


def batches(rows: Sequence[Row]) -> Iterable[Sequence[Row]]:
    """Return the rows in batches of a size that one transaction takes without keeping others waiting."""
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))


def import_batch(session: Session, rows: Sequence[Row], now: datetime) -> Counts:
    """Bring the register up to date with these rows; students that are not among them stay as they are."""
    held = _held(session, [row.fiscal_hash for row in rows])
    fresh = [row for row in rows if row.fiscal_hash not in held]
    changed = [row for row in rows if row.fiscal_hash in held and held[row.fiscal_hash][1] != row]
    if fresh:
        session.execute(sa.insert(StudentRecord), [{**asdict(row), "imported_at": now} for row in fresh])
    if changed:
        values = [{**asdict(row), "id": held[row.fiscal_hash][0], "imported_at": now} for row in changed]
        session.execute(sa.update(StudentRecord), values)
    return Counts(len(fresh), len(changed), len(rows) - len(fresh) - len(changed))


def _held(session: Session, hashes: Sequence[str]) -> dict[str, tuple[int, Row]]:
    query = sa.select(
        StudentRecord.id,
        StudentRecord.fiscal_hash,
        StudentRecord.student_number,
        StudentRecord.given_name,
        StudentRecord.family_name,
        StudentRecord.institutional_email,
        StudentRecord.degree_course,
        StudentRecord.degree_course_name,
        StudentRecord.area,
        StudentRecord.status,
    ).where(StudentRecord.fiscal_hash.in_(hashes))
    return {row.fiscal_hash: (row.id, Row(*tuple(row)[1:])) for row in session.execute(query)}
