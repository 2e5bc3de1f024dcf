"""Opening a problem over incidents that may have one cause (F11)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.problems import note_problem
from servicedesk.actions.tickets import NewTicket, act, open_ticket
from servicedesk.rules.errors import DeskError
from servicedesk.rules.permissions import Actor
from servicedesk.rules.problems import PROBLEM
from servicedesk.rules.sentences import Sentence
from servicedesk.rules.states import Action
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.tickets import locked
from servicedesk.store.visible import visible_to


def open_problem(
    session: Session, new: NewTicket, numbers: Sequence[str], actor: Actor, now: datetime
) -> tuple[Ticket, dict[str, Sentence]]:
    """File a problem and tie to it the incidents it causes; return it, and why any of them was left out.

    Raises AlreadyDone with the number when the same form was sent before.
    """
    assert actor.person_id is not None
    problem = open_ticket(session, replace(new, kind=PROBLEM), actor.person_id, actor, now)
    note_problem(session, problem.id, problem.category_key)
    left_out = {}
    named = sa.select(Ticket.number).where(Ticket.number.in_(numbers), visible_to(actor), Ticket.id != problem.id)
    for number in session.scalars(named.order_by(Ticket.id)).all():
        try:
            with session.begin_nested():
                details = Details(link_kind="caused_by", other=problem.number)
                act(session, locked(session, number, actor), Action.LINK, actor, now, details)
        except DeskError as error:
            left_out[number] = error.sentence
    return problem, left_out
