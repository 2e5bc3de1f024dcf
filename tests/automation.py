"""Rules of a service for tests: written, switched on, let loose."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import automation
from servicedesk.rules.automation import Rule
from servicedesk.rules.permissions import Actor
from servicedesk.store.models.automation import AutomationRule
from servicedesk.store.models.tickets import Ticket, TicketEvent
from tests import factories

NOW = factories.NOW


def rule_writer(session: Session) -> Actor:
    """Return an administrator of a desk whose three groups have a technician each."""
    factories.publish(session)
    for group in ("DESK", "INFO", "FEW"):
        factories.technician(session, group, code=f"T-{group}")
    return factories.actor(session, factories.administrator(session))


def make(session: Session, boss: Actor, rule: Rule, is_on: bool = True) -> AutomationRule:
    """Return the rule, tried and switched on."""
    row = automation.save(session, boss, factories.SERVICE, rule, None, 0, NOW)
    if is_on:
        automation.mark_tried(session, boss, row)
        automation.switch(session, boss, row, True, row.revision, NOW)
    return row


def run(session: Session, now: datetime = NOW) -> None:
    """Let the rules act on all that waits and on time."""
    failed: set[int] = set()
    while automation.act_on_pending(session, now, 10, failed):
        pass
    automation.act_on_time(session, now, 10, failed)
    assert not failed


def actions_of(session: Session, ticket: Ticket) -> list[str]:
    """Return what happened to the ticket, in order."""
    query = sa.select(TicketEvent.action).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.seq)
    return list(session.scalars(query))
