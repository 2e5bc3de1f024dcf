"""What other areas show on the page of a ticket at work: one line per panel, a function beside its own template."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from servicedesk.rules.permissions import TicketFacts
from servicedesk.web.entries import Entry, Names


@dataclass(frozen=True, slots=True)
class Work:
    """The ticket a member of staff has before them; `row` is as `timeline.ticket_row` gives it."""

    session: Session
    row: Any
    facts: TicketFacts
    names: Names
    entries: Sequence[Entry]
    actions: frozenset[str]
    """What the page offers to its reader; empty for somebody who may only read."""
    typed: MultiDict[str, str]
    """What a form sent from the page held, when it is shown again."""


PANELS: Mapping[str, Callable[[Work], Any]] = {}
"""By the name under which `page.panels` has it for the template; each makes a constant number of statements."""


def panels_of(work: Work) -> dict[str, Any]:
    """Return what each panel shows."""
    return {name: panel(work) for name, panel in PANELS.items()}
