"""Who may do what: one table of permissions, each granted by any of a few small tests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

EVERY_SERVICE = "*"
EVERYBODY = "everyone"
"""The audience that everyone belongs to."""


class Role(StrEnum):
    """What a person can be beyond a requester."""

    TECHNICIAN = "technician"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    MAJOR_INCIDENTS = "major_incidents"
    """A technician who may declare a major incident in the group, as its supervisors may."""


class ActorKind(StrEnum):
    """On whose account something happens."""

    PERSON = "person"
    GUEST = "guest"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody at the desk, with everything the tests ask of them. `person_id` is None for the system only."""

    kind: ActorKind
    person_id: int | None = None
    display_name: str = ""
    code: str | None = None
    locale: str | None = None
    email: str = ""
    groups: frozenset[str] = frozenset()
    """Codes of the groups the person is a technician of."""
    supervises: frozenset[str] = frozenset()
    majors: frozenset[str] = frozenset()
    """Codes of the groups in which the person may declare a major incident."""
    administers: frozenset[str] = frozenset()
    """Ids of the services administered, or `EVERY_SERVICE`."""
    audiences: frozenset[str] = frozenset()
    degree_course: str = ""
    """Code of the course an active student is enrolled in; empty for everybody else."""
    ticket_id: int | None = None
    """The only ticket a guest's access opens."""
    reasoned: frozenset[int] = frozenset()
    """Tickets an administrator opened with a logged reason that is still fresh."""

    @property
    def is_staff(self) -> bool:
        """Whether the person works a queue or leads one."""
        return bool(self.groups or self.supervises)

    @property
    def is_admin(self) -> bool:
        """Whether the person administers at least one service."""
        return bool(self.administers)

    def administers_service(self, service_id: str) -> bool:
        """Whether the person administers this service."""
        return EVERY_SERVICE in self.administers or service_id in self.administers


SYSTEM = Actor(ActorKind.SYSTEM)


class Scope(StrEnum):
    """To whom a requester makes title, description and solution public (C4)."""

    COURSE = "course"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Publication:
    """A ticket made public: to the students of a course, or to those whom the service is there for."""

    scope: Scope
    key: str
    """Code of the degree course, or id of the service."""
    audiences: frozenset[str]
    """Whom the ticket's service is there for."""


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """What the rules need to know of a ticket; `state` is the value of a `lifecycle.State`, None before it exists."""

    id: int | None
    state: str | None
    service_id: str
    group_code: str
    requester_id: int
    technician_id: int | None = None
    state_before_waiting: str | None = None
    waiting_for: str | None = None
    outcome: str | None = None
    reopen_until: datetime | None = None
    watchers: frozenset[int] = field(default_factory=frozenset)
    followers: frozenset[int] = field(default_factory=frozenset)
    """People the requester shares the ticket with."""
    publication: Publication | None = None
    kind: str = "request"
    heir_is_open: bool = False
    """Of a merged ticket: whether the one it was merged into is still worked on."""
    heir_is_answered: bool = False
    """Of a merged ticket: whether that one has an answer its own requester has not judged yet."""
    is_major: bool = False
    is_escalated: bool = False
    """Whether its supervisors were told and have not acknowledged."""
    proposed_group: str = ""
    """Where it is to go once a supervisor agrees."""
    advising: frozenset[str] = frozenset()
    """Groups asked for advice."""
    advisers: frozenset[int] = frozenset()
    """Colleagues asked for advice."""
    awaits_approval: bool = False
    """Whether work may start only once it is approved."""
    approvers: frozenset[int] = frozenset()
    """People asked for an approval who may read it."""
    deciders: frozenset[int] = frozenset()
    """Those of them, and those who stand in for them, whose decision is awaited now."""
    phase: str = ""
    """Of a change: how far it has come, the value of a `rules.changes.Phase`."""
    is_urgent: bool = False
    """Of a change: whether it may begin before it is approved."""


class Permission(StrEnum):
    """Everything that can be allowed. A view names one; the life-cycle names the finer ones."""

    CATALOGUE_READ = "catalogue.read"
    PORTAL_USE = "portal.use"
    TICKET_OPEN = "ticket.open"
    TICKET_READ = "ticket.read"
    TICKET_READ_INTERNAL = "ticket.read_internal"
    TICKET_READ_PUBLIC = "ticket.read_public"
    TICKET_SHARE = "ticket.share"
    TICKET_UNSHARE = "ticket.unshare"
    TICKET_LEAVE = "ticket.leave"
    TICKET_UNWATCH = "ticket.unwatch"
    TICKET_COMMENT = "ticket.comment"
    TICKET_JUDGE = "ticket.judge"
    TICKET_WORK = "ticket.work"
    TICKET_TAKE = "ticket.take"
    TICKET_OWN = "ticket.own"
    TICKET_ADVISE = "ticket.advise"
    TICKET_END_ADVICE = "ticket.end_advice"
    TICKET_DECIDE = "ticket.decide"
    TICKET_LEAD = "ticket.lead"
    TICKET_MAJOR = "ticket.major"
    TICKET_APPROVE = "ticket.approve"
    TICKET_APPROVERS = "ticket.approvers"
    TICKET_CLOCK = "ticket.clock"
    TICKET_READERS = "ticket.readers"
    QUEUE_READ = "queue.read"
    FIGURES_READ = "figures.read"
    ABSENCES = "absences"
    """To see and enter absences: one's own, and those of the groups one leads or administers."""
    ANSWER_READ = "answer.read"
    ANSWER_WRITE = "answer.write"
    ANSWER_PUBLISH = "answer.publish"
    RECURRING_WRITE = "recurring.write"
    ADMINISTRATION = "administration"
    ACCESS_WITH_REASON = "ticket.access_with_reason"


