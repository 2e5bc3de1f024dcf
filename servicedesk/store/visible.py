"""The one predicate for reading tickets: every list, count, search and feed uses it (rule 7)."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from servicedesk.rules.lines import Matter
from servicedesk.rules.permissions import Actor, ActorKind, Scope
from servicedesk.store.models.lines import TicketMatter
from servicedesk.store.models.tickets import Participation, PublicTicket, Ticket

WATCHER = "watcher"
FOLLOWER = "follower"
APPROVER = "approver"


def visible_to(actor: Actor) -> sa.ColumnElement[bool]:
    """Return the SQL condition on `Ticket` that holds for exactly the tickets this person may read."""
    if actor.kind is ActorKind.SYSTEM:
        return sa.true()
    if actor.kind is ActorKind.GUEST:
        return sa.and_(Ticket.id == actor.ticket_id, Ticket.requester_id == actor.person_id)
    grounds = [Ticket.requester_id == actor.person_id, Ticket.id.in_(_takes_part(actor))]
    groups = actor.groups | actor.supervises
    if groups:
        grounds.append(Ticket.group_code.in_(sorted(groups)))
        grounds.append(Ticket.id.in_(_asked(actor, groups)))
    if actor.reasoned and actor.administers:
        grounds.append(sa.and_(Ticket.id.in_(sorted(actor.reasoned)), _administered(actor)))
    return sa.or_(*grounds)


def public_to(actor: Actor, services: Collection[str]) -> sa.ColumnElement[bool]:
    """Return the SQL condition on `Ticket` for those of which the person may read title, description and solution.

    `services` are the ids of those that are there for the person.
    """
    if actor.kind is not ActorKind.PERSON:
        return sa.false()
    # Its own look at the ticket, so that the whole is one list of ids, which PostgreSQL joins instead of filtering by.
    subject = aliased(Ticket)
    to_course = sa.and_(PublicTicket.scope == Scope.COURSE, PublicTicket.scope_key == actor.degree_course)
    to_service = sa.and_(
        PublicTicket.scope == Scope.SERVICE,
        PublicTicket.scope_key.in_(sorted(services)),
        # A request that has moved to another service is no longer public in the first.
        PublicTicket.scope_key == subject.service_id,
    )
    reached = sa.or_(to_course, to_service) if actor.degree_course else to_service
    query = sa.select(PublicTicket.ticket_id).join(subject, subject.id == PublicTicket.ticket_id)
    return Ticket.id.in_(query.where(reached))


def _takes_part(actor: Actor) -> sa.Select[int]:
    roles = (FOLLOWER, APPROVER, WATCHER) if actor.is_staff else (FOLLOWER, APPROVER)
    return sa.select(Participation.ticket_id).where(
        Participation.person_id == actor.person_id, Participation.role.in_(roles)
    )


def _asked(actor: Actor, groups: Collection[str]) -> sa.Select[int]:
    """Tickets on which the person is asked for advice, alone or with a group, or to take one over as its supervisor."""
    advises = sa.or_(TicketMatter.group_code.in_(sorted(groups)), TicketMatter.person_id == actor.person_id)
    decides = TicketMatter.group_code.in_(sorted(actor.supervises))
    return sa.select(TicketMatter.ticket_id).where(
        sa.or_(
            sa.and_(TicketMatter.kind == Matter.ADVICE, advises),
            sa.and_(TicketMatter.kind == Matter.HAND_OVER, decides),
        )
    )


def _administered(actor: Actor) -> sa.ColumnElement[bool]:
    if actor.administers_service(""):
        return sa.true()
    return Ticket.service_id.in_(sorted(actor.administers))
