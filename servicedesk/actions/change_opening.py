"""Opening a change, and ending the problems that it was to fix (F11)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from servicedesk.actions.changes import note_change
from servicedesk.actions.details import Details
from servicedesk.actions.tickets import NewTicket, act, open_ticket
from servicedesk.rules.changes import CHANGE, Plan
from servicedesk.rules.errors import DeskError
from servicedesk.rules.permissions import Actor
from servicedesk.rules.richtext import RichText
from servicedesk.rules.sentences import Sentence
from servicedesk.rules.states import Action
from servicedesk.store import changes as store
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.tickets import locked

Outcomes = dict[str, Sentence | None]
"""What became of each problem, by number: None where all went well."""


def open_change(
    session: Session, new: NewTicket, plan: Plan, problems: Sequence[str], actor: Actor, now: datetime
) -> tuple[Ticket, Outcomes]:
    """File a change as a draft and tie it to the problems that it is to fix; return it, and what became of each tie.

    Raises Invalid for a plan that cannot be kept, AlreadyDone with the number when the form was sent before.
    """
    assert actor.person_id is not None
    change = open_ticket(session, replace(new, kind=CHANGE), actor.person_id, actor, now)
    note_change(session, change.id, plan)
    found: Outcomes = {}
    for row in store.problems_named(session, problems, actor):
        details = Details(link_kind="fixes", other=row.number)
        found[row.number] = _tried(session, change.number, Action.LINK, actor, now, details)
    return change, found


def resolve_problems(
    session: Session, change_id: int, numbers: Sequence[str], note: RichText, actor: Actor, now: datetime
) -> Outcomes:
    """Resolve the chosen ones of the problems that a change fixes, each for itself; return what became of each."""
    fixed = [row.number for row in store.problems_fixed(session, change_id, actor) if row.number in numbers]
    return {number: _tried(session, number, Action.FIX, actor, now, Details(note=note)) for number in fixed}


def _tried(
    session: Session, number: str, action: Action, actor: Actor, now: datetime, details: Details
) -> Sentence | None:
    try:
        with session.begin_nested():
            act(session, locked(session, number, actor), action, actor, now, details)
    except DeskError as error:
        return error.sentence
    return None
