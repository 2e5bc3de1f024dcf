"""What is due when, kept on the ticket with every event; and what the desk's own words about it leave there."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from servicedesk.actions.details import Changes, Situation
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.changes import STAFF_KINDS
from servicedesk.rules.level_book import Subject, Told
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.service_levels import Clock, ClockName, Reading, read_clocks
from servicedesk.store import lines
from servicedesk.store import service_levels as store
from servicedesk.store.models.tickets import Ticket

_FIXES = frozenset({Action.SUBMIT, Action.CONVERT})
"""What gives a ticket the targets and calendars of its day, as another category does.

A later version comes to open ones by the job alone.
"""


def follow(s: Situation) -> None:
    """Keep on the ticket what its clocks say after the event just written."""
    if s.action in _FIXES:
        promise_anew(s)
    settle(s.session, s.ticket, s.tree, s.now)


def promise_anew(s: Situation) -> None:
    """Give the ticket the targets and calendars of this day."""
    s.ticket.level_version = store.current_number(s.session)


def settle(session: Session, ticket: Ticket, tree: Catalogue, now: datetime) -> Reading:
    """Compute the ticket's clocks from its events, keep what lists and jobs need of them, and return them."""
    found = reading(session, ticket, tree, now)
    own, resolve, hold = (found.clock(name) for name in ClockName)
    ticket.owned_at = found.owned_at
    ticket.own_due_at, ticket.resolve_due_at, ticket.hold_due_at = _due(own), _due(resolve), _due(hold)
    ticket.due_at, ticket.warn_level_at = found.due_at, found.alert_at
    ticket.own_minutes, ticket.resolve_minutes = _minutes(own), _minutes(resolve)
    ticket.level_state = found.state
    return found


def reading(session: Session, ticket: Any, tree: Catalogue, now: datetime) -> Reading:
    """Return the clocks of a ticket, a `Ticket` or a row with its columns, under the version that holds for it."""
    key = ticket.category_key
    path = [each.key for each in tree.path(key)] if key in tree.categories else [key]
    subject = Subject(ticket.service_id, ticket.kind, ticket.priority, ticket.group_code)
    events = store.happenings(session, ticket.id, ticket.requester_id)
    version = 0 if ticket.kind in STAFF_KINDS else ticket.level_version  # nobody asked for it, so nobody was promised
    return read_clocks(events, subject, path, store.numbered(session, version), now)


def _due(clock: Clock | None) -> datetime | None:
    return clock.due if clock else None


def _minutes(clock: Clock | None) -> int | None:
    return int(clock.elapsed.total_seconds() // 60) if clock and clock.is_over else None


def warn(s: Situation) -> Changes:
    """Note that a clock comes near its end, and name whom to tell."""
    clock = reading(s.session, s.ticket, s.tree, s.now).clock(ClockName(s.details.level))
    s.named = _concerned(s, clock.level.warn_tells) if clock else ()
    return {"level": [None, s.details.level]}


def breach(s: Situation) -> Changes:
    """Record for good that a clock has run out, since when, and name whom to tell."""
    name = ClockName(s.details.level)
    clock = reading(s.session, s.ticket, s.tree, s.now).clock(name)
    s.named = _concerned(s, clock.level.breach_tells) if clock else ()
    since = clock.breached_at if clock else s.now
    if name is ClockName.OWN:
        s.ticket.own_breached_at = s.ticket.own_breached_at or since
    if name is ClockName.RESOLVE:
        s.ticket.resolve_breached_at = s.ticket.resolve_breached_at or since
    return {"level": [None, name.value], "late_since": [None, since.isoformat() if since else None]}


def _concerned(s: Situation, told: Collection[Told]) -> tuple[int, ...]:
    members = s.members(s.ticket.group_code)
    present = {member.id for member in members if member.is_present(s.today)}
    found = set[int]()
    if Told.TECHNICIAN in told:
        found |= {member.id for member in members if member.id == s.ticket.technician_id} or present
    if Told.GROUP in told:
        found |= present
    if Told.SUPERVISORS in told:
        found |= set(lines.supervisors_of(s.session, {s.ticket.group_code}))
    return tuple(sorted(found))
