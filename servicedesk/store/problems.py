"""Problems as staff find them: the list, what is known of one, known errors of a category, and bursts of requests."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from servicedesk.rules.changes import STAFF_KINDS
from servicedesk.rules.permissions import Actor
from servicedesk.rules.problems import OPEN_PHASES, Phase
from servicedesk.rules.relations import LinkKind
from servicedesk.rules.states import Action
from servicedesk.store.models.problems import IS_OPEN, Problem, ProblemSuggestion
from servicedesk.store.models.tickets import Ticket, TicketEvent, TicketLink
from servicedesk.store.visible import visible_to

PAGE = 50
MOST_KNOWN = 5
MOST_TICKETS = 100


def problem_of(session: Session, ticket_id: int) -> Problem | None:
    """Return what is known of a problem; None for any other ticket."""
    return session.get(Problem, ticket_id)


def page(session: Session, actor: Actor, phase: Phase | None, before: int | None) -> Sequence[Any]:
    """Return up to 51 problems the person may read, the newest first: those of a phase, or all that are open.

    `before` is the id after which the list goes on. `incidents` is how many tickets each has.
    """
    incidents = (
        sa.select(sa.func.count())
        .where(TicketLink.other_id == Ticket.id, TicketLink.kind == LinkKind.CAUSED_BY)
        .scalar_subquery()
    )
    wanted = (phase,) if phase else sorted(OPEN_PHASES)
    query = (
        sa.select(
            Ticket.id,
            Ticket.number,
            Ticket.title,
            Ticket.category_key,
            Ticket.group_code,
            Ticket.priority,
            Ticket.changed_at,
            Problem.phase,
            incidents.label("incidents"),
        )
        .join(Ticket, Ticket.id == Problem.ticket_id)
        .where(Problem.phase.in_(wanted), visible_to(actor))
        .order_by(Problem.ticket_id.desc())
        .limit(PAGE + 1)
    )
    return session.execute(query if before is None else query.where(Problem.ticket_id < before)).all()


def known_errors(session: Session, category_key: str, ticket_id: int = 0) -> Sequence[Any]:
    """Return the known errors of a category, and those that cause this ticket, with workarounds, the newest first."""
    causing = sa.select(TicketLink.other_id).where(
        TicketLink.ticket_id == ticket_id, TicketLink.kind == LinkKind.CAUSED_BY
    )
    query = (
        sa.select(Ticket.id, Ticket.number, Ticket.title, Problem.workaround)
        .join(Ticket, Ticket.id == Problem.ticket_id)
        .where(
            sa.or_(Problem.category_key == category_key, Problem.ticket_id.in_(causing)),
            sa.text("phase = 'known_error'"),
        )
        .order_by(Problem.ticket_id.desc())
        .limit(MOST_KNOWN)
    )
    return session.execute(query).all()


def refused_incidents(session: Session, problem_id: int) -> Collection[str]:
    """Return the numbers of the problem's open tickets whose requesters have refused a solution given together."""
    solved, refused = aliased(TicketEvent), aliased(TicketEvent)
    query = (
        sa.select(Ticket.number)
        .distinct()
        .join(TicketLink, TicketLink.ticket_id == Ticket.id)
        .join(refused, refused.ticket_id == Ticket.id)
        .join(solved, solved.ticket_id == Ticket.id)
        .where(
            TicketLink.other_id == problem_id,
            TicketLink.kind == LinkKind.CAUSED_BY,
            refused.action == Action.REFUSE,
            solved.action == Action.SOLVE_TOGETHER,
            refused.seq > solved.seq,
        )
    )
    return frozenset(session.scalars(query))


def named(session: Session, numbers: Collection[str], actor: Actor) -> Sequence[Any]:
    """Return the tickets of these numbers that the person may read, but no problems, by number."""
    query = (
        sa.select(Ticket.id, Ticket.number, Ticket.title, Ticket.state, Ticket.category_key)
        .where(Ticket.number.in_(list(numbers)[:MOST_TICKETS]), visible_to(actor), Ticket.kind.not_in(STAFF_KINDS))
        .order_by(Ticket.id)
    )
    return session.execute(query).all()


def suggestions(session: Session, groups: Collection[str]) -> Sequence[ProblemSuggestion]:
    """Return the suggestions that nobody has decided, of these groups, the newest first."""
    query = sa.select(ProblemSuggestion).where(IS_OPEN, ProblemSuggestion.group_code.in_(sorted(groups)))
    return session.scalars(query.order_by(ProblemSuggestion.id.desc()).limit(PAGE)).all()


def of_suggestion(session: Session, suggestion_id: int, actor: Actor) -> Sequence[str]:
    """Return the numbers of the tickets that a suggestion is about and that the person may read."""
    query = (
        sa.select(Ticket.number)
        .join(
            ProblemSuggestion,
            sa.and_(
                ProblemSuggestion.category_key == Ticket.category_key,
                Ticket.opened_at >= ProblemSuggestion.since,
                Ticket.opened_at <= ProblemSuggestion.found_at,
            ),
        )
        .where(ProblemSuggestion.id == suggestion_id, visible_to(actor), Ticket.kind.not_in(STAFF_KINDS))
        .order_by(Ticket.id)
        .limit(MOST_TICKETS)
    )
    return session.scalars(query).all()


def arrivals(session: Session, since: datetime, until: datetime, categories: Collection[str] | None) -> dict[str, int]:
    """Return how many requests were opened in a time, by category; of these categories, or of all."""
    query = (
        sa.select(Ticket.category_key, sa.func.count())
        .where(Ticket.opened_at >= since, Ticket.opened_at < until, Ticket.kind.not_in(STAFF_KINDS))
        .group_by(Ticket.category_key)
    )
    if categories is not None:
        query = query.where(Ticket.category_key.in_(sorted(categories)))
    return {key: count for key, count in session.execute(query)}
