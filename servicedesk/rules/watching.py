"""Watching a ticket and being named in a note: the rows of the table, and the names that stand in a text (F7)."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.rules.states import Action, Audience, Note, State
from servicedesk.rules.transitions import Move, Table, Tell, Transition

_MENTION = re.compile(r"(?<![\w@.])@([^\W_][\w.\-]{0,60})")
_AFTERWARDS = ".-"
TO_WATCHERS = Tell(Audience.WATCHERS, "watch_news")


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works for the service: their code, their name, and the groups they work in or lead."""

    id: int
    code: str
    given_name: str
    family_name: str
    groups: frozenset[str]

    @property
    def name(self) -> str:
        """Code and name, as colleagues know each other."""
        return f"{self.code} {self.given_name} {self.family_name}".strip()


def is_watched(move: Move) -> Sentence | None:
    """Only those who watch can stop."""
    return None if move.facts.watchers else Sentence(N_("Nobody watches this request."))


ROWS: Table = {
    Action.WATCH: Transition(
        frozenset(State),
        None,
        Permission.TICKET_WORK,
        (Tell(Audience.NAMED, "watch_added"),),
        Note.OPTIONAL,
        is_public=False,
    ),
    Action.UNWATCH: Transition(frozenset(State), None, Permission.TICKET_UNWATCH, guard=is_watched),
}
QUIET = frozenset({*ROWS, Action.NOTE})


def mentioned(text: str, colleagues: Collection[Colleague]) -> tuple[Sequence[Colleague], Sequence[str]]:
    """Return the colleagues that `@code` or `@familyname` in a text names, and the names that several have.

    What names nobody is no mention: an address, a handle elsewhere.
    """
    by_handle: dict[str, list[Colleague]] = {}
    for colleague in colleagues:
        for handle in {colleague.code.casefold(), colleague.family_name.replace(" ", "").casefold()}:
            by_handle.setdefault(handle, []).append(colleague)
    found: dict[int, Colleague] = {}
    unclear: list[str] = []
    for typed in dict.fromkeys(match.rstrip(_AFTERWARDS) for match in _MENTION.findall(text)):
        meant = by_handle.get(typed.casefold(), [])
        exact = [each for each in meant if each.code.casefold() == typed.casefold()]
        meant = exact or meant
        if len(meant) > 1:
            unclear.append(typed)
        found.update((each.id, each) for each in meant[:1] if len(meant) == 1)
    return list(found.values()), unclear
