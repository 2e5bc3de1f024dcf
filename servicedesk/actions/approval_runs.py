"""What the desk looks after by itself while an approval is awaited: who has left or is away, and who is late."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from servicedesk.actions.approvals import LOOKED_AFTER
from servicedesk.actions.silence import each
from servicedesk.actions.tickets import act
from servicedesk.rules.approval_steps import BY_HAND, Decision, from_json, people_to_ask
from servicedesk.rules.calendar import local_day
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.permissions import SYSTEM
from servicedesk.store import absences, catalogue, people
from servicedesk.store import approvals as store
from servicedesk.store.models.approvals import Approval, ApprovalRound
from servicedesk.store.models.tickets import Ticket


def look_after(session: Session, now: datetime, limit: int, failed: set[int] | None = None) -> int:
    """Look at up to `limit` rounds that are due, and return how many there were; `failed` as in `silence.expire_due`.

    Those who have left give way to whoever holds their role now, substitutes are asked while somebody is away, and
    whoever has not decided in time is reminded.
    """
    return each(session, store.due(session, now, limit, failed or ()), now, failed, _look)


def _look(session: Session, ticket: Ticket, now: datetime) -> None:
    under_way = store.pending_round(session, ticket.id)
    if under_way is None:
        return
    zone = ZoneInfo(catalogue.current(session).services[ticket.service_id].zone)
    under_way.look_at = now + LOOKED_AFTER
    if _is_outdated(session, ticket, under_way, local_day(now, zone)):
        act(session, ticket, Action.REPLACE_APPROVER, SYSTEM, now)
    if under_way.state == Decision.PENDING and under_way.remind_at is not None and under_way.remind_at <= now:
        act(session, ticket, Action.REMIND_APPROVERS, SYSTEM, now)


def _is_outdated(session: Session, ticket: Ticket, under_way: ApprovalRound, today: date) -> bool:
    """Whether others are to be asked than those who are."""
    asked = store.answers_of(session, under_way.id, under_way.step)
    waiting = [each for each in asked if each.state == Decision.PENDING]
    pool = store.pool_of(session, from_json(under_way.steps)[under_way.step], ticket.group_code, ticket.service_id)
    wanted = {each.person_id for each in people_to_ask(pool, ticket.requester_id)}
    if wanted - {each.person_id for each in asked}:
        return True
    if any(_is_gone(session, each, wanted) for each in waiting):
        return True
    stand_ins = absences.stand_ins(session, [each.person_id for each in waiting], today)
    present = {each.person_id: each.stand_in_id for each in waiting if each.stand_in_id is not None}
    return present != {who: by for who, by in stand_ins.items() if by != ticket.requester_id}


def _is_gone(session: Session, asked: Approval, wanted: set[int]) -> bool:
    if asked.person_id in wanted:
        return False
    return asked.source != BY_HAND or people.actor_of(session, asked.person_id) is None
