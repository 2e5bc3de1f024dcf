"""How a ticket goes to another group, at once or once a supervisor agrees, and who has it there (F2)."""

from collections.abc import Collection
from typing import NoReturn

import sqlalchemy as sa

from servicedesk.actions.details import Changes, Situation
from servicedesk.rules.catalogue import Strategy
from servicedesk.rules.changes import STAFF_KINDS
from servicedesk.rules.errors import Invalid, NotAllowed
from servicedesk.rules.lifecycle import OPEN_STATES, Action, State
from servicedesk.rules.lines import ONLY_SUPERVISORS, Matter, asks_a_supervisor
from servicedesk.rules.permissions import ActorKind, Permission, may
from servicedesk.rules.routing import Requester, choose, route
from servicedesk.rules.sentences import N_
from servicedesk.store import lines, people, timeline
from servicedesk.store.models.lines import TicketMatter
from servicedesk.store.models.tickets import Participation
from servicedesk.store.visible import WATCHER

HELD = frozenset({Action.ASSIGN_GROUP, Action.FORWARD, Action.RECLASSIFY})
"""What becomes a question to a supervisor when a ticket has been handed over too often."""
MOST_NAMED = 5


def held_instead(s: Situation) -> bool:
    """Whether this hand-over is for a supervisor to decide: one too many, and not done by one of them.

    Where neither group has a supervisor, it goes through. Raises NotAllowed, naming the supervisors, for a problem or a
    change: nobody is asked about these in writing.
    """
    if s.action not in HELD or s.actor.kind is ActorKind.SYSTEM or s.facts.state == State.NEW:
        return False
    group = _bound_for(s)
    if group not in s.tree.groups or group == s.ticket.group_code:
        return False
    groups = {s.ticket.group_code, group}
    if not s.actor.supervises.isdisjoint(groups):
        return False
    asks_from = lines.habits_of(s.session, s.ticket.group_code).asks_from
    done = len(lines.hand_overs(s.session, s.ticket.id)) if asks_from else 0
    deciders = lines.supervisors_of(s.session, groups) if asks_a_supervisor(done, asks_from) else ()
    if deciders and s.ticket.kind in STAFF_KINDS:
        if may(s.actor, Permission.TICKET_WORK, s.facts):
            _refuse(s, deciders)
        return False  # the life-cycle says why not
    return bool(deciders)


def _refuse(s: Situation, deciders: Collection[int]) -> NoReturn:
    found = timeline.names_of(s.session, set(deciders))
    names = sorted(f"{each.code or ''} {each.given_name} {each.family_name}".strip() for each in found.values())
    raise NotAllowed(ONLY_SUPERVISORS, names=", ".join(names[:MOST_NAMED]))


def _bound_for(s: Situation) -> str:
    """Return the group that is named, or the one that the category named leads to."""
    key = s.details.category
    category = s.tree.categories.get(key)
    if s.details.group or category is None or not category.selectable or category.retired:
        return s.details.group
    requester = people.requester_for_routing(s.session, s.ticket.requester_id)
    return route(s.tree, key, requester, people.staffed_groups(s.session)).group


def assign_group(s: Situation) -> Changes:
    """Hand over to another group on the same support line."""
    group = _other_group(s, s.details.group)
    if _line(s, group) != _line(s, s.ticket.group_code):
        raise Invalid(N_("That group is on another support line: forward the request instead, and say why."))
    return _hand_over(s, group)


def forward(s: Situation) -> Changes:
    """Hand over to a group on another line; whoever asked to keep watching may go on reading (rule 7)."""
    group = _other_group(s, s.details.group)
    if _line(s, group) == _line(s, s.ticket.group_code):
        raise Invalid(N_("That group is on the same support line: assign the request to it instead."))
    changes = _hand_over(s, group)
    if s.details.keep_watching:
        _keep_watching(s, s.actor.person_id)
    return changes


