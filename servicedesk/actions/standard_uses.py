"""How often standard answers are used, and how often what was said with one was refused (F3)."""

from collections import Counter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from servicedesk.actions.details import Changes, Situation
from servicedesk.rules.errors import Invalid
from servicedesk.rules.lifecycle import Action, Transition
from servicedesk.rules.permissions import Permission, may
from servicedesk.rules.sentences import N_
from servicedesk.rules.standard_answers import gaps
from servicedesk.store.models.standard_answers import StandardAnswer, StandardAnswerCount, StandardAnswerUse
from servicedesk.store.models.tickets import TicketEvent

ANSWERING = frozenset({Action.COMMENT, Action.WAIT, Action.PROPOSE, Action.REPLY_CLOSE})
CHANGE = "standard_answer"
"""Under this name the event keeps which standard answer was given."""


def refuse_gaps(s: Situation, transition: Transition) -> None:
    """Raise Invalid for an answer in which something is still to be filled in."""
    if not (transition.answers and s.details.note and may(s.actor, Permission.TICKET_WORK, s.facts)):
        return
    if missing := gaps(s.details.note.text):
        raise Invalid(
            N_("Fill in before sending: %(missing)s. It stands between \u27e6 and \u27e7 in the text."),
            missing=", ".join(missing),
        )


def note_use(s: Situation) -> Changes:
    """Note the use of a standard answer, or the refusal of a solution that was given with one."""
    if s.action is Action.REFUSE:
        if refused := _given_last(s):
            _add(s, refused, is_refusal=True)
        return {}
    given = s.details.standard_answer
    is_work = bool(s.details.rule) or may(s.actor, Permission.TICKET_WORK, s.facts)
    if given is None or s.action not in ANSWERING or not is_work:
        return {}
    if s.session.get(StandardAnswer, given) is None:
        return {}
    _add(s, given, is_refusal=False)
    return {CHANGE: [None, given]}


def _given_last(s: Situation) -> int | None:
    """Return the standard answer with which the last solution was given."""
    query = sa.select(TicketEvent.changes).where(
        TicketEvent.ticket_id == s.ticket.id, TicketEvent.action == Action.PROPOSE
    )
    changes = s.session.scalars(query.order_by(TicketEvent.seq.desc()).limit(1)).first() or {}
    given: int | None = (changes.get(CHANGE) or [None, None])[1]
    known = given is not None and s.session.get(StandardAnswer, given) is not None
    return given if known else None


def _add(s: Situation, answer_id: int, is_refusal: bool) -> None:
    # A row for each, counted later: a figure that all transactions share would make them wait for each other.
    s.session.add(
        StandardAnswerUse(
            answer_id=answer_id,
            category_key=s.ticket.category_key,
            month=f"{s.now:%Y-%m}",
            is_refusal=is_refusal,
        )
    )


def count_uses(session: Session, limit: int) -> int:
    """Count at most `limit` uses and refusals that nobody has counted yet, and return how many there were."""
    rows = session.scalars(sa.select(StandardAnswerUse).order_by(StandardAnswerUse.id).limit(limit)).all()
    used = Counter(_subject(row) for row in rows if not row.is_refusal)
    refused = Counter(_subject(row) for row in rows if row.is_refusal)
    for answer_id, category_key, month in sorted(used | refused):
        subject = (answer_id, category_key, month)
        _count(session, *subject, used=used[subject], refused=refused[subject])
    for row in rows:
        session.delete(row)
    session.flush()
    return len(rows)


def _subject(row: StandardAnswerUse) -> tuple[int, str, str]:
    return row.answer_id, row.category_key, row.month


def _count(session: Session, answer_id: int, category_key: str, month: str, **more: int) -> None:
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    counts = StandardAnswerCount
    insert = dialect.insert(counts).values(answer_id=answer_id, category_key=category_key, month=month, **more)
    added = {name: getattr(counts, name) + insert.excluded[name] for name in more}
    session.execute(insert.on_conflict_do_update(index_elements=["answer_id", "category_key", "month"], set_=added))
