"""The ticket that a member of staff has before them, as the panels beside its conversation get it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from servicedesk.rules.permissions import TicketFacts
from servicedesk.web.entries import Entry, Names


@dataclass(frozen=True, slots=True)
class Work:
    """One ticket at work; `row` is as `timeline.ticket_row` gives it."""

    session: Session
    row: Any
    facts: TicketFacts
    names: Names
    entries: Sequence[Entry]
    actions: frozenset[str]
    """What the page offers to its reader; empty for somebody who may only read."""
    typed: MultiDict[str, str]
    """What a form sent from the page held, when it is shown again."""
    composed: MultiDict[str, str]
    """What stands in the one text field: typed just now, or kept before."""