def hold_over(s: Situation) -> Changes:
    """Ask the supervisors of both groups whether the ticket goes to the other one, with the category found for it."""
    group, category = _other_group(s, _bound_for(s)), s.details.category
    s.named = lines.supervisors_of(s.session, {s.ticket.group_code, group})
    s.matter = TicketMatter(
        ticket_id=s.ticket.id,
        kind=Matter.HAND_OVER,
        group_code=group,
        category_key=category,
        asked_by=s.actor.person_id,
        asked_at=s.now,
        keep_watching=s.details.keep_watching,
    )
    s.session.add(s.matter)
    return {"proposed": [None, group], **({"proposed_category": [None, category]} if category else {})}


def let_go(s: Situation) -> Changes:
    """Let the ticket go where it was to go, or to a group that the supervisor chose instead."""
    group = _other_group(s, s.details.group or s.facts.proposed_group)
    asked = proposal(s)
    s.named = (asked.asked_by,) if asked.asked_by is not None else ()
    changes = _hand_over(s, group)
    if asked.keep_watching:
        _keep_watching(s, asked.asked_by)
    return changes


def keep(s: Situation) -> Changes:
    """Leave the ticket where it is."""
    asked = proposal(s)
    s.named = (asked.asked_by,) if asked.asked_by is not None else ()
    s.session.delete(asked)
    return {"proposed": [asked.group_code, None]}


def settle(s: Situation) -> None:
    """Forget what nobody has to settle any more: everything once the ticket has ended, a proposal once it has moved."""
    facts = s.facts
    if not (facts.proposed_group or facts.is_escalated or facts.advising or facts.advisers):
        return
    gone = sa.delete(TicketMatter).where(TicketMatter.ticket_id == s.ticket.id)
    if s.ticket.state not in OPEN_STATES:
        s.session.execute(gone.execution_options(synchronize_session=False))
    elif s.facts.proposed_group and s.ticket.group_code != s.facts.group_code:
        proposal = gone.where(TicketMatter.kind == Matter.HAND_OVER)
        s.session.execute(proposal.execution_options(synchronize_session=False))


def proposal(s: Situation) -> TicketMatter:
    """Return the hand-over that waits for its decision."""
    query = sa.select(TicketMatter).where(TicketMatter.ticket_id == s.ticket.id, TicketMatter.kind == Matter.HAND_OVER)
    return s.session.scalars(query).one()


def _keep_watching(s: Situation, person_id: int | None) -> None:
    if person_id is not None and person_id not in s.facts.watchers:
        s.session.add(Participation(ticket_id=s.ticket.id, person_id=person_id, role=WATCHER))


def has_present_technician(s: Situation) -> bool:
    """Whether the ticket's technician is in its group and there today."""
    mine = (member for member in s.members(s.ticket.group_code) if member.id == s.ticket.technician_id)
    return any(member.is_present(s.today) for member in mine)


def move_to_group(s: Situation, group: str, requester: Requester) -> Changes:
    """Give the ticket to a group, and to whom of it the group's strategy chooses."""
    technician = _technician_for(s, group, requester)
    changes = {"group": [s.ticket.group_code, group], "technician": [s.ticket.technician_id, technician]}
    s.ticket.group_code, s.ticket.technician_id = group, technician
    s.ticket.assigned_at = s.now if technician is not None else None
    return changes


def _hand_over(s: Situation, group: str) -> Changes:
    # Why the category led to the former group says nothing about the new one.
    s.ticket.route_reason = {}
    return move_to_group(s, group, people.requester_for_routing(s.session, s.ticket.requester_id))


def _technician_for(s: Situation, group: str, requester: Requester) -> int | None:
    strategy = s.tree.groups[group].strategy
    if strategy is Strategy.MANUAL:
        return None
    members = s.members(group)
    loads = people.open_loads(s.session, [member.id for member in members])
    last = people.last_assigned(s.session, group)
    choice = choose(strategy, members, loads, last, requester, s.today)
    return choice.member.id if choice.member else None


def _other_group(s: Situation, code: str) -> str:
    group = s.tree.groups.get(code)
    if group is None or not group.active:
        raise Invalid(N_("Choose the group the request goes to."))
    if group.code == s.ticket.group_code:
        raise Invalid(N_("The request is with this group already. Choose another."))
    if group.code not in people.staffed_groups(s.session):
        raise Invalid(N_("Nobody works in that group at present. Choose another."))
    return group.code


def _line(s: Situation, code: str) -> int | None:
    group = s.tree.groups.get(code)
    return group.line if group else None
