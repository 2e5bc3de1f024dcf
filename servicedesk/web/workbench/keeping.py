"""What staff are told of a ticket's keeping: legal holds, and what was removed when its term was over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from servicedesk.store.retention import holds_on_ticket
from servicedesk.web.workbench.work import Work


@dataclass(frozen=True, slots=True)
class Keeping:
    """Holds as (reason, placed_at, person_id), and when files and everything personal were removed."""

    holds: Sequence[Any]
    files_removed: int
    files_removed_at: datetime | None
    anonymised_at: datetime | None


def keeping_panel(work: Work) -> Keeping | None:
    """Return what there is to tell, None for nearly every ticket."""
    row = work.row
    found = Keeping(
        holds_on_ticket(work.session, row.id, row.requester_id),
        row.files_removed or 0,
        row.files_removed_at,
        row.anonymised_at,
    )
    return found if found.holds or found.files_removed or found.anonymised_at else None
