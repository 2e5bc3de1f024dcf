"""The usual wait for a first answer: as it was counted last, and what it is counted from."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.figure_events import ANSWERING, REQUESTS
from servicedesk.rules.lifecycle import State
from servicedesk.store.models.figures import AnswerTime
from servicedesk.store.models.tickets import Ticket, TicketEvent

CATEGORY, GROUP = "category", "group"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and how long it took until somebody of the desk wrote to the requester; None: not yet."""

    category_key: str
    group_code: str
    wait: timedelta | None


@dataclass(frozen=True, slots=True)
class Usual:
    """Half of the requests had an answer within `wait`; those of the category, else those of its group."""

    wait: timedelta
    is_of_category: bool


def usual_answer_time(session: Session, category_key: str, group_code: str) -> Usual | None:
    """Return the usual wait, None where nobody can say."""
    keys = sa.tuple_(AnswerTime.scope, AnswerTime.key).in_([(CATEGORY, category_key), (GROUP, group_code)])
    rows = session.execute(sa.select(AnswerTime.scope, AnswerTime.minutes).where(keys)).all()
    found = {scope: timedelta(minutes=minutes) for scope, minutes in rows}
    own = found.get(CATEGORY)
    wait = own or found.get(GROUP)
    return Usual(wait, own is not None) if wait else None


def first_answers(session: Session, since: datetime) -> Iterator[Asked]:
    """Yield the requests opened since, but those their requester has withdrawn."""
    answered = sa.and_(
        TicketEvent.ticket_id == Ticket.id,
        TicketEvent.action.in_(sorted(ANSWERING)),
        TicketEvent.actor_kind == "person",
        TicketEvent.actor_id != Ticket.requester_id,
    )
    query = (
        sa.select(Ticket.category_key, Ticket.group_code, Ticket.opened_at, sa.func.min(TicketEvent.at))
        .outerjoin(TicketEvent, answered)
        .where(Ticket.opened_at >= since, Ticket.state != State.CANCELLED, Ticket.kind.in_(sorted(REQUESTS)))
        .group_by(Ticket.id, Ticket.category_key, Ticket.group_code, Ticket.opened_at)
    )
    for category, group, opened_at, answered_at in session.execute(query.execution_options(yield_per=1000)):
        yield Asked(category, group, answered_at - opened_at if answered_at else None)
