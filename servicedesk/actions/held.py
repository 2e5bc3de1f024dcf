"""Undo send: what a technician sends waits some seconds as a draft with a time; then the desk sends it by itself."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from servicedesk.actions import bell
from servicedesk.actions.details import Details
from servicedesk.actions.files import drafts_of
from servicedesk.actions.standard_sequels import Onward, answer_and_forward
from servicedesk.actions.tickets import act
from servicedesk.actions.work_drafts import NOT_KEPT, Written, forget_written, keep_written
from servicedesk.rules.errors import AlreadyDone, Conflict, DeskError, Invalid, NotAllowed, NotFound, NotNow
from servicedesk.rules.lifecycle import Action, WaitingFor
from servicedesk.rules.permissions import Actor
from servicedesk.rules.richtext import RichText
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store import people, preferences
from servicedesk.store.models.tickets import Ticket, TicketEvent
from servicedesk.store.models.work import WorkDraft

HELD = frozenset({Action.COMMENT, Action.WAIT, Action.PROPOSE, Action.REPLY_CLOSE})
"""What speaks to the requester, and can therefore be taken back for a moment. Notes are kept at once."""
REFUSALS = (Conflict, NotNow, NotAllowed, NotFound, Invalid)
FAILED = N_("Something went wrong on our side. Send it again.")
log = logging.getLogger(__name__)


class _Rehearsed(Exception):
    """The action would be done: undo the trial."""


def hold(
    session: Session,
    ticket: Ticket,
    action: Action,
    actor: Actor,
    details: Details,
    written: Written,
    send_at: datetime,
    life: timedelta,
    now: datetime,
    onward: Onward | None = None,
) -> None:
    """Keep an action on a locked ticket until `send_at`; no event until then.

    With `onward` it is an answer that hands the ticket on. What the same person still held for the ticket is sent
    first; where that cannot be, nothing is held in its place. Everything that would refuse the action now does so:
    raises what `act` raises, NotNow for what only the one held first stands in the way of.
    """
    assert actor.person_id is not None
    before = held_by(session, actor.person_id, ticket.id)
    if before is not None and _particulars(before)["form_key"] == details.form_key:
        return
    if before is not None and (why := send(session, ticket, before, actor, now)):
        raise why
    with _after(before):
        _rehearse(session, ticket, lambda: _do(session, ticket, action, actor, details, onward, now))
    keep_written(session, actor.person_id, ticket.id, written, life, now)
    session.execute(
        sa.update(WorkDraft)
        .where(WorkDraft.person_id == actor.person_id, WorkDraft.ticket_id == ticket.id)
        .values(send_at=send_at, held=_stored(action, details, onward))
    )


def act_after(
    session: Session, ticket: Ticket, action: Action, actor: Actor, now: datetime, details: Details
) -> TicketEvent:
    """Do something to a locked ticket after what the same person still held for it, and forget the form's draft.

    A note comes before an answer that hands the ticket on: afterwards its writer may read it no longer. Raises what
    `act` raises, NotNow for what only the one held first stands in the way of.
    """
    assert actor.person_id is not None
    draft, why = held_by(session, actor.person_id, ticket.id), None
    if draft is not None and not (action is Action.NOTE and _waits_for_note(draft, details)):
        why = send(session, ticket, draft, actor, now)
    with _after(draft):
        event = act(session, ticket, action, actor, now, details)
    if details.draft_key and not why:
        forget_written(session, actor.person_id, ticket.id, details.draft_key, now)
    return event


def _waits_for_note(draft: WorkDraft, note: Details) -> bool:
    # A note of the same form would take the files of the answer along.
    return _onward(_particulars(draft)) is not None and draft.form_key != note.draft_key


@contextmanager
def _after(held: WorkDraft | None) -> Iterator[None]:
    """Do what may be impossible only because of what was held before it. Raises NotNow then."""
    try:
        yield
    except (NotFound, NotAllowed) as error:
        if held is None:
            raise
        raise NotNow(NOT_KEPT) from error


def _rehearse(session: Session, ticket: Ticket, do: Callable[[], None]) -> None:
    """Do it and undo it. Raises what it raises."""
    try:
        with session.begin_nested():
            do()
            raise _Rehearsed
    except _Rehearsed:
        session.refresh(ticket)


def _do(
    session: Session,
    ticket: Ticket,
    action: Action,
    actor: Actor,
    details: Details,
    onward: Onward | None,
    now: datetime,
) -> None:
    if onward:
        answer_and_forward(session, ticket, actor, now, details, onward)
    else:
        act(session, ticket, action, actor, now, details)


def _stored(action: Action, details: Details, onward: Onward | None) -> dict[str, Any]:
    note = details.note
    return {
        "action": action.value,
        "note": {"html": note.html, "text": note.text, "policy": note.policy} if note else None,
        "seen_seq": details.seen_seq,
        "form_key": details.form_key,
        "with_files": bool(details.files),
        "standard_answer": details.standard_answer,
        "waiting_for": details.waiting_for.value if details.waiting_for else None,
        "until": details.until.isoformat() if details.until else None,
        "onward": asdict(onward) if onward else None,
    }


def _particulars(draft: WorkDraft) -> Mapping[str, Any]:
    assert draft.held is not None
    return draft.held


def _details(session: Session, draft: WorkDraft) -> Details:
    held = _particulars(draft)
    return Details(
        note=RichText(**held["note"]) if held["note"] else None,
        files=tuple(file.id for file in drafts_of(session, draft.form_key)) if held.get("with_files", True) else (),
        draft_key=draft.form_key,
        seen_seq=held["seen_seq"],
        form_key=held["form_key"],
        standard_answer=held.get("standard_answer"),
        waiting_for=WaitingFor(held["waiting_for"]) if held["waiting_for"] else None,
        until=datetime.fromisoformat(held["until"]) if held["until"] else None,
    )


def _onward(held: Mapping[str, Any]) -> Onward | None:
    return Onward(**held["onward"]) if held.get("onward") else None


def held_by(session: Session, person_id: int, ticket_id: int) -> WorkDraft | None:
    """Return what the person is about to send to the ticket, its row locked; None when there is nothing."""
    query = sa.select(WorkDraft).where(
        WorkDraft.person_id == person_id, WorkDraft.ticket_id == ticket_id, WorkDraft.send_at.is_not(None)
    )
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).first()


def send(session: Session, ticket: Ticket, draft: WorkDraft, actor: Actor, now: datetime) -> DeskError | None:
    """Do what is held, ticket and draft being locked; return None, or why it became a draft again."""
    held = _particulars(draft)
    try:
        with session.begin_nested():
            _do(session, ticket, Action(held["action"]), actor, _details(session, draft), _onward(held), now)
    except AlreadyDone:
        pass
    except REFUSALS as error:
        session.refresh(ticket)
        _give_back(session, draft, error.sentence)
        return error
    session.delete(draft)
    session.flush()
    return None


def _give_back(session: Session, draft: WorkDraft, why: Sentence) -> None:
    draft.send_at, draft.held, draft.returned = None, None, why.as_json()
    session.flush()


def send_now(session: Session, ticket: Ticket, actor: Actor, now: datetime) -> DeskError | None:
    """Send what the person holds for this locked ticket without waiting; nothing happens where nothing is held."""
    assert actor.person_id is not None
    draft = held_by(session, actor.person_id, ticket.id)
    return send(session, ticket, draft, actor, now) if draft else None


def undo(session: Session, person_id: int, ticket_id: int) -> None:
    """Make a draft again of what is about to be sent. Raises NotNow when it has been sent already."""
    draft = held_by(session, person_id, ticket_id)
    if draft is None:
        raise NotNow(N_("Too late: it was sent already."))
    draft.send_at = draft.held = None
    session.flush()


def send_due(session: Session, now: datetime, limit: int, failed: set[int]) -> int:
    """Send up to `limit` of what has waited long enough and return how many there were.

    What another process has in hand is left to it; one that raises is logged and given back to its writer.
    """
    found = _due(session, now, limit, failed)
    for ticket, draft in found:
        try:
            with session.begin_nested():
                _send_for(session, ticket, draft, now)
        except Exception as error:
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                raise
            log.exception("what was held for ticket %s could not be sent", ticket.id)
            failed.add(draft.id)
            _give_back(session, draft, Sentence(FAILED))
            _ring(session, ticket, draft.person_id, now)
    return len(found)


def _ring(session: Session, ticket: Ticket, person_id: int, now: datetime) -> None:
    """Leave a notice that a text came back, for its writer may be elsewhere by now."""
    wishes = preferences.wishes_of(session, [person_id])[person_id]
    bell.ring(session, person_id, "watch_unsent", ticket.number, wishes, now)


def _due(session: Session, now: datetime, limit: int, failed: set[int]) -> Sequence[tuple[Ticket, WorkDraft]]:
    query = (
        sa.select(Ticket, WorkDraft)
        .join(WorkDraft, WorkDraft.ticket_id == Ticket.id)
        .where(WorkDraft.send_at.is_not(None), WorkDraft.send_at <= now)
        .order_by(Ticket.id, WorkDraft.send_at)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return [(row[0], row[1]) for row in session.execute(query.execution_options(populate_existing=True))]


def _send_for(session: Session, ticket: Ticket, draft: WorkDraft, now: datetime) -> None:
    actor = people.actor_of(session, draft.person_id)
    if actor is None:  # nobody who works here any more: what was not sent in time is not sent for them
        draft.send_at = draft.held = None
        forget_written(session, draft.person_id, ticket.id, draft.form_key, now)
        return
    if send(session, ticket, draft, actor, now):
        _ring(session, ticket, draft.person_id, now)
