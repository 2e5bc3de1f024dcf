"""What ties tickets together (F7): the effects of linking, merging and parting them, and of changing the kind."""

from collections.abc import Callable, Mapping

import sqlalchemy as sa

from servicedesk.actions.details import Changes, Situation
from servicedesk.rules.changes import CHANGE
from servicedesk.rules.errors import Conflict, Invalid, NotNow
from servicedesk.rules.lifecycle import OPEN_STATES
from servicedesk.rules.permissions import Permission, may
from servicedesk.rules.problems import PROBLEM
from servicedesk.rules.relations import (
    BY_HAND,
    CONVERTED,
    HAS_MOVED_ON,
    MOST_STEPS,
    RELATIONS,
    LinkKind,
    Relation,
    closes_circle,
    name_of,
    why_not_undone,
)
from servicedesk.rules.sentences import N_
from servicedesk.rules.states import Action, Outcome
from servicedesk.store import relations as store
from servicedesk.store.models.tickets import Ticket, TicketLink
from servicedesk.store.tickets import facts_of
from servicedesk.store.visible import visible_to


def link(s: Situation) -> Changes:
    """Tie the ticket to another that the same staff may read; who and when stay with the link."""
    relation, other = RELATIONS.get(s.details.link_kind), held_other(s)
    if relation is None:
        raise Invalid(N_("Choose what the other request is to this one."))
    below, above = (s.ticket, other) if relation.is_outward else (other, s.ticket)
    _refuse_link(s, relation, other, below, above)
    made = TicketLink(ticket_id=below.id, other_id=above.id, kind=relation.kind)
    made.linked_at, made.linked_by = s.now, s.actor.person_id
    s.session.add(made)
    s.session.flush()
    return {"link": [None, [s.details.link_kind, other.number]]}


def held_other(s: Situation) -> Ticket:
    """Return the ticket named in the form, held until the end and never waited for, so that nothing deadlocks."""
    named = sa.select(Ticket).where(Ticket.number == s.details.other, visible_to(s.actor))
    other = s.session.scalars(named).first()
    if other is None or other.id == s.ticket.id:
        raise Invalid(N_("Give the number of another request that you can read."))
    held = named.with_for_update(read=True, skip_locked=True, of=Ticket)
    if s.session.scalars(held.execution_options(populate_existing=True)).first() is None:
        raise Conflict(N_("Somebody else was faster: read what is new, then decide. Your text is kept below."))
    return other


def _refuse_link(s: Situation, relation: Relation, other: Ticket, below: Ticket, above: Ticket) -> None:
    if relation.kind is LinkKind.FIXES and (below.kind, above.kind) != (CHANGE, PROBLEM):
        raise Invalid(N_("Changes fix problems: give the number of one, and link it from the other."))
    if store.is_linked(s.session, below.id, above.id, relation.kind):
        raise Invalid(N_("The two are linked in this way already."))
    # Whoever leads others answers for them: so it takes the right to work on those that are led.
    if not relation.is_outward and not may(s.actor, Permission.TICKET_WORK, facts_of(s.session, other, s.service)):
        raise Invalid(N_("That request is with another group: only its staff can put it under this one."))
    if relation.kind is not LinkKind.CHILD_OF:
        return
    if store.parent_of(s.session, below.id) is not None:
        raise Invalid(N_("A request is part of one other at most. Take the present link away first."))
    if closes_circle(below.id, store.ancestors(s.session, above.id, MOST_STEPS)):
        raise Invalid(N_("That would put the request under itself: the other one is part of it already."))


def unlink(s: Situation) -> Changes:
    """Take a link away that somebody made by hand."""
    found = s.session.get(TicketLink, s.details.link_id) if s.details.link_id is not None else None
    if found is None or s.ticket.id not in (found.ticket_id, found.other_id) or found.kind not in BY_HAND:
        raise Invalid(N_("This link is no longer there."))
    is_outward = found.ticket_id == s.ticket.id
    other = s.session.get_one(Ticket, found.other_id if is_outward else found.ticket_id)
    name = name_of(LinkKind(found.kind), is_outward)
    s.session.delete(found)
    return {"link": [[name, other.number], None]}


