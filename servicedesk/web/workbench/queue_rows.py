"""One row of the queue in words."""

from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from flask import g, url_for

from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.lifecycle import OPEN_STATES, Action, allowed_actions
from servicedesk.rules.permissions import TicketFacts
from servicedesk.web import labels
from servicedesk.web.clock import utc_now
from servicedesk.web.labels import label, level
from servicedesk.web.language import locale_code
from servicedesk.web.workbench.listing import Listing


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table, in words; `closes_at` is when silence ends it, `resumes_at` when its wait does."""

    number: str
    url: str
    title: str
    requester: str
    category: str
    path: str
    group: str
    group_name: str
    technician: str
    is_mine: bool
    state: str
    state_label: str
    waiting_label: str
    priority: int
    priority_label: str
    opened_at: datetime
    changed_at: datetime
    due_at: datetime | None
    is_overdue: bool
    unanswered_since: datetime | None
    """Since when the requester's word awaits an answer."""
    closes_at: datetime | None
    resumes_at: datetime | None
    last_seq: int
    awaits_approval: bool
    is_unread: bool
    """Whether others did something on it since the reader last opened it."""
    key: str
    """Idempotency key of the button that takes the ticket; empty where it is not offered."""


def line(row: Any, asked: Listing) -> Line:
    """Return the words for a row of the list."""
    names = asked.names
    return Line(
        number=row.number,
        url=url_for("portal.ticket", number=row.number, list=asked.key() or None),
        title=row.title,
        requester=f"{row.requester_given_name} {row.requester_family_name}".strip(),
        category=_short(asked.tree, row.category_key),
        path=names.category(row.category_key),
        group=row.group_code,
        group_name=names.group(row.group_code),
        technician=names.technician(row.technician_code, row.technician_given_name, row.technician_family_name),
        is_mine=row.technician_id == g.actor.person_id,
        state=row.state,
        state_label=label(labels.STATES, row.state),
        waiting_label=label(labels.WAITING_FOR, row.waiting_for),
        priority=row.priority,
        priority_label=level(row.priority),
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        due_at=row.due_at,
        is_overdue=row.due_at is not None and row.due_at < utc_now() and row.state in OPEN_STATES,
        unanswered_since=row.unanswered_since,
        closes_at=row.expires_at,
        resumes_at=row.resume_at,
        last_seq=row.last_seq,
        awaits_approval=row.awaits_approval,
        is_unread=row.is_unread,
        key=token_urlsafe(24) if _may_take(row) else "",
    )


def _may_take(row: Any) -> bool:
    facts = TicketFacts(row.id, row.state, row.service_id, row.group_code, row.requester_id, row.technician_id)
    return row.technician_id is None and Action.TAKE in allowed_actions(facts, g.actor, utc_now())


def _short(tree: Catalogue, key: str) -> str:
    name = tree.name_of(key)
    return name.get(locale_code()) if name else key
