"""Events that rules have still to look at: noted in the transaction that makes them, so that none is lost."""

from servicedesk.actions.details import Situation
from servicedesk.rules.automation import OF_ACTION, Trigger
from servicedesk.rules.permissions import is_requester
from servicedesk.store import automation
from servicedesk.store.models.automation import Pending
from servicedesk.store.models.tickets import TicketEvent


def note(s: Situation, event: TicketEvent) -> None:
    """Leave an event to the rules, where one that is on looks at it.

    What a rule itself does is never left to them: so no rule can set off another, or itself.
    """
    trigger = OF_ACTION.get(s.action)
    if trigger is None or s.details.rule:
        return
    if trigger is Trigger.REQUESTER_WROTE and not is_requester(s.actor, s.facts):
        return
    if automation.is_looked_at(s.session, s.ticket.service_id, trigger):
        s.session.add(Pending(consumer=automation.CONSUMER, event_id=event.id))
