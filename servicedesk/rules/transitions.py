"""The shape of a row of a life-cycle: where it leads from and to, who may, who is told, and what is looked at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from servicedesk.rules.permissions import Actor, Permission, TicketFacts
from servicedesk.rules.sentences import Sentence
from servicedesk.rules.states import Action, Audience, Note, State


@dataclass(frozen=True, slots=True)
class Tell:
    """One audience and the mail template it gets."""

    audience: Audience
    template: str
    even_self: bool = False
    """Whether the one who acts gets it too, as a receipt."""
    only_from_requester: bool = False
    """Whether it goes out only when the requester acted."""
    only_from_follower: bool = False
    """Whether it goes out only when somebody acted with whom the ticket is shared."""


@dataclass(frozen=True, slots=True)
class Move:
    """What a target or a guard may look at: the facts, who acts, when, and what the ticket will have."""

    facts: TicketFacts
    actor: Actor
    now: datetime
    technician: int | None = None
    awaits: bool = False
    """Whether the ticket is to be approved from now on."""


Target = State | None | Callable[[Move], State]
Guard = Callable[[Move], Sentence | None]


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table; `target` None leaves the state as it is."""

    sources: frozenset[State | None]
    target: Target
    needs: Permission
    tells: tuple[Tell, ...] = ()
    note: Note = Note.NONE
    is_public: bool = True
    """Whether the text goes to the requester."""
    answers: bool = False
    """Whether it speaks to the requester, so that a newer public message must have been seen first."""
    guard: Guard | None = None


Table = Mapping[Action, Transition]


def assigned(move: Move) -> State:
    """With its technician where there is one, else with the group."""
    return State.ASSIGNED_TECHNICIAN if move.technician is not None else State.ASSIGNED_GROUP
