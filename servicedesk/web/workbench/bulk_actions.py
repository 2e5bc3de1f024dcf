"""What can be done to many tickets at once: by which actions, with which fields, in which words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask_babel import lazy_gettext as _

from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.errors import DeskError
from servicedesk.rules.lifecycle import TRANSITIONS, Action, State, check
from servicedesk.rules.permissions import Actor, TicketFacts
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.web.labels import STATES, label

MOST = 100
"""How many tickets are taken together."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """One thing to do; `words` say what happens to a ticket, `fields` what is asked first."""

    label: str
    words: str
    action: Action
    fields: tuple[str, ...] = ()
    takes: bool = False
    """Whether a ticket that nobody has is taken first, for only its technician can do this."""


BULK: Mapping[str, Bulk] = {
    "take": Bulk(_("Take"), _("becomes yours"), Action.TAKE),
    "reply_close": Bulk(
        _("Reply and close"), _("is answered and closed"), Action.REPLY_CLOSE, ("standard", "reply"), takes=True
    ),
    "wait": Bulk(
        _("Put on hold"),
        _("waits, and its requester is told"),
        Action.WAIT,
        ("waiting", "standard", "reply"),
        takes=True,
    ),
    "note": Bulk(_("Internal note"), _("gets the note"), Action.NOTE, ("note",)),
    "assign": Bulk(_("Assign"), _("goes to the technician"), Action.ASSIGN_TECHNICIAN, ("technician", "note")),
    "hand_over": Bulk(_("Other group"), _("goes to the group"), Action.FORWARD, ("group", "reason")),
    "reclassify": Bulk(
        _("Category"), _("gets the category and is routed anew"), Action.RECLASSIFY, ("category", "note")
    ),
    "prioritise": Bulk(_("Priority"), _("gets urgency and impact"), Action.PRIORITISE, ("levels",)),
    "release": Bulk(_("Give back"), _("goes back to its group"), Action.RELEASE, ("note",)),
    "duplicate": Bulk(_("Duplicate of"), _("is closed as a duplicate"), Action.DUPLICATE, ("duplicate_of", "reply")),
}


def steps(bulk: Bulk, facts: TicketFacts, group: str, tree: Catalogue) -> Sequence[Action]:
    """Return the actions that do it to this ticket; `group` is where it is to go, where it goes somewhere."""
    action = bulk.action
    if action is Action.FORWARD and _line(facts.group_code, tree) == _line(group, tree):
        action = Action.ASSIGN_GROUP
    return (Action.TAKE, action) if bulk.takes and facts.state == State.ASSIGNED_GROUP else (action,)


def _line(code: str, tree: Catalogue) -> int | None:
    return tree.groups[code].line if code in tree.groups else None


def why_not(bulk: Bulk, facts: TicketFacts, actor: Actor, tree: Catalogue, now: datetime) -> Sentence | None:
    """Return why this cannot be done to the ticket as it stands; None when it can."""
    try:
        for action in steps(bulk, facts, "", tree):
            if facts.state not in TRANSITIONS[action].sources:
                return Sentence(N_("its state is “%(state)s”."), {"state": label(STATES, facts.state)})
            check(action, facts, actor, now)
            if action is Action.TAKE:
                facts = replace(facts, state=State.ASSIGNED_TECHNICIAN, technician_id=actor.person_id)
    except DeskError as error:
        return error.sentence
    return None
