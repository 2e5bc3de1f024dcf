"""The rows of a ticket's life for what the desk says when promised time runs short or out; only staff see it."""

from servicedesk.rules.permissions import Permission
from servicedesk.rules.states import Action, Audience, State
from servicedesk.rules.transitions import Table, Tell, Transition

ROWS: Table = {
    # It may have run out just before somebody closed it: that is recorded all the same.
    Action.LEVEL_BREACH: Transition(
        frozenset(State), None, Permission.TICKET_CLOCK, (Tell(Audience.NAMED, "level_breach"),), is_public=False
    ),
    Action.LEVEL_WARN: Transition(
        frozenset(State) - {State.RESOLVED, State.CLOSED, State.CANCELLED},
        None,
        Permission.TICKET_CLOCK,
        (Tell(Audience.NAMED, "level_warn"),),
        is_public=False,
    ),
}
QUIET = frozenset(ROWS)
