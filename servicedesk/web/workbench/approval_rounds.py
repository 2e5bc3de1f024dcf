"""The rounds of a ticket's approvals as pages show them: step by step, who was asked, who decided, when and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from flask_babel import gettext
from sqlalchemy.orm import Session

from servicedesk.rules.approval_steps import Decision, from_json
from servicedesk.rules.catalogue import Catalogue
from servicedesk.store import approval_lists, catalogue
from servicedesk.web.approval_desk_words import ROUNDS, RULES, STATES, step_words


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person asked has answered."""

    id: int
    asked: str
    stand_in: str
    decided_by: str
    """Who decided where that is somebody else than the person asked."""
    is_pending: bool
    state: str
    words: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step with those asked; empty while it is not asked yet."""

    place: int
    need: str
    """Empty where only one person is asked."""
    named: str
    """Who is asked, as the catalogue says it."""
    is_present: bool
    answers: Sequence[Answer]


@dataclass(frozen=True, slots=True)
class Round:
    """One round, all its steps."""

    words: str
    is_pending: bool
    asked_at: datetime
    steps: Sequence[ShownStep]


def rounds_of(session: Session, ticket_id: int) -> list[Round]:
    """Return the rounds of a ticket, the newest first."""
    rows = approval_lists.rounds_of(session, ticket_id)
    tree = catalogue.current(session)
    return [_round(list(questions), tree) for _id, questions in groupby(rows, lambda row: row.round_id)]


def _round(rows: Sequence[Any], tree: Catalogue) -> Round:
    first = rows[0]
    is_pending = first.round_state == Decision.PENDING
    answers = {place: [_answer(row) for row in rows if row.id and row.step == place] for place in range(99)}
    steps = [
        ShownStep(
            place=place + 1,
            need=gettext(RULES[step.need]) if len(answers[place]) > 1 else "",
            named=step_words(tree, step),
            is_present=is_pending and place == first.present_step,
            answers=answers[place],
        )
        for place, step in enumerate(from_json(first.steps))
    ]
    return Round(gettext(ROUNDS[first.round_state]), is_pending, first.round_asked_at, steps)


def _answer(row: Any) -> Answer:
    return Answer(
        id=row.id,
        asked=_name(row, "asked"),
        stand_in=_name(row, "stand_in") if row.state == Decision.PENDING else "",
        decided_by=_name(row, "decider") if row.decided_by != row.person_id else "",
        is_pending=row.state == Decision.PENDING,
        state=row.state,
        words=gettext(STATES[row.state]),
        at=row.decided_at or row.asked_at,
        reason=row.reason or "",
    )


def _name(row: Any, who: str) -> str:
    code, given, family = (getattr(row, f"{who}_{part}") for part in ("code", "given_name", "family_name"))
    return f"{code or ''} {given} {family}".strip() if given is not None else ""
