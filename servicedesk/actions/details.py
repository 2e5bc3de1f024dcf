"""What an action on a ticket may bring along, and the situation its effects work in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from servicedesk.rules.calendar import local_day
from servicedesk.rules.catalogue import Catalogue, Service
from servicedesk.rules.changes import Plan
from servicedesk.rules.lifecycle import Action, WaitingFor
from servicedesk.rules.permissions import Actor, TicketFacts
from servicedesk.rules.richtext import RichText
from servicedesk.rules.routing import Member
from servicedesk.store import people
from servicedesk.store.models.approvals import Approval
from servicedesk.store.models.lines import TicketMatter
from servicedesk.store.models.tickets import Ticket

Changes = dict[str, Any]
"""What an action changed besides the state: a pair of before and after by name."""


@dataclass(frozen=True, slots=True)
class Details:
    """Particulars of one action; each action reads its own and ignores the rest."""

    note: RichText | None = None
    files: tuple[str, ...] = ()
    """Ids of draft uploads that belong to the note."""
    draft_key: str = ""
    """The key of the form the uploads were made in; only its own drafts are taken."""
    seen_seq: int | None = None
    """The newest event the person had before their eyes; None skips the check (jobs, imports)."""
    form_key: str = ""
    standard_answer: int | None = None
    """Which standard answer the note began as (F3)."""
    group: str = ""
    technician_id: int | None = None
    category: str = ""
    urgency: int | None = None
    impact: int | None = None
    waiting_for: WaitingFor | None = None
    until: datetime | None = None
    duplicate_of: str = ""
    """Number of the ticket this one repeats."""
    keep_watching: bool = False
    account_id: int | None = None
    """The person to whom a ticket filed without an account is linked (A4)."""
    title: str = ""
    answers: Mapping[str, Any] | None = None
    """With `title`, what an edit makes of the request (C9); answers as the ticket keeps them, None leaves them."""
    address: str = ""
    """The institutional address of the person the ticket is to be shared with."""
    invitation_id: int | None = None
    """The address it is no longer to be shared with."""
    scope: str = ""
    """To whom it is made public: the value of a `Scope`."""
    level: str = ""
    """The clock that comes near its end or has run out: the value of a `ClockName`."""
    rule: str = ""
    """Name of the rule that does this; empty for what people and other jobs do."""
    is_confirmed: bool = False
    """Whether the person said that others may read it."""
    texts: Mapping[str, str] | None = None
    """A text in several languages, by their codes."""
    link_kind: str = ""
    """What the other ticket is to be to this one: a key of `rules.relations.RELATIONS`."""
    other: str = ""
    """Number of the other ticket."""
    link_id: int | None = None
    """The link to take away."""
    matter_id: int | None = None
    """The question for advice that is over."""
    approval_id: int | None = None
    """The question for approval that somebody else is to answer."""
    plan: Plan | None = None
    """What a change is to be."""
    result: str = ""
    """How a change ended: the value of a `rules.changes.Result`."""


@dataclass(slots=True)
class Situation:
    """A ticket under an action: the row being changed, and everything the effect may look at."""

    session: Session
    ticket: Ticket
    action: Action
    actor: Actor
    now: datetime
    details: Details
    tree: Catalogue
    service: Service
    facts: TicketFacts

    invited: int | None = None
    """Whom the action has given access."""
    named: tuple[int, ...] = ()
    """Whom else the action concerns: supervisors, those asked for advice."""
    awaits: bool = False
    """Whether the ticket is to be approved from now on."""
    follows: Action | None = None
    """What the desk does next, by itself and in the same transaction."""
    decided: tuple[Approval, ...] = ()
    """The questions for approval that the action has answered."""
    matter: TicketMatter | None = None
    """What somebody else has to settle from now on."""
    _members: dict[str, tuple[Member, ...]] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The service's time zone."""
        return ZoneInfo(self.service.zone)

    @property
    def today(self) -> date:
        """The day on the wall of the service."""
        return local_day(self.now, self.zone)

    def members(self, group: str) -> tuple[Member, ...]:
        """Return the active technicians of a group, read once in the action."""
        if group not in self._members:
            self._members[group] = people.members_of(self.session, group)
        return self._members[group]
