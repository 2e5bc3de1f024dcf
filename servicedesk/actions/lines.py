"""What others do about lines without a form of the ticket's page: escalate, and set how a group hands over (F2)."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from servicedesk.actions.audit import record
from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.permissions import Actor
from servicedesk.rules.richtext import from_plain
from servicedesk.rules.sentences import N_
from servicedesk.store.models.lines import GroupHabits
from servicedesk.store.models.tickets import Ticket, TicketEvent

MOST_HAND_OVERS = 20
MOST_REASONS, LONGEST_REASON = 12, 120


def escalate(session: Session, ticket: Ticket, actor: Actor, now: datetime, reason: str) -> TicketEvent:
    """Tell the supervisors of a locked ticket's group why, and flag it until one has seen to it.

    Raises NotNow while an earlier escalation is not acknowledged, Invalid for a person where there is no supervisor.
    """
    return act(session, ticket, Action.ESCALATE, actor, now, Details(note=from_plain(reason)))


def set_habits(
    session: Session, actor: Actor, group_code: str, asks_from: int, reasons: Iterable[str], now: datetime
) -> None:
    """Set from which hand-over on a group's supervisors decide (0: never), and its ready reasons.

    Raises NotFound for a group the person does not lead, Invalid for too many or too long.
    """
    if group_code not in actor.supervises:
        raise NotFound()
    kept = [reason.strip() for reason in reasons if reason.strip()]
    _refuse(asks_from, kept)
    row = session.get(GroupHabits, group_code)
    before = {"asks_from": row.asks_from, "reasons": row.reasons} if row else {}
    after = {"asks_from": asks_from, "reasons": kept}
    session.merge(GroupHabits(group_code=group_code, changed_at=now, **after))
    record(session, f"person:{actor.person_id}", "group.habits", f"group:{group_code}", now, before, after)
    session.flush()


def _refuse(asks_from: int, reasons: list[str]) -> None:
    if not 0 <= asks_from <= MOST_HAND_OVERS:
        raise Invalid(N_("Give a number from 0 (never) to %(most)s."), most=MOST_HAND_OVERS)
    if len(reasons) > MOST_REASONS or any(len(reason) > LONGEST_REASON for reason in reasons):
        raise Invalid(
            N_("Give at most %(most)s reasons, none longer than %(longest)s letters."),
            most=MOST_REASONS,
            longest=LONGEST_REASON,
        )
