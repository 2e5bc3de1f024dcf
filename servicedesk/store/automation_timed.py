"""Which requests a rule that time sets off looks at now, each with the number of what set it off."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from servicedesk.rules.automation import TIMED, Rule, Trigger
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.opening_hours import before_open_time
from servicedesk.rules.permissions import ActorKind
from servicedesk.store.desk_hours import hours_by_category
from servicedesk.store.models.automation import AutomationFiring, AutomationRule
from servicedesk.store.models.tickets import OPEN, Ticket, TicketEvent

Found = Sequence[tuple[int, int]]
"""(ticket, cause): the last event a human being caused or, where it is about an instant, its minutes since 1970."""


def timed_rules(session: Session) -> Sequence[AutomationRule]:
    """Return the rules of all services that time sets off."""
    query = sa.select(AutomationRule).where(AutomationRule.trigger.in_(sorted(TIMED)), AutomationRule.is_on)
    return session.scalars(query.order_by(AutomationRule.service_id, AutomationRule.position)).all()


def found_by(session: Session, row: AutomationRule, rule: Rule, tree: Catalogue, now: datetime, limit: int) -> Found:
    """Return what the rule looks at now and has not acted on for the same cause."""
    kind, edge = KINDS[rule.trigger]
    at = edge(session, row, rule, tree, now)
    return () if at is None else [(each[0], each[1]) for each in session.execute(kind(row, rule, at).limit(limit))]


def _human(*more: sa.ColumnElement[bool]) -> sa.ScalarSelect[Any]:
    """Return the number of the last event of a ticket that a human being caused; 0 for none."""
    newest = sa.select(sa.func.coalesce(sa.func.max(TicketEvent.seq), 0))
    mine = newest.where(TicketEvent.ticket_id == Ticket.id, TicketEvent.actor_kind != ActorKind.SYSTEM, *more)
    return mine.correlate(Ticket).scalar_subquery()


def _fresh(row: AutomationRule, cause: sa.ColumnElement[Any] | sa.ScalarSelect[Any]) -> sa.ColumnElement[bool]:
    """Return the condition that the rule has not acted on a ticket since its cause."""
    return ~sa.exists().where(
        AutomationFiring.rule_id == row.id, AutomationFiring.ticket_id == Ticket.id, AutomationFiring.cause_seq >= cause
    )


def _still(row: AutomationRule, rule: Rule, at: datetime) -> sa.Select[int, int]:
    cause = _human()
    query = sa.select(Ticket.id, cause.label("cause")).where(OPEN, Ticket.service_id == row.service_id)
    query = query.where(Ticket.state == rule.idle_state, Ticket.changed_at <= at, _fresh(row, cause))
    return query.order_by(Ticket.changed_at, Ticket.id)


def _in_state(row: AutomationRule, rule: Rule, at: datetime) -> sa.Select[int, int]:
    """Only when a human being brings it into the state again does the rule act again: so none goes round in circles."""
    moved = TicketEvent.before.is_distinct_from(TicketEvent.after)
    since = (
        sa.select(sa.func.max(TicketEvent.at))
        .where(TicketEvent.ticket_id == Ticket.id, moved)
        .correlate(Ticket)
        .scalar_subquery()
    )
    cause = _human(moved)
    query = sa.select(Ticket.id, cause.label("cause")).where(OPEN, Ticket.service_id == row.service_id)
    query = query.where(Ticket.state == rule.idle_state, Ticket.opened_at <= at, since <= at, _fresh(row, cause))
    return query.order_by(Ticket.changed_at, Ticket.id)


def _until(
    column: InstrumentedAttribute[datetime | None],
) -> Callable[[AutomationRule, Rule, datetime], sa.Select[int, int]]:
    """Return the query of what has an instant that is near, or over."""
    minutes = sa.cast(sa.extract("epoch", column), sa.Integer) // 60

    def query(row: AutomationRule, _rule: Rule, at: datetime) -> sa.Select[int, int]:
        mine = OPEN, Ticket.service_id == row.service_id
        acted = sa.exists().where(
            AutomationFiring.rule_id == row.id,
            AutomationFiring.ticket_id == Ticket.id,
            AutomationFiring.cause_seq == minutes,
        )
        found = sa.select(Ticket.id, minutes.label("cause")).where(*mine, column.is_not(None), column <= at, ~acted)
        return found.order_by(column, Ticket.id)

    return query


def _elapsed(_session: Session, _row: AutomationRule, rule: Rule, _tree: Catalogue, now: datetime) -> datetime | None:
    return now - timedelta(hours=rule.idle_hours)


def _ahead(_session: Session, _row: AutomationRule, rule: Rule, _tree: Catalogue, now: datetime) -> datetime | None:
    return now + timedelta(hours=rule.idle_hours)


def _counted(session: Session, row: AutomationRule, rule: Rule, tree: Catalogue, now: datetime) -> datetime | None:
    """Return since when so many hours have passed; where opening hours alone count, by the calendar of the service."""
    if not rule.in_opening_hours:
        return _elapsed(session, row, rule, tree, now)
    key = next((key for key, each in tree.categories.items() if each.service_id == row.service_id), "")
    hours = hours_by_category(session, tree)(row.service_id, next(iter(rule.conditions.categories), key))
    return before_open_time(now, timedelta(hours=rule.idle_hours), hours)


Edge = Callable[[Session, AutomationRule, Rule, Catalogue, datetime], datetime | None]
Kind = Callable[[AutomationRule, Rule, datetime], sa.Select[int, int]]
KINDS: Mapping[Trigger, tuple[Kind, Edge]] = {
    Trigger.IDLE: (_still, _counted),
    Trigger.IN_STATE: (_in_state, _counted),
    Trigger.DUE_SOON: (_until(Ticket.due_at), _ahead),
    Trigger.OVERDUE: (_until(Ticket.due_at), _elapsed),
    Trigger.CLOSING: (_until(Ticket.expires_at), _ahead),
}
