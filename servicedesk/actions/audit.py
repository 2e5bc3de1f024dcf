"""The record of administration: who changed what, from what to what."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from servicedesk.store.models.system import AuditEvent


def record(
    session: Session,
    by: str,
    action: str,
    subject: str,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Write an act of administration by `by` (`person:<id>` or `command:<user>`) on `subject` (`person:<id>`, ...)."""
    event = AuditEvent(
        at=now,
        actor=by[:80],
        action=action,
        subject=subject[:120],
        before=dict(before or {}),
        after=dict(after or {}),
    )
    session.add(event)
    return event