Test = Callable[[Actor, TicketFacts | None], bool]


def anybody(actor: Actor, ticket: TicketFacts | None) -> bool:
    """Everyone, signed in or not."""
    return True


def signed_in(actor: Actor, ticket: TicketFacts | None) -> bool:
    """A person with an account."""
    return actor.kind is ActorKind.PERSON


def is_system(actor: Actor, ticket: TicketFacts | None) -> bool:
    """The desk's own jobs."""
    return actor.kind is ActorKind.SYSTEM


def is_staff(actor: Actor, ticket: TicketFacts | None) -> bool:
    """A technician or supervisor of any group."""
    return actor.kind is ActorKind.PERSON and actor.is_staff


def is_supervisor(actor: Actor, ticket: TicketFacts | None) -> bool:
    """Somebody who leads at least one group."""
    return actor.kind is ActorKind.PERSON and bool(actor.supervises)


def is_administrator(actor: Actor, ticket: TicketFacts | None) -> bool:
    """An administrator: of the ticket's service where there is a ticket."""
    if actor.kind is not ActorKind.PERSON:
        return False
    return actor.is_admin if ticket is None else actor.administers_service(ticket.service_id)


def is_requester(actor: Actor, ticket: TicketFacts | None) -> bool:
    """The one who asked; a guest only with the access to this very ticket."""
    if ticket is None or actor.person_id != ticket.requester_id:
        return False
    return actor.kind is ActorKind.PERSON or (actor.kind is ActorKind.GUEST and actor.ticket_id == ticket.id)


def asked_with_account(actor: Actor, ticket: TicketFacts | None) -> bool:
    """The one who asked, signed in: a mailed link alone shares nothing with others."""
    return actor.kind is ActorKind.PERSON and is_requester(actor, ticket)


def is_follower(actor: Actor, ticket: TicketFacts | None) -> bool:
    """Somebody the requester shares the ticket with (C4)."""
    return ticket is not None and actor.kind is ActorKind.PERSON and actor.person_id in ticket.followers


def is_addressed_publicly(actor: Actor, ticket: TicketFacts | None) -> bool:
    """A fellow student of the course, or a person of the service, that the requester made the ticket public to."""
    published = ticket.publication if ticket else None
    if ticket is None or published is None or actor.kind is not ActorKind.PERSON:
        return False
    if published.scope is Scope.COURSE:
        return actor.degree_course == published.key
    return published.key == ticket.service_id and serves(published.audiences, actor)


def serves(audiences: frozenset[str], actor: Actor) -> bool:
    """Whether a service for these audiences is there for the person."""
    return EVERYBODY in audiences or not audiences.isdisjoint(actor.audiences)


def speaks_as_follower(actor: Actor, ticket: TicketFacts | None) -> bool:
    """A follower who does not work on the ticket either."""
    return is_follower(actor, ticket) and not (works_in_group(actor, ticket) or leads_group(actor, ticket))


def works_in_group(actor: Actor, ticket: TicketFacts | None) -> bool:
    """A technician of the group the ticket is in."""
    return ticket is not None and actor.kind is ActorKind.PERSON and ticket.group_code in actor.groups


def leads_group(actor: Actor, ticket: TicketFacts | None) -> bool:
    """A supervisor of the group the ticket is in."""
    return ticket is not None and actor.kind is ActorKind.PERSON and ticket.group_code in actor.supervises


def is_assignee(actor: Actor, ticket: TicketFacts | None) -> bool:
    """The technician the ticket is assigned to, still in its group."""
    return works_in_group(actor, ticket) and ticket is not None and ticket.technician_id == actor.person_id


def watches(actor: Actor, ticket: TicketFacts | None) -> bool:
    """Staff who forwarded the ticket and chose to keep reading it, as long as they are staff."""
    return ticket is not None and is_staff(actor, ticket) and actor.person_id in ticket.watchers


