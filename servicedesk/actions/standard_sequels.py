"""A standard answer that hands the request on: answer and hand-over are one, whoever gives it (F3)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.errors import Conflict, Invalid
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.lines import way_to
from servicedesk.rules.permissions import Actor
from servicedesk.rules.richtext import from_plain
from servicedesk.rules.sentences import N_
from servicedesk.rules.standard_answers import Sequel
from servicedesk.store import catalogue
from servicedesk.store.models.tickets import Ticket, TicketEvent
from servicedesk.store.standard_answers import Published


@dataclass(frozen=True, slots=True)
class Onward:
    """Where a request goes with its answer and why, and the group and category it had when this was decided."""

    group: str
    reason: str
    from_group: str
    from_category: str


def onward(ticket: Ticket, answer: Published) -> Onward:
    """Return where this standard answer sends the ticket. Raises Invalid for one that forwards nothing."""
    if answer.sequel is not Sequel.FORWARD:
        raise Invalid(N_("Choose a standard answer that forwards the request."))
    return Onward(answer.forward_group, answer.forward_reason, ticket.group_code, ticket.category_key)


def answer_and_forward(
    session: Session,
    ticket: Ticket,
    actor: Actor,
    now: datetime,
    details: Details,
    to: Onward,
    cause: TicketEvent | None = None,
) -> TicketEvent:
    """Answer the requester and hand the locked ticket on; return the event of the hand-over.

    The caller keeps both or neither. Raises Conflict when the ticket has moved since or the group is gone, and what
    `act` raises.
    """
    tree = catalogue.current(session)
    if (ticket.group_code, ticket.category_key) != (to.from_group, to.from_category):
        raise Conflict(N_("Meanwhile the request was given another group or category. Read it, then decide again."))
    if to.group not in tree.groups or not tree.groups[to.group].active:
        raise Conflict(N_("The group it was to be forwarded to is gone. Decide again."))
    said = act(session, ticket, Action.COMMENT, actor, now, details, cause)
    handed = Details(note=from_plain(to.reason), group=to.group, rule=details.rule)
    return act(session, ticket, way_to(tree, ticket.group_code, to.group), actor, now, handed, cause=said)
