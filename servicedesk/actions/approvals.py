"""Approvals: rounds of questions begun, answered, handed to others and ended; all of it as effects of actions."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from servicedesk.actions.details import Changes, Situation
from servicedesk.rules.approval_steps import (
    BY_HAND,
    OWN_GROUP,
    Asked,
    By,
    Decision,
    Step,
    Steps,
    as_json,
    from_json,
    people_to_ask,
    verdict,
)
from servicedesk.rules.approvals import NOTHING_TO_APPROVE, REQUESTS, THEN
from servicedesk.rules.calendar import plus_days
from servicedesk.rules.errors import Invalid, NotAllowed, NotNow
from servicedesk.rules.lifecycle import OPEN_STATES, Action, Outcome
from servicedesk.rules.permissions import ActorKind
from servicedesk.rules.sentences import N_
from servicedesk.store import absences, people
from servicedesk.store import approvals as store
from servicedesk.store.models.approvals import Approval, ApprovalRound
from servicedesk.store.models.tickets import TicketEvent

NO_LONGER_ASKED = N_(
    "This is no longer yours to decide: you have lost the role for which you were asked, or whoever you stood in for is"
    " back. Within the hour the desk asks those whose decision it is now."
)
LOOKED_AFTER = timedelta(hours=1)
"""How long it may take until the desk sees that somebody asked has left or is away."""


def ask(s: Situation) -> Changes:
    """Begin what the category asks, or go on with the next step of the round under way."""
    under_way = store.pending_round(s.session, s.ticket.id)
    if under_way is None:
        category = s.tree.categories.get(s.ticket.category_key)
        # What was asked once is asked again even where the catalogue has let it go meanwhile.
        return begin(s, (category.approvals if category else ()) or store.last_steps(s.session, s.ticket.id))
    under_way.step += 1
    return _ask_step(s, under_way)


def begin(s: Situation, steps: Steps) -> Changes:
    """Begin a round of these steps on a ticket of any kind, and ask the first; `s.named` are those who are asked."""
    made = ApprovalRound(
        ticket_id=s.ticket.id, steps=as_json(steps), step=0, state=Decision.PENDING, asked_at=s.now, reminders=0
    )
    s.session.add(made)
    s.session.flush()
    return _ask_step(s, made)


def _ask_step(s: Situation, under_way: ApprovalRound) -> Changes:
    step = _step(under_way)
    asked = _found(s, step)
    _add(s, under_way, asked)
    under_way.reminders = 0
    under_way.remind_at = plus_days(s.now, step.remind_after, s.zone)
    under_way.look_at = min(under_way.remind_at, s.now + LOOKED_AFTER)
    return {"asked": [each.person_id for each in asked], "step": [under_way.step + 1, len(under_way.steps)]}


def _step(under_way: ApprovalRound) -> Step:
    return from_json(under_way.steps)[under_way.step]


def _found(s: Situation, step: Step) -> list[Asked]:
    return people_to_ask(
        store.pool_of(s.session, step, s.ticket.group_code, s.ticket.service_id), s.ticket.requester_id
    )


def _add(s: Situation, under_way: ApprovalRound, asked: Collection[Asked]) -> None:
    """Ask these people, let them and whoever stands in for them read the ticket, and tell them."""
    stand_ins = absences.stand_ins(s.session, [each.person_id for each in asked], s.today)
    for each in asked:
        stand_in = stand_ins.get(each.person_id)
        s.session.add(
            Approval(
                round_id=under_way.id,
                ticket_id=s.ticket.id,
                step=under_way.step,
                person_id=each.person_id,
                stand_in_id=stand_in if stand_in != s.ticket.requester_id else None,
                source=each.source,
                state=Decision.PENDING,
                asked_at=s.now,
            )
        )
    there = {person for each in asked for person in (each.person_id, stand_ins.get(each.person_id))}
    s.named = tuple(sorted(person for person in there if person not in (None, s.ticket.requester_id)))
    s.session.flush()
    store.let_read(s.session, s.ticket.id, s.named)


def approve(s: Situation) -> Changes:
    """Say yes, for oneself and for those one stands in for; the last yes lets the ticket go on."""
    under_way, changes = _decide(s, Decision.APPROVED)
    step = _step(under_way)
    if _verdict(s, under_way, step) is not Decision.APPROVED:
        return changes
    _pass(s, under_way)
    _go_on(s, under_way)
    return changes


def disapprove(s: Situation) -> Changes:
    """Say no: a request ends with that, other kinds of ticket go their own way."""
    under_way, changes = _decide(s, Decision.REFUSED)
    _pass(s, under_way)
    _end(s, under_way, Decision.REFUSED)
    s.follows = THEN.get((s.ticket.kind, Decision.REFUSED))
    if s.ticket.kind not in REQUESTS:
        return changes
    s.ticket.closed_at, s.ticket.outcome = s.now, Outcome.NOT_APPROVED
    return {**changes, "outcome": [None, Outcome.NOT_APPROVED.value]}


def _decide(s: Situation, decision: Decision) -> tuple[ApprovalRound, Changes]:
    under_way = _under_way(s)
    waiting = [each for each in _answers(s, under_way) if each.state == Decision.PENDING]
    mine = [each for each in waiting if s.actor.person_id in (each.person_id, each.stand_in_id)]
    mine = _still_asked(s, under_way, mine)
    for each in mine:
        each.state, each.decided_by, each.decided_at = decision, s.actor.person_id, s.now
    s.decided = tuple(mine)
    others = [each.person_id for each in mine if each.person_id != s.actor.person_id]
    is_own = len(others) < len(mine)
    return under_way, {"instead_of": others} if others and not is_own else {}


def _still_asked(s: Situation, under_way: ApprovalRound, mine: Sequence[Approval]) -> list[Approval]:
    """Return those of these questions that are still for whoever acts: roles and absences may have ended since."""
    now_asked = {each.person_id for each in _found(s, _step(under_way))}
    stand_ins = absences.stand_ins(s.session, [each.person_id for each in mine], s.today)
    asked = [each for each in mine if not _has_left(s, each, now_asked)]
    found = [each for each in asked if s.actor.person_id in (each.person_id, stand_ins.get(each.person_id))]
    if not found:
        raise NotAllowed(NO_LONGER_ASKED)
    return found


def _under_way(s: Situation) -> ApprovalRound:
    found = store.pending_round(s.session, s.ticket.id)
    if found is None:
        raise NotNow(NOTHING_TO_APPROVE)
    return found


def _answers(s: Situation, under_way: ApprovalRound) -> Sequence[Approval]:
    return store.answers_of(s.session, under_way.id, under_way.step)


def _verdict(s: Situation, under_way: ApprovalRound, step: Step) -> Decision:
    return verdict(step.need, [Decision(each.state) for each in _answers(s, under_way)])


def _pass(s: Situation, under_way: ApprovalRound) -> None:
    for each in _answers(s, under_way):
        if each.state == Decision.PENDING:
            each.state = Decision.PASSED


def _end(s: Situation, under_way: ApprovalRound, state: Decision) -> None:
    under_way.state, under_way.ended_at = state, s.now
    under_way.remind_at = under_way.look_at = None
    s.session.flush()
    store.end_reading(s.session, s.ticket.id, ())


def replace_approver(s: Situation) -> Changes:
    """Ask somebody else in the place of one of those asked; without one named, whoever takes the place of leavers."""
    under_way = _under_way(s)
    if s.details.approval_id is None:
        return _renew(s, under_way)
    replaced = next((each for each in _answers(s, under_way) if each.id == s.details.approval_id), None)
    if replaced is None or replaced.state != Decision.PENDING:
        raise NotNow(NOTHING_TO_APPROVE)
    person_id = _newcomer(s, under_way)
    replaced.state = Decision.PASSED
    _add(s, under_way, [Asked(person_id, BY_HAND)])
    store.end_reading(s.session, s.ticket.id, _reading(s, under_way))
    return {"replaced": [replaced.person_id], "asked": [person_id]}


def _newcomer(s: Situation, under_way: ApprovalRound) -> int:
    person_id = s.details.technician_id
    found = people.actor_of(s.session, person_id) if person_id is not None else None
    if found is None or found.kind is not ActorKind.PERSON:
        raise Invalid(N_("Choose who is asked instead: write the code of somebody who works here."))
    if person_id == s.ticket.requester_id:
        raise Invalid(N_("Nobody approves what they asked for themselves. Choose somebody else."))
    if any(each.person_id == person_id and each.state == Decision.PENDING for each in _answers(s, under_way)):
        raise Invalid(N_("This person is asked already. Choose somebody else."))
    assert person_id is not None
    return person_id


def _reading(s: Situation, under_way: ApprovalRound) -> set[int]:
    waiting = [each for each in _answers(s, under_way) if each.state == Decision.PENDING]
    return {person for each in waiting for person in (each.person_id, each.stand_in_id) if person is not None}


def _renew(s: Situation, under_way: ApprovalRound) -> Changes:
    """Ask those who hold the roles now instead of those who have left, and whoever stands in for the absent."""
    step = _step(under_way)
    before = _reading(s, under_way)
    fresh = _found(s, step)
    now_asked = {each.person_id for each in fresh}
    present = {each.person_id for each in _answers(s, under_way)}
    gone = [each for each in _answers(s, under_way) if _has_left(s, each, now_asked)]
    for each in gone:
        each.state = Decision.PASSED
    added = [each for each in fresh if each.person_id not in present]
    _add(s, under_way, added)
    _stand_in(s, under_way)
    s.named = tuple(sorted(_reading(s, under_way) - before))
    store.let_read(s.session, s.ticket.id, s.named)
    store.end_reading(s.session, s.ticket.id, _reading(s, under_way))
    asked = list(s.named)
    if _verdict(s, under_way, step) is Decision.APPROVED:  # the only ones still missing have left
        _go_on(s, under_way)
    return {"replaced": [each.person_id for each in gone], "asked": asked}


def _go_on(s: Situation, under_way: ApprovalRound) -> None:
    """Ask the next step, or let the ticket go its way, and tell its requester."""
    if under_way.step + 1 < len(under_way.steps):
        s.follows = Action.ASK_APPROVAL
        return
    _end(s, under_way, Decision.APPROVED)
    s.follows = THEN.get((s.ticket.kind, Decision.APPROVED), Action.ROUTE)
    s.named = (s.ticket.requester_id,)


def _has_left(s: Situation, asked: Approval, now_asked: Collection[int]) -> bool:
    if asked.state != Decision.PENDING or asked.person_id in now_asked:
        return False
    return asked.source != BY_HAND or people.actor_of(s.session, asked.person_id) is None


def _stand_in(s: Situation, under_way: ApprovalRound) -> None:
    waiting = [each for each in _answers(s, under_way) if each.state == Decision.PENDING]
    found = absences.stand_ins(s.session, [each.person_id for each in waiting], s.today)
    for each in waiting:
        stand_in = found.get(each.person_id)
        each.stand_in_id = stand_in if stand_in != s.ticket.requester_id else None
    s.session.flush()


def remind(s: Situation) -> Changes:
    """Tell those who have not decided once more; when the desk does so for the second time, the supervisors too."""
    under_way = _under_way(s)
    waiting = [each for each in _answers(s, under_way) if each.state == Decision.PENDING]
    for each in waiting:
        each.reminded_at = s.now
    s.named = tuple(sorted(_reading(s, under_way)))
    under_way.remind_at = plus_days(s.now, _step(under_way).remind_after, s.zone)
    if s.actor.kind is ActorKind.SYSTEM:
        under_way.reminders += 1
        if under_way.reminders == 2 and s.ticket.kind in REQUESTS and not s.facts.is_escalated:
            s.follows = Action.ESCALATE
    return {"asked": [each.person_id for each in waiting]}


def reclassified(s: Situation, steps: Steps) -> Changes:
    """Begin anew with what another category asks; nothing is asked twice that was approved as it is."""
    if s.ticket.kind not in REQUESTS:
        return {}
    drop(s)
    # "Its own group" may have been another one when it approved.
    names_own = any(each.by is not By.PERSON and each.of == OWN_GROUP for step in steps for each in step.by)
    if not steps or (not names_own and store.has_approved(s.session, s.ticket.id, as_json(steps))):
        return {}
    return _await(s)


def _await(s: Situation) -> Changes:
    """Take the ticket from whoever has it until it is approved, and ask."""
    before, s.ticket.technician_id, s.ticket.assigned_at = s.ticket.technician_id, None, None
    s.awaits, s.follows = True, Action.ASK_APPROVAL
    return {"technician": [before, None]} if before else {}


def begin_anew(s: Situation) -> Changes:
    """Ask everybody again when the request has been changed after somebody approved it."""
    if s.ticket.kind not in REQUESTS:
        return {}
    under_way = store.pending_round(s.session, s.ticket.id)
    if under_way is None:
        return _await(s) if store.is_approved(s.session, s.ticket.id) else {}
    if any(each.state == Decision.APPROVED for each in store.answers_of(s.session, under_way.id)):
        drop(s)
        s.follows = Action.ASK_APPROVAL
    return {}


def drop(s: Situation) -> None:
    """End the round under way, if there is one, without a decision."""
    if under_way := store.pending_round(s.session, s.ticket.id):
        _pass(s, under_way)
        _end(s, under_way, Decision.PASSED)


def settle(s: Situation, event: TicketEvent) -> None:
    """Keep with each answer the event that gives its reason; end the round of a ticket that has ended."""
    for each in s.decided:
        each.event_id = event.id
    if s.facts.awaits_approval and s.ticket.state not in OPEN_STATES:
        drop(s)


EFFECTS: Mapping[Action, Callable[[Situation], Any]] = {
    Action.ASK_APPROVAL: ask,
    Action.APPROVE: approve,
    Action.DISAPPROVE: disapprove,
    Action.REPLACE_APPROVER: replace_approver,
    Action.REMIND_APPROVERS: remind,
}
