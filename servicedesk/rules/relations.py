"""How tickets are tied to each other (F7): the kinds of links, and what may be done with a ticket because of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from servicedesk.rules.permissions import Permission
from servicedesk.rules.states import Action, Audience, Note, State
from servicedesk.rules.transitions import Table, Tell, Transition


class LinkKind(StrEnum):
    """What one ticket is to another; the link is kept at the ticket of which the name says it."""

    CHILD_OF = "child_of"
    CAUSED_BY = "caused_by"
    RELATED = "related"
    DUPLICATE_OF = "duplicate_of"
    FOLLOWS = "follows"


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
}
"""What can be chosen on a ticket's page."""
BY_HAND = frozenset(relation.kind for relation in RELATIONS.values())
"""Links that can be taken away again: the others tell what has happened."""
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
}
QUIET = frozenset({Action.LINK, Action.UNLINK})
