"""What each action does to a ticket besides its state: one small function per action, returning what changed."""

from collections.abc import Callable, Mapping

import sqlalchemy as sa

from servicedesk.actions import (
    approvals,
    asking_inside,
    changes,
    editing,
    feedback,
    handing_over,
    problems,
    relations,
    service_levels,
    sharing,
    watching,
)
from servicedesk.actions.details import Changes, Situation
from servicedesk.actions.handing_over import has_present_technician, move_to_group
from servicedesk.rules.catalogue import Category
from servicedesk.rules.changes import CHANGE
from servicedesk.rules.errors import Conflict, Invalid
from servicedesk.rules.lifecycle import Action, Outcome, State, WaitingFor
from servicedesk.rules.permissions import is_requester, speaks_as_approver, speaks_as_follower
from servicedesk.rules.priority import MAJOR, priority
from servicedesk.rules.problems import PROBLEM
from servicedesk.rules.routing import route
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue, people
from servicedesk.store.models.tickets import Ticket, TicketLink
from servicedesk.store.visible import APPROVER, FOLLOWER, visible_to

DUPLICATE_OF = "duplicate_of"


def route_ticket(s: Situation) -> Changes:
    """Find group and technician from the category (F1), and keep the reason on the ticket."""
    requester = people.requester_for_routing(s.session, s.ticket.requester_id)
    found = route(s.tree, s.ticket.category_key, requester, people.staffed_groups(s.session))
    stays = found.group == s.ticket.group_code and has_present_technician(s)
    changes = {} if stays else move_to_group(s, found.group, requester)
    s.ticket.route_reason = found.reason.as_json()
    return changes


def assign_technician(s: Situation) -> Changes:
    """Hand the ticket to one technician of its group who is there."""
    member = next((m for m in s.members(s.ticket.group_code) if m.id == s.details.technician_id), None)
    if member is None:
        raise Invalid(N_("Choose a technician of the group the request is with."))
    if not member.is_present(s.today):
        raise Invalid(
            N_("%(code)s is absent today. Choose somebody else, or leave it with the group."), code=member.code
        )
    return _give_to(s, member.id)


def _give_to(s: Situation, technician_id: int | None) -> Changes:
    before = s.ticket.technician_id
    if before == technician_id:
        return {}
    s.ticket.technician_id, s.ticket.assigned_at = technician_id, None
    return {"technician": [before, technician_id]}


def take(s: Situation) -> Changes:
    """Make the ticket one's own."""
    return _give_to(s, s.actor.person_id)


def release(s: Situation) -> Changes:
    """Put the ticket back into the group's queue."""
    return _give_to(s, None)


def wait(s: Situation) -> Changes:
    """Stop until the requester, a third party or a date; the state before is kept for resuming."""
    waiting_for, until = s.details.waiting_for, s.details.until
    if waiting_for is None:
        raise Invalid(N_("Say of whom or what the request waits."))
    if waiting_for is WaitingFor.DATE and until is None:
        raise Invalid(N_("Give the date until which the request waits."))
    if until is not None and until <= s.now:
        raise Invalid(N_("The date until which the request waits has to be in the future."))
    s.ticket.state_before_waiting = s.ticket.state
    s.ticket.waiting_for = waiting_for
    s.ticket.clock_from = s.now
    s.ticket.resume_at = until if waiting_for is not WaitingFor.REQUESTER else None
    resumes = s.ticket.resume_at
    return {"waiting_for": [None, waiting_for.value], "until": [None, resumes.isoformat() if resumes else None]}


def resume(s: Situation) -> Changes:
    """Go on where the wait began."""
    return {"waiting_for": [s.ticket.waiting_for, None]}


def comment(s: Situation) -> Changes:
    """The requester's own word restarts the clock, and ends a wait for it (rules 1 and 2); a follower's does not."""
    if not is_requester(s.actor, s.facts):
        if speaks_as_approver(s.actor, s.facts):
            return {"as": [None, APPROVER]}
        return {"as": [None, FOLLOWER]} if speaks_as_follower(s.actor, s.facts) else {}
    if s.ticket.state == State.RESOLVED:
        s.ticket.clock_from = s.now
    return resume(s) if s.ticket.waiting_for == WaitingFor.REQUESTER else {}


