"""Changes (F11): what each action does to the plan, the phase and the approval of one."""

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from servicedesk.actions import approvals
from servicedesk.actions.details import Changes, Situation
from servicedesk.rules.calendar import plus_days
from servicedesk.rules.changes import (
    STILL_MISSING,
    ChangeType,
    Consent,
    Phase,
    Plan,
    Result,
    Window,
    asks_anew,
    check_plan,
    edits,
    missing,
    steps_of,
)
from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_
from servicedesk.rules.states import Action
from servicedesk.store import changes as store
from servicedesk.store import search
from servicedesk.store.models.changes import Change
from servicedesk.store.revisions import description


def note_change(session: Session, ticket_id: int, plan: Plan) -> None:
    """Make the row of a new change: a draft. Raises Invalid when even a draft cannot hold it."""
    check_plan(plan)
    change = Change(ticket_id=ticket_id, phase=Phase.DRAFT, consent=Consent.NONE, result="")
    _write(change, plan)
    session.add(change)
    session.flush()


def write_plan(s: Situation) -> Changes:
    """Keep plan and title; where another plan was put forward already, the change is a draft again."""
    change, plan = change_of(s), s.details.plan
    assert plan is not None
    check_plan(plan)
    changed = edits(store.plan_of(change), plan)
    title = s.details.title or s.ticket.title
    if not changed and title == s.ticket.title:
        raise Invalid(N_("The plan is as it was. Nothing was changed."))
    members = {member.id for member in s.members(s.ticket.group_code)}
    if "implementer_id" in changed and plan.implementer_id is not None and plan.implementer_id not in members:
        raise Invalid(N_("Choose somebody of the group the change is with."))
    _write(change, plan)
    kept = {**_retitle(s, title), **changed}
    kept = {"planned": [None, list(kept)], **kept}
    return {**kept, **_draft_again(s, change)} if asks_anew(changed) else kept


def _retitle(s: Situation, title: str) -> Changes:
    before = s.ticket.title
    if title == before:
        return {}
    s.ticket.title = title
    texts = [s.ticket.number, title, description(s.session, s.ticket.id).text]
    search.reindex_ticket(s.session, s.ticket.id, texts)
    return {"title": [before, title]}


def _draft_again(s: Situation, change: Change) -> Changes:
    """Let what was put forward, and is not begun, be put forward anew."""
    if change.phase not in (Phase.AWAITING, Phase.APPROVED):
        return {}
    approvals.drop(s)
    change.consent, change.approve_by = Consent.NONE, None
    return moved(change, Phase.DRAFT)


def reclassified(s: Situation) -> Changes:
    """Touch the service of the new category, of which others may decide than have agreed."""
    change = change_of(s)
    if s.ticket.service_id not in change.services:
        change.services = [*change.services, s.ticket.service_id]
    return _draft_again(s, change)


def put_forward(s: Situation) -> Changes:
    """Hand the change in: it awaits approval, or is scheduled where its type was approved once for all."""
    change = change_of(s)
    plan = store.plan_of(change)
    if lacking := missing(plan):
        raise Invalid(STILL_MISSING, lacking)
    _refuse_frozen(s, plan)
    if plan.change_type is ChangeType.STANDARD:
        return moved(change, Phase.APPROVED)
    rule = store.rule_for(s.session, s.ticket.service_id, plan.change_type)
    if plan.change_type is ChangeType.EMERGENCY:
        change.approve_by = plus_days(s.now, rule.days, s.zone)
    change.consent = Consent.ASKED
    return {**moved(change, Phase.AWAITING), **approvals.begin(s, steps_of(rule, groups_touched(s)))}


def groups_touched(s: Situation) -> list[str]:
    """Return the groups that a change touches: its own, and those of the categories it names."""
    named = [s.tree.categories[key].group for key in change_of(s).categories if key in s.tree.categories]
    return list(dict.fromkeys([s.ticket.group_code, *filter(None, named)]))


def _refuse_frozen(s: Situation, plan: Plan) -> None:
    if plan.change_type is ChangeType.EMERGENCY or plan.starts_at is None or plan.ends_at is None:
        return
    window = Window(plan.starts_at, plan.ends_at, frozenset(plan.services))
    if found := store.freezes_on(s.session, window):
        raise Invalid(
            N_("Nothing may be changed in this window: %(reason)s. Choose another one, or make it an emergency."),
            reason=found[0].reason,
        )


def clear(s: Situation) -> Changes:
    """Note that those asked have agreed: what waited is scheduled, what was begun already goes on."""
    change = change_of(s)
    change.consent = Consent.GIVEN
    return moved(change, Phase.APPROVED) if change.phase == Phase.AWAITING else {}


def send_back(s: Situation) -> Changes:
    """Note that those asked have refused: what waited is a draft again, what was begun already is on record."""
    change = change_of(s)
    change.consent = Consent.REFUSED
    return moved(change, Phase.DRAFT) if change.phase == Phase.AWAITING else {}


def begin(s: Situation) -> Changes:
    """Carry it out; where it has no technician, whoever was named does, else who begins it."""
    change = change_of(s)
    kept = moved(change, Phase.UNDER_WAY)
    members = {member.id for member in s.members(s.ticket.group_code)}
    doer = next((who for who in (change.implementer_id, s.actor.person_id) if who in members), None)
    if s.ticket.technician_id is not None or doer is None:
        return kept
    s.ticket.technician_id, s.ticket.assigned_at = doer, None
    return {**kept, "technician": [None, doer]}


def finish(s: Situation) -> Changes:
    """Note how it ended."""
    change = change_of(s)
    if s.details.result not in set(Result):
        raise Invalid(N_("Say how the change ended."))
    change.result, s.ticket.solved_at = s.details.result, s.now
    return {**moved(change, Phase.DONE), "result": [None, change.result]}


def review(s: Situation) -> Changes:
    """Close it: what was learnt is written down."""
    s.ticket.closed_at = s.now
    return moved(change_of(s), Phase.REVIEWED)


def call_off(s: Situation) -> Changes:
    """End it without carrying it out."""
    change = change_of(s)
    s.ticket.closed_at = s.now
    if change.consent == Consent.ASKED:
        change.consent = Consent.NONE
    return moved(change, Phase.CALLED_OFF)


EFFECTS: Mapping[Action, Callable[[Situation], Changes]] = {
    Action.PLAN: write_plan,
    Action.PUT_FORWARD: put_forward,
    Action.CLEAR: clear,
    Action.SEND_BACK: send_back,
    Action.BEGIN: begin,
    Action.FINISH: finish,
    Action.REVIEW: review,
    Action.CALL_OFF: call_off,
}


def change_of(s: Situation) -> Change:
    """Return what the ticket holds as a change."""
    return s.session.get_one(Change, s.ticket.id)


def moved(change: Change, phase: Phase) -> Changes:
    """Let it come to a phase, and return that as what changed."""
    before, change.phase = change.phase, phase
    return {"change_phase": [before, phase.value]}


def _write(change: Change, plan: Plan) -> None:
    for name in plan.__dataclass_fields__:
        value = getattr(plan, name)
        setattr(change, name, list(value) if isinstance(value, tuple) else value)
