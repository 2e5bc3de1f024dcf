"""What the desk does about promised times by itself: say what runs short or out, and reckon anew after a change."""

from contextlib import suppress
from datetime import datetime

from sqlalchemy.orm import Session

from servicedesk.actions.clocks import due
from servicedesk.actions.details import Details
from servicedesk.actions.service_levels import reading, settle
from servicedesk.actions.silence import each
from servicedesk.actions.tickets import act
from servicedesk.rules.errors import NotNow
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.permissions import SYSTEM
from servicedesk.rules.service_levels import Alert
from servicedesk.store import catalogue
from servicedesk.store import service_levels as store
from servicedesk.store.models.tickets import Ticket, TicketEvent

_ACTIONS = {Alert.WARN: Action.LEVEL_WARN, Alert.BREACH: Action.LEVEL_BREACH}


def alert_due(session: Session, now: datetime, limit: int, failed: set[int] | None = None) -> int:
    """Record what has run short or out on up to `limit` tickets, and return how many; see `silence.expire_due`.

    What was recorded is never recorded again: the events say so, and each ticket's row is locked while it happens.
    """
    tickets = due(session, Ticket.warn_level_at, now, limit, Ticket.id.not_in(sorted(failed or ())))
    return each(session, tickets, now, failed, _alert)


def _alert(session: Session, ticket: Ticket, now: datetime) -> None:
    tree = catalogue.current(session)
    for clock in reading(session, ticket, tree, now).clocks:
        ripe = {alert for at, alert in clock.alerts if at <= now}
        if ripe:  # of what nobody was there to warn of in time, only the end is told
            alert = Alert.BREACH if Alert.BREACH in ripe else Alert.WARN
            said = act(session, ticket, _ACTIONS[alert], SYSTEM, now, Details(level=clock.name))
            if alert is Alert.BREACH and clock.level.breach_escalates:
                _escalate(session, ticket, now, said)
    settle(session, ticket, tree, now)
    session.flush()


def _escalate(session: Session, ticket: Ticket, now: datetime, cause: TicketEvent) -> None:
    # Nothing is escalated that is solved by now, or escalated already.
    with suppress(NotNow):
        act(session, ticket, Action.ESCALATE, SYSTEM, now, cause=cause)


def settle_changed(session: Session, now: datetime, limit: int, failed: set[int] | None = None) -> int:
    """Reckon up to `limit` open tickets anew for which an older version held, and return how many."""
    tickets = store.not_settled(session, store.current_number(session), limit, failed or set())
    return each(session, tickets, now, failed, _settle)


def _settle(session: Session, ticket: Ticket, now: datetime) -> None:
    ticket.level_version = store.current_number(session)
    settle(session, ticket, catalogue.current(session), now)
    session.flush()