def reclassify(s: Situation) -> Changes:
    """Give the ticket another category and route it again; number and history stay (B7)."""
    category = s.tree.categories.get(s.details.category)
    if category is None or not category.selectable or category.retired:
        raise Invalid(N_("Choose the category the request belongs to."))
    if category.key == s.ticket.category_key:
        raise Invalid(N_("The request is in this category already. Choose another."))
    moved = _categorise(s, category)
    routed = route_ticket(s)
    if s.ticket.kind == CHANGE:
        return {**moved, **routed, **changes.reclassified(s)}
    return {**moved, **routed, **approvals.reclassified(s, category.approvals)}


def _categorise(s: Situation, category: Category) -> Changes:
    before = s.ticket.category_key
    s.ticket.category_key = category.key
    if s.ticket.kind == PROBLEM:  # a problem stays one wherever it belongs
        problems.follow_category(s)
    elif s.ticket.kind != CHANGE:
        s.ticket.kind = category.kind
    s.ticket.service_id = category.service_id
    s.ticket.catalogue_version, _tree = catalogue.current_version(s.session)
    s.service = s.tree.services[category.service_id]
    service_levels.promise_anew(s)
    return {"category": [before, category.key], **_follow_matrix(s)}


def let_go(s: Situation) -> Changes:
    """Hand over what a supervisor lets go, in the category that was found for it where there still is one."""
    category = s.tree.categories.get(handing_over.proposal(s).category_key)
    if category is None or category.retired or category.key == s.ticket.category_key:
        return handing_over.let_go(s)
    moved = _categorise(s, category)
    return {**moved, **handing_over.let_go(s), **approvals.reclassified(s, category.approvals)}


def _follow_matrix(s: Situation) -> Changes:
    """Another service may have another matrix: urgency and impact stay, the priority follows from them (rule 4)."""
    before = s.ticket.priority
    s.ticket.priority = _priority(s, s.ticket.urgency, s.ticket.impact)
    return {} if s.ticket.priority == before else {"priority": [before, s.ticket.priority]}


def _priority(s: Situation, urgency: int, impact: int) -> int:
    """What the matrix says; a major incident stays one until that is ended by an action of its own (F5)."""
    return MAJOR if s.facts.is_major else priority(urgency, impact, s.service.priority_matrix)


def prioritise(s: Situation) -> Changes:
    """Set urgency and impact; priority follows from them (F5)."""
    urgency, impact = s.details.urgency or s.ticket.urgency, s.details.impact or s.ticket.impact
    before = {"urgency": s.ticket.urgency, "impact": s.ticket.impact, "priority": s.ticket.priority}
    after = {"urgency": urgency, "impact": impact, "priority": _priority(s, urgency, impact)}
    if before == after:
        raise Invalid(N_("Urgency and impact are as they were. Nothing was changed."))
    s.ticket.urgency, s.ticket.impact, s.ticket.priority = after["urgency"], after["impact"], after["priority"]
    return {key: [before[key], after[key]] for key in after if before[key] != after[key]}


def propose(s: Situation) -> Changes:
    """Offer a solution; the days of silence count from now."""
    s.ticket.solved_at = s.ticket.clock_from = s.now
    return {}


def no_reply(s: Situation) -> Changes:
    """Resolve a wait that nobody answered."""
    s.ticket.solved_at = s.now
    return resume(s)


def _close(s: Situation, outcome: Outcome) -> Changes:
    s.ticket.closed_at = s.now
    s.ticket.outcome = outcome
    feedback.ask(s, outcome)
    return {"outcome": [None, outcome.value]}


def reply_close(s: Situation) -> Changes:
    """Answer and close in one step (F10)."""
    s.ticket.solved_at = s.now
    return _close(s, Outcome.ANSWERED)


def accept(s: Situation) -> Changes:
    """Close with the requester's consent."""
    return _close(s, Outcome.ACCEPTED)


def expire(s: Situation) -> Changes:
    """Close for want of an answer."""
    return _close(s, Outcome.EXPIRED)


def withdraw(s: Situation) -> Changes:
    """End it because the requester no longer needs it."""
    return _close(s, Outcome.WITHDRAWN)


