"""The one predicate for reading tickets: every list, count, search and feed uses it (rule 7)."""

import sqlalchemy as sa

from servicedesk.rules.permissions import Actor, ActorKind
from servicedesk.store.models.tickets import Participation, Ticket

WATCHER = "watcher"


def visible_to(actor: Actor) -> sa.ColumnElement[bool]:
    """Return the SQL condition on `Ticket` that holds for exactly the tickets this person may read."""
    if actor.kind is ActorKind.SYSTEM:
        return sa.true()
    if actor.kind is ActorKind.GUEST:
        return sa.and_(Ticket.id == actor.ticket_id, Ticket.requester_id == actor.person_id)
    grounds: list[sa.ColumnElement[bool]] = [Ticket.requester_id == actor.person_id]
    groups = actor.groups | actor.supervises
    if groups:
        grounds.append(Ticket.group_code.in_(sorted(groups)))
        grounds.append(Ticket.id.in_(_watched(actor)))
    if actor.reasoned and actor.administers:
        grounds.append(sa.and_(Ticket.id.in_(sorted(actor.reasoned)), _administered(actor)))
    return sa.or_(*grounds)


def _watched(actor: Actor) -> sa.Select[int]:
    return sa.select(Participation.ticket_id).where(
        Participation.person_id == actor.person_id, Participation.role == WATCHER
    )


def _administered(actor: Actor) -> sa.ColumnElement[bool]:
    if actor.administers_service(""):
        return sa.true()
    return Ticket.service_id.in_(sorted(actor.administers))
