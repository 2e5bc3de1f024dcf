"""How long things are kept: terms in months, the instant before which something is due, and what terms may be."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from servicedesk.rules.calendar import instant
from servicedesk.rules.sentences import N_, Sentence

LONGEST = 600
SHORTEST = 3
"""Months: a request may still be reopened, answered and asked about for a while after it was closed."""
MOST_COUNTED = 10_000
FILES_REMOVED = "files_removed"
"""Among the changes of an event: how many attachments its message had and the instant they were removed."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Months after which attachments, requests and unused accounts are removed; 0 keeps them for good."""

    files: int = 0
    tickets: int = 0
    accounts: int = 0

    def as_json(self) -> Mapping[str, int]:
        """Return the terms as the record of administration keeps them."""
        return {"files": self.files, "tickets": self.tickets, "accounts": self.accounts}


def problems_of(terms: Terms) -> Mapping[str, Sentence]:
    """Return a sentence for each term that cannot be, by its name."""
    found: dict[str, Sentence] = {}
    for name, months in terms.as_json().items():
        if months and not SHORTEST <= months <= LONGEST:
            found[name] = Sentence(
                N_("Write a number of months from %(least)s to %(most)s, or nothing to keep it for good."),
                {"least": SHORTEST, "most": LONGEST},
            )
    if not found and terms.tickets and terms.files > terms.tickets:
        found["files"] = Sentence(N_("Attachments cannot be kept longer than the request they belong to."))
    return found


def due_before(now: datetime, months: int, zone: ZoneInfo) -> datetime | None:
    """Return the instant before which something must have ended to be due now; None for what is kept for good.

    Months are those of the calendar in `zone`: what was closed on 31 August is due, after six months, at the end of
    February.
    """
    if not months:
        return None
    wall = now.astimezone(zone).replace(tzinfo=None)
    year, month = divmod(wall.year * 12 + wall.month - 1 - months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return instant(wall.replace(year=year, month=month + 1, day=min(wall.day, last)), zone)
