"""A change for scenes and pages: planned whole, with a window to come, over the problems that it fixes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from servicedesk.actions.change_opening import open_change
from servicedesk.actions.tickets import NewTicket
from servicedesk.rules.changes import Plan
from servicedesk.rules.permissions import Actor
from servicedesk.rules.richtext import from_plain
from servicedesk.store import catalogue
from servicedesk.store.models.changes import ChangeFreeze
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.tickets import next_number
from tests.factories import ROME


def planned(
    session: Session, by: Actor, key: str, now: datetime, problems: Sequence[str] = (), **values: Any
) -> Ticket:
    """Open a change in a category, with a window of two hours the day after tomorrow."""
    service_id = catalogue.current(session).categories[key].service_id
    whole = Plan(
        reason="The disks are old.",
        harm=2,
        likelihood=2,
        plan="Copy everything.\nReplace the disks.",
        back_out="Put the old disks back.",
        verification="Everybody can sign in.",
        services=(service_id,),
        starts_at=now + timedelta(days=2),
        ends_at=now + timedelta(days=2, hours=2),
    )
    new = NewTicket(next_number(session, now, ROME), key, "New disks for the desk", from_plain("Old."), "person", {})
    change, outcomes = open_change(session, new, replace(whole, **values), problems, by, now)
    assert not any(outcomes.values())
    return change


def frozen(session: Session, made_by: int, now: datetime, reason: str = "Exam weeks") -> None:
    """Let nothing be changed for a week from tomorrow on."""
    freeze = ChangeFreeze(service_id="", reason=reason, made_at=now, made_by=made_by)
    freeze.starts_at, freeze.ends_at = now + timedelta(days=1), now + timedelta(days=8)
    session.add(freeze)
    session.flush()
