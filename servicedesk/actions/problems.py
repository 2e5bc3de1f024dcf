"""Problems (F11): opened over the incidents they cause, and what becomes known of them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.details import Changes, Situation
from servicedesk.rules.errors import Invalid
from servicedesk.rules.problems import Phase, phase_of
from servicedesk.rules.sentences import N_
from servicedesk.rules.states import Action, State
from servicedesk.store.models.problems import Problem, ProblemSuggestion

LONGEST = 4000
OPEN, DISMISSED, FOLLOWED = "open", "dismissed", "followed"


def follow_category(s: Situation) -> None:
    """Keep with what is known of a problem the category that it has been given."""
    _problem(s).category_key = s.ticket.category_key


def diagnose(s: Situation) -> Changes:
    """Keep the root cause, which the note says."""
    assert s.details.note is not None
    problem = _problem(s)
    problem.root_cause = _short(s.details.note.text)
    return _phase(s, problem)


def work_around(s: Situation) -> Changes:
    """Keep how those concerned can help themselves meanwhile; without a text there is no workaround any more."""
    problem = _problem(s)
    texts = {code: _short(text.strip()) for code, text in (s.details.texts or {}).items() if text.strip()}
    if texts == problem.workaround:
        raise Invalid(N_("The workaround is as it was. Nothing was changed."))
    problem.workaround = texts
    problem.is_known_error = problem.is_known_error and bool(texts)
    return _phase(s, problem)


def know_error(s: Situation) -> Changes:
    """Mark it as a known error: its workaround is shown on the incidents of its category."""
    problem = _problem(s)
    if not problem.workaround or not problem.root_cause:
        raise Invalid(N_("A known error has its root cause and a workaround: write both down first."))
    problem.is_known_error = True
    return _phase(s, problem)


def forget_error(s: Situation) -> Changes:
    """Take the mark away."""
    problem = _problem(s)
    if not problem.is_known_error:
        raise Invalid(N_("This problem is not marked as a known error."))
    problem.is_known_error = False
    return _phase(s, problem)


def fix(s: Situation) -> Changes:
    """Resolve it: the cause is gone."""
    s.ticket.solved_at = s.now
    return _phase(s, _problem(s), State.RESOLVED)


def conclude(s: Situation) -> Changes:
    """Close it."""
    s.ticket.closed_at = s.now
    return _phase(s, _problem(s), State.CLOSED)


def take_up(s: Situation) -> Changes:
    """Look at it again: the cause was not gone."""
    s.ticket.solved_at = s.ticket.closed_at = None
    return _phase(s, _problem(s), State.ASSIGNED_GROUP)


EFFECTS: Mapping[Action, Callable[[Situation], Changes]] = {
    Action.DIAGNOSE: diagnose,
    Action.WORK_AROUND: work_around,
    Action.KNOW_ERROR: know_error,
    Action.FORGET_ERROR: forget_error,
    Action.FIX: fix,
    Action.CONCLUDE: conclude,
    Action.TAKE_UP: take_up,
}


def _problem(s: Situation) -> Problem:
    return s.session.get_one(Problem, s.ticket.id)


def _phase(s: Situation, problem: Problem, state: State | None = None) -> Changes:
    before = problem.phase
    known = bool(problem.root_cause), bool(problem.workaround), problem.is_known_error
    problem.phase = phase_of(state or State(s.ticket.state), *known)
    problem.category_key = s.ticket.category_key
    return {"phase": [before, problem.phase]}


def _short(text: str) -> str:
    if len(text) > LONGEST:
        raise Invalid(N_("This is too long: write at most %(count)s characters."), count=LONGEST)
    return text


def note_problem(session: Session, ticket_id: int, category_key: str) -> None:
    """Make the row of what is known of a new problem: nothing yet."""
    session.add(
        Problem(
            ticket_id=ticket_id,
            category_key=category_key,
            phase=Phase.INVESTIGATED,
            root_cause="",
            workaround={},
            is_known_error=False,
        )
    )
    session.flush()


def dismiss(session: Session, suggestion_id: int, groups: Sequence[str], reason: str, by: int, now: datetime) -> None:
    """Say no to a suggestion, with the reason.

    Raises Invalid without one, or when it is decided already or with other groups.
    """
    if not reason.strip() or len(reason) > 300:
        raise Invalid(N_("Give the reason, in at most 300 characters."))
    _decide(session, suggestion_id, groups, DISMISSED, reason.strip(), by, now)


def follow(session: Session, suggestion_id: int, groups: Sequence[str], by: int, now: datetime) -> None:
    """Note that a problem was opened as suggested. Raises Invalid when it is decided already or with other groups."""
    _decide(session, suggestion_id, groups, FOLLOWED, "", by, now)


def _decide(
    session: Session, suggestion_id: int, groups: Sequence[str], state: str, reason: str, by: int, now: datetime
) -> None:
    query = (
        sa.update(ProblemSuggestion)
        .where(
            ProblemSuggestion.id == suggestion_id,
            ProblemSuggestion.group_code.in_(groups),
            ProblemSuggestion.state == OPEN,
        )
        .values(state=state, reason=reason, decided_by=by, decided_at=now)
    )
    if session.execute(query.returning(ProblemSuggestion.id)).first() is None:
        raise Invalid(N_("Somebody has decided on this suggestion already."))