def advises(actor: Actor, ticket: TicketFacts | None) -> bool:
    """Staff of a group asked for advice, or the colleague asked, as long as they are staff (F2)."""
    if ticket is None or not is_staff(actor, ticket):
        return False
    return actor.person_id in ticket.advisers or not ticket.advising.isdisjoint(actor.groups | actor.supervises)


def leads_proposed(actor: Actor, ticket: TicketFacts | None) -> bool:
    """A supervisor of the group to which the ticket is to go."""
    return ticket is not None and actor.kind is ActorKind.PERSON and ticket.proposed_group in actor.supervises


def declares_majors(actor: Actor, ticket: TicketFacts | None) -> bool:
    """A technician of the group who was given the right."""
    return works_in_group(actor, ticket) and ticket is not None and ticket.group_code in actor.majors


def is_approver(actor: Actor, ticket: TicketFacts | None) -> bool:
    """Somebody who is asked to approve the ticket, or has decided on it."""
    return ticket is not None and actor.kind is ActorKind.PERSON and actor.person_id in ticket.approvers


def decides_on_change(actor: Actor, ticket: TicketFacts | None) -> bool:
    """Staff who are asked to approve a change, whose plan only staff read."""
    return ticket is not None and ticket.kind == "change" and is_staff(actor, ticket) and is_approver(actor, ticket)


def decides(actor: Actor, ticket: TicketFacts | None) -> bool:
    """Somebody whose decision is awaited; nobody approves what they asked for themselves."""
    if ticket is None or actor.kind is not ActorKind.PERSON or is_requester(actor, ticket):
        return False
    return actor.person_id in ticket.deciders


def speaks_as_approver(actor: Actor, ticket: TicketFacts | None) -> bool:
    """Somebody who is to approve the ticket and does not work on it either."""
    return decides(actor, ticket) and not (works_in_group(actor, ticket) or leads_group(actor, ticket))


def gave_reason(actor: Actor, ticket: TicketFacts | None) -> bool:
    """An administrator of the service who gave a reason for reading, which was logged."""
    return is_administrator(actor, ticket) and ticket is not None and ticket.id in actor.reasoned


GRANTS: Mapping[Permission, tuple[Test, ...]] = {
    Permission.CATALOGUE_READ: (anybody,),
    Permission.PORTAL_USE: (signed_in,),
    Permission.TICKET_OPEN: (anybody,),
    Permission.TICKET_READ: (
        is_requester,
        is_follower,
        works_in_group,
        leads_group,
        watches,
        advises,
        leads_proposed,
        is_approver,
        gave_reason,
        is_system,
    ),
    Permission.TICKET_READ_INTERNAL: (
        decides_on_change,
        works_in_group,
        leads_group,
        watches,
        advises,
        leads_proposed,
        gave_reason,
    ),
    Permission.TICKET_READ_PUBLIC: (is_addressed_publicly,),
    Permission.TICKET_SHARE: (asked_with_account,),
    Permission.TICKET_UNSHARE: (asked_with_account, works_in_group, leads_group),
    Permission.TICKET_LEAVE: (is_follower,),
    Permission.TICKET_UNWATCH: (works_in_group, leads_group, watches),
    Permission.TICKET_COMMENT: (is_requester, is_follower, works_in_group, leads_group, decides),
    Permission.TICKET_JUDGE: (is_requester,),
    Permission.TICKET_WORK: (works_in_group, leads_group),
    Permission.TICKET_TAKE: (works_in_group,),
    Permission.TICKET_OWN: (is_assignee,),
    Permission.TICKET_ADVISE: (advises,),
    Permission.TICKET_END_ADVICE: (works_in_group, leads_group, advises),
    Permission.TICKET_DECIDE: (leads_group, leads_proposed),
    Permission.TICKET_LEAD: (leads_group,),
    Permission.TICKET_MAJOR: (leads_group, declares_majors),
    Permission.TICKET_APPROVE: (decides,),
    Permission.TICKET_APPROVERS: (leads_group, gave_reason),
    Permission.TICKET_CLOCK: (is_system,),
    Permission.TICKET_READERS: (leads_group, gave_reason),
    Permission.QUEUE_READ: (is_staff,),
    Permission.FIGURES_READ: (is_staff, is_administrator),
    Permission.ABSENCES: (is_staff, is_administrator),
    Permission.ANSWER_READ: (anybody,),
    Permission.ANSWER_WRITE: (is_staff, is_administrator),
    Permission.ANSWER_PUBLISH: (is_supervisor, is_administrator),
    Permission.RECURRING_WRITE: (is_supervisor, is_administrator),
    Permission.ADMINISTRATION: (is_administrator,),
    Permission.ACCESS_WITH_REASON: (is_administrator,),
}


def may(actor: Actor, permission: Permission, ticket: TicketFacts | None = None) -> bool:
    """Whether any test of the permission grants it. A permission without a row is refused."""
    return any(test(actor, ticket) for test in GRANTS.get(permission, ()))
