"""What monitoring asks of the database: a fixed number of short questions, answered by the partial indexes."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.store import alarms, leases, refusals
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.records import SignInTotal
from servicedesk.store.models.system import JobLease
from servicedesk.store.models.tickets import OPEN, Ticket
from servicedesk.store.outbox import FAILED, IS_FAILED, IS_WAITING, WAITING


@dataclass(frozen=True, slots=True)
class Figures:
    """How things stand in the whole installation, whichever worker is asked."""

    open_tickets: Sequence[tuple[str, int]]
    """(state, count)."""
    mails: Sequence[tuple[str, int]]
    """(waiting or failed, count)."""
    sign_ins: Sequence[SignInTotal]
    alarms: int
    jobs: Sequence[JobLease]


def figures(session: Session) -> Figures:
    """Return them all."""
    by_state = sa.select(Ticket.state, sa.func.count()).where(OPEN).group_by(Ticket.state).order_by(Ticket.state)
    mails = [
        (state, session.scalar(sa.select(sa.func.count()).select_from(Notice).where(condition)) or 0)
        for state, condition in ((WAITING, IS_WAITING), (FAILED, IS_FAILED))
    ]
    return Figures(
        open_tickets=[(state, count) for state, count in session.execute(by_state)],
        mails=mails,
        sign_ins=refusals.totals(session),
        alarms=alarms.count_open(session),
        jobs=leases.standings(session),
    )
