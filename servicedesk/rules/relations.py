"""How tickets are tied to each other (F7): the kinds of links, and what may be done with a ticket because of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from servicedesk.rules.changes import CHANGE
from servicedesk.rules.permissions import Permission, is_follower, is_requester
from servicedesk.rules.problems import PROBLEM
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.rules.states import Action, Audience, Note, Outcome, State
from servicedesk.rules.transitions import Move, Table, Tell, Transition, assigned


class LinkKind(StrEnum):
    """What one ticket is to another; the link is kept at the ticket of which the name says it."""

    CHILD_OF = "child_of"
    CAUSED_BY = "caused_by"
    RELATED = "related"
    DUPLICATE_OF = "duplicate_of"
    FOLLOWS = "follows"
    MERGED_INTO = "merged_into"
    SPLIT_FROM = "split_from"
    FIXES = "fixes"


@dataclass(frozen=True, slots=True)
class Relation:
    """A link as somebody makes it, seen from the ticket they have before them."""

    kind: LinkKind
    is_outward: bool
    """Whether that ticket is the one of which the kind says it."""


RELATIONS: Mapping[str, Relation] = {
    "child_of": Relation(LinkKind.CHILD_OF, True),
    "parent_of": Relation(LinkKind.CHILD_OF, False),
    "caused_by": Relation(LinkKind.CAUSED_BY, True),
    "causes": Relation(LinkKind.CAUSED_BY, False),
    "related": Relation(LinkKind.RELATED, True),
    "fixes": Relation(LinkKind.FIXES, True),
    "fixed_by": Relation(LinkKind.FIXES, False),
}
"""What can be chosen on a ticket's page."""
_OF_KIND: Mapping[str, str] = {"fixes": CHANGE, "fixed_by": PROBLEM}
"""The kind of ticket that alone is tied so."""


def is_offered(name: str, kind: str) -> bool:
    """Whether a ticket of this kind can be tied to another in this way."""
    return _OF_KIND.get(name, kind) == kind


BY_HAND = frozenset(relation.kind for relation in RELATIONS.values())
"""Links that can be taken away again: the others tell what has happened."""
ONLY_OWN = BY_HAND | {LinkKind.MERGED_INTO, LinkKind.SPLIT_FROM}
"""Links that a requester sees only where the other request is their own too."""
LEADING = (LinkKind.CHILD_OF, LinkKind.CAUSED_BY)
"""Links by which one ticket leads others: they can be answered together with it."""
CONVERTED: Mapping[str, str] = {"request": "incident", "incident": "request"}
MOST_STEPS = 50
"""How many tickets a chain of parents may have."""


def name_of(kind: LinkKind, is_outward: bool) -> str:
    """Return under which name a link of this kind is chosen from this end."""
    same = {each.is_outward: name for name, each in RELATIONS.items() if each.kind is kind}
    return same.get(is_outward) or same[True]


def closes_circle(start: int, above: Collection[int]) -> bool:
    """Whether a ticket stands among those it would be put under."""
    return start in above


UNDONE_WITHIN = timedelta(days=7)
"""How long a merge can be undone."""
HAS_MOVED_ON = N_("This cannot be done any more: the request has moved on. Its present state is shown above.")


def undone_until(merged_at: datetime) -> datetime:
    """Return until when staff may undo a merge."""
    return merged_at + UNDONE_WITHIN


def why_not_undone(merged_at: datetime, heir_state: str, now: datetime) -> Sentence | None:
    """Return what stands in the way of undoing a merge: its time, or that the other request was answered."""
    if now > undone_until(merged_at):
        return Sentence(N_("A merge can be undone for a week. That time is over."))
    if heir_state in (State.RESOLVED, State.CLOSED, State.CANCELLED):
        return Sentence(N_("The request it was merged into is answered already: nothing is left to separate."))
    return None


def is_open_or_merged(move: Move) -> Sentence | None:
    """Ended is ended, but whoever asked what was merged goes on writing while the other request is worked on."""
    facts = move.facts
    if facts.state != State.CLOSED:
        return None
    is_theirs = facts.outcome == Outcome.MERGED and (is_requester(move.actor, facts) or is_follower(move.actor, facts))
    return None if is_theirs and facts.heir_is_open else Sentence(HAS_MOVED_ON)


def is_solved_here_or_there(move: Move) -> Sentence | None:
    """A solution is judged on the request itself, or where it was merged into another one that has its answer."""
    facts = move.facts
    if facts.state != State.CLOSED or (facts.outcome == Outcome.MERGED and facts.heir_is_answered):
        return None
    return Sentence(HAS_MOVED_ON)


def is_merged(move: Move) -> Sentence | None:
    """Only a merge can be undone."""
    return None if move.facts.outcome == Outcome.MERGED else Sentence(HAS_MOVED_ON)


S = State
_WORKED = frozenset({S.ASSIGNED_GROUP, S.ASSIGNED_TECHNICIAN, S.IN_PROGRESS, S.WAITING})
TRANSITIONS: Table = {
    Action.LINK: Transition(frozenset(S), None, Permission.TICKET_WORK),
    Action.UNLINK: Transition(frozenset(S), None, Permission.TICKET_WORK),
    Action.CONVERT: Transition(_WORKED | {S.NEW, S.RESOLVED}, None, Permission.TICKET_WORK),
    Action.SOLVE_TOGETHER: Transition(
        _WORKED,
        S.RESOLVED,
        Permission.TICKET_WORK,
        (Tell(Audience.REQUESTER, "solution"), Tell(Audience.FOLLOWERS, "followed")),
        Note.NEEDED,
        answers=True,
    ),
    Action.MERGE: Transition(
        _WORKED, S.CLOSED, Permission.TICKET_WORK, (Tell(Audience.REQUESTER, "merged"),), Note.OPTIONAL, answers=True
    ),
    Action.ABSORB: Transition(
        _WORKED | {S.NEW, S.RESOLVED}, None, Permission.TICKET_WORK, (Tell(Audience.REQUESTER, "absorbed"),)
    ),
    Action.UNMERGE: Transition(
        frozenset({S.CLOSED}),
        assigned,
        Permission.TICKET_WORK,
        (Tell(Audience.REQUESTER, "unmerged"), Tell(Audience.TECHNICIAN, "assigned")),
        Note.OPTIONAL,
        guard=is_merged,
    ),
    Action.SPLIT: Transition(frozenset(S), None, Permission.TICKET_WORK),
}
ON_PAGES_OF_THEIR_OWN = frozenset({Action.SOLVE_TOGETHER, Action.MERGE, Action.ABSORB, Action.UNMERGE, Action.SPLIT})
"""What is done from a page that shows what it means first."""
ANSWERS = frozenset({Action.COMMENT, Action.PROPOSE, Action.SOLVE_TOGETHER, Action.REPLY_CLOSE})
"""What those read too whose request was merged into the one that is answered."""
QUIET = frozenset({Action.LINK, Action.UNLINK, Action.ABSORB, Action.SPLIT})