def convert(s: Situation) -> Changes:
    """Make a request an incident, or an incident a request (C3)."""
    before = s.ticket.kind
    after = CONVERTED.get(before)
    if after is None:
        raise Invalid(N_("Only requests and incidents change their type."))
    s.ticket.kind = after
    return {"kind": [before, after]}


def solve_together(s: Situation) -> Changes:
    """Offer a solution as one of many; a wait ends, and nobody becomes the technician by it."""
    s.ticket.solved_at = s.ticket.clock_from = s.now
    return {}


def merge(s: Situation) -> Changes:
    """End a ticket in favour of another of the same staff's; nothing of it is copied, so that nothing is told twice."""
    heir = held_other(s)
    if not may(s.actor, Permission.TICKET_WORK, facts_of(s.session, heir, s.tree.services[heir.service_id])):
        raise Invalid(N_("You may not work on that request: ask its group to merge the two."))
    if heir.state not in OPEN_STATES:
        raise Invalid(N_("That request is closed: merge into one that is still open."))
    if s.ticket.kind not in CONVERTED or heir.kind not in CONVERTED:
        raise Invalid(N_("Only requests and incidents are merged."))
    if store.merged_into(s.session, s.ticket.id):
        raise Invalid(N_("Others were merged into this request. Merge the other one into this, or undo that first."))
    made = TicketLink(ticket_id=s.ticket.id, other_id=heir.id, kind=LinkKind.MERGED_INTO)
    made.linked_at, made.linked_by = s.now, s.actor.person_id
    s.session.add(made)
    s.ticket.closed_at, s.ticket.solved_at, s.ticket.outcome = s.now, None, Outcome.MERGED
    return {"merged": [None, heir.number], "outcome": [None, Outcome.MERGED.value]}


def absorb(s: Situation) -> Changes:
    """Note on the ticket that stays which one was merged into it."""
    return {"absorbed": [None, s.details.other]}


def unmerge(s: Situation) -> Changes:
    """Separate a merged ticket again while nothing hinders; it returns to those who had it."""
    found = store.heir_of(s.session, s.ticket.id)
    if found is None:
        raise NotNow(HAS_MOVED_ON)
    if why := why_not_undone(found.merged_at, found.state, s.now):
        raise NotNow(why.msgid)
    part(s)
    s.ticket.closed_at = s.ticket.outcome = None
    before = s.ticket.technician_id
    if not any(member.id == before and member.is_present(s.today) for member in s.members(s.ticket.group_code)):
        s.ticket.technician_id = None
    return {"merged": [found.number, None], "outcome": [Outcome.MERGED.value, None]}


def split(s: Situation) -> Changes:
    """Note on a ticket which one was split off from it."""
    return {"split": [None, s.details.other]}


def part(s: Situation) -> None:
    """Let a ticket that is open again go its own way: what was merged is related only."""
    merged = sa.select(TicketLink).where(TicketLink.ticket_id == s.ticket.id, TicketLink.kind == LinkKind.MERGED_INTO)
    found = s.session.scalars(merged).first()
    if found is None:
        return
    if store.is_linked(s.session, found.ticket_id, found.other_id, LinkKind.RELATED):
        s.session.delete(found)
    else:
        found.kind = LinkKind.RELATED


EFFECTS: Mapping[Action, Callable[[Situation], Changes]] = {
    Action.LINK: link,
    Action.UNLINK: unlink,
    Action.CONVERT: convert,
    Action.SOLVE_TOGETHER: solve_together,
    Action.MERGE: merge,
    Action.ABSORB: absorb,
    Action.UNMERGE: unmerge,
    Action.SPLIT: split,
}
