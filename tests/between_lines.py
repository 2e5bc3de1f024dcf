"""Sets scenes of what passes between lines: tickets with something to settle, and somebody who is away."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.lines import escalate
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.permissions import Actor
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.people import Absence
from servicedesk.store.models.tickets import Ticket


def unsettle(session: Session, ticket: Ticket, worker: Actor, other: str, adviser: str, now: datetime) -> None:
    """Let a ticket wait for everything at once: a decision, an acknowledgement, advice."""
    words = from_plain("It asks about the fees as well: whose is it?")
    escalate(session, ticket, worker, now, "The deadline is today.")
    act(session, ticket, Action.ASK_ADVICE, worker, now, Details(note=words, group=adviser))
    act(session, ticket, Action.HOLD_OVER, worker, now, Details(note=words, group=other))


def away(session: Session, person_id: int, substitute_id: int | None, now: datetime, days: int = 3) -> int:
    """Let somebody be away from tomorrow on; return the id of the absence."""
    first = now.date() + timedelta(days=1)
    made = Absence(
        person_id=person_id, first_day=first, last_day=first + timedelta(days=days), substitute_id=substitute_id
    )
    session.add(made)
    session.flush()
    return made.id