def duplicate(s: Situation) -> Changes:
    """Close as a repetition of another ticket that the same staff may read, and that will be or was answered."""
    named = sa.select(Ticket.id, Ticket.outcome).where(Ticket.number == s.details.duplicate_of, visible_to(s.actor))
    other = s.session.execute(named).first()
    ended = (Outcome.DUPLICATE, Outcome.MERGED, Outcome.WITHDRAWN)
    if other is None or other.id == s.ticket.id or other.outcome in ended:
        raise Invalid(N_("Give the number of the other request that this one repeats."))
    # Held until the end, so that no two tickets become each other's duplicates; never waited for, so nothing deadlocks.
    held = s.session.execute(named.with_for_update(read=True, skip_locked=True, of=Ticket)).first()
    if held is None or held.outcome != other.outcome:
        raise Conflict(N_("Somebody else was faster: read what is new, then decide. Your text is kept below."))
    s.session.add(TicketLink(ticket_id=s.ticket.id, other_id=other.id, kind=DUPLICATE_OF))
    return {"duplicate_of": [None, s.details.duplicate_of], **_close(s, Outcome.DUPLICATE)}


def link_account(s: Situation) -> Changes:
    """Make an account the requester of a ticket filed without one; the guest's own link and full number end (A4)."""
    before, account = s.ticket.requester_id, s.details.account_id
    assert account is not None
    s.ticket.requester_id, s.ticket.access_suffix = account, None
    feedback.hand_over(s.session, s.ticket.id, account)
    return {"requester": [before, account]}


def edit(s: Situation) -> Changes:
    """Change what the request says; whoever has approved it already is asked anew."""
    return {**approvals.begin_anew(s), **editing.edit(s)}


def back_to_assignee(s: Situation) -> Changes:
    """Return to the same technician if active and present, else to the group (rule 2)."""
    relations.part(s)
    s.ticket.solved_at = s.ticket.closed_at = None
    reopened = {"outcome": [s.ticket.outcome, None]} if s.ticket.outcome else {}
    s.ticket.outcome = None
    return {**reopened, **_give_to(s, s.ticket.technician_id if has_present_technician(s) else None)}


EFFECTS: Mapping[Action, Callable[[Situation], Changes]] = {
    Action.ROUTE: route_ticket,
    Action.ASSIGN_GROUP: handing_over.assign_group,
    Action.ASSIGN_TECHNICIAN: assign_technician,
    Action.TAKE: take,
    Action.RELEASE: release,
    Action.WAIT: wait,
    Action.RESUME: resume,
    Action.COMMENT: comment,
    Action.RECLASSIFY: reclassify,
    Action.FORWARD: handing_over.forward,
    Action.PRIORITISE: prioritise,
    Action.PROPOSE: propose,
    Action.REPLY_CLOSE: reply_close,
    Action.ACCEPT: accept,
    Action.REFUSE: back_to_assignee,
    Action.NO_REPLY: no_reply,
    Action.EXPIRE: expire,
    Action.REOPEN: back_to_assignee,
    Action.WITHDRAW: withdraw,
    Action.DUPLICATE: duplicate,
    Action.LINK_ACCOUNT: link_account,
    Action.EDIT: edit,
    Action.SHARE: sharing.share,
    Action.UNSHARE: sharing.unshare,
    Action.LEAVE: sharing.leave,
    Action.PUBLISH: sharing.publish,
    Action.UNPUBLISH: sharing.unpublish,
    Action.THANK: sharing.thank,
    Action.WATCH: watching.watch,
    Action.UNWATCH: watching.unwatch,
    Action.NOTE: watching.note,
    Action.LEVEL_WARN: service_levels.warn,
    Action.LEVEL_BREACH: service_levels.breach,
    Action.HOLD_OVER: handing_over.hold_over,
    Action.LET_GO: let_go,
    Action.KEEP: handing_over.keep,
    Action.ESCALATE: asking_inside.escalate,
    Action.ACKNOWLEDGE: asking_inside.acknowledge,
    Action.ASK_ADVICE: asking_inside.ask_advice,
    Action.ADVISE: asking_inside.advise,
    Action.END_ADVICE: asking_inside.end_advice,
    Action.DECLARE_MAJOR: asking_inside.declare_major,
    Action.END_MAJOR: asking_inside.end_major,
    **relations.EFFECTS,
    **problems.EFFECTS,
    **changes.EFFECTS,
    **approvals.EFFECTS,
}
