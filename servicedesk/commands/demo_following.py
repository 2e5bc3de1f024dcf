"""What the demo's students do around their requests: share, publish, edit, thank, mark, judge, begin another, read."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from secrets import token_urlsafe

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import answers
from servicedesk.actions.details import Details
from servicedesk.actions.drafts import Typed, keep_draft
from servicedesk.actions.feedback import give_feedback, locked_ticket
from servicedesk.actions.stars import star
from servicedesk.actions.tickets import act
from servicedesk.rules import richtext
from servicedesk.rules.lifecycle import Action, Outcome, State
from servicedesk.rules.permissions import Actor, Scope
from servicedesk.store import answers as answer_store
from servicedesk.store import catalogue, people
from servicedesk.store.base import writing
from servicedesk.store.models.people import Identity, Person, StudentRecord
from servicedesk.store.models.tickets import Invitation, Ticket
from servicedesk.store.tickets import facts_of, locked

MOST = 5
"""How many of each the demo shows."""
KEPT = timedelta(days=30)
READERS = 40
"""How many open the most read answer; the next ones have fewer."""
UNTOUCHED = (State.ASSIGNED_GROUP, State.ASSIGNED_TECHNICIAN)
ADDED = "Aggiungo: la scadenza è venerdì."
BEGUN = ("tasse-rimborsi", "Rimborso della seconda rata", "Ho pagato due volte la stessa rata: allego le ricevute")
THANKS = "Grazie, risposta chiarissima!"
GRADES = (5, 4, 5, 3, 2)
COMMENTS = ("Veloci e gentili.", "", "Tutto risolto in un giorno.", "", "La risposta è arrivata dopo la scadenza.")


def add(session: Session, now: datetime) -> int:
    """Do it all by the real actions, and return how many tickets are shared or public."""
    _edit(session, now)
    _thank_and_judge(session, now)
    _begin(session, now)
    _read(session)
    return _share(session, now) + _publish(session, now)


def _numbers(session: Session, *states: State, **more: object) -> Sequence[tuple[str, int]]:
    """Return number and requester of the newest tickets of students in these states, with `more` of their columns."""
    query = (
        sa.select(Ticket.number, Ticket.requester_id)
        .where(Ticket.state.in_(states), Ticket.requester_id.in_(_students()))
        .filter_by(**more)
        .order_by(Ticket.id.desc())
    )
    return [(row.number, row.requester_id) for row in session.execute(query.limit(MOST))]


def _students() -> sa.Select[int]:
    return (
        sa.select(Person.id)
        .join(Identity, Identity.person_id == Person.id)
        .join(StudentRecord, StudentRecord.fiscal_hash == Identity.subject)
    )


def _actor(session: Session, person_id: int) -> Actor:
    actor = people.actor_of(session, person_id)
    assert actor is not None
    return actor


def _do(session: Session, number: str, person_id: int, action: Action, at: datetime, details: Details) -> Ticket:
    actor = _actor(session, person_id)
    with writing(session):
        ticket = locked(session, number, actor)
        act(session, ticket, action, actor, at, details)
    return ticket


def _edit(session: Session, at: datetime) -> None:
    for number, person_id in _numbers(session, *UNTOUCHED):
        text = session.scalar(sa.select(Ticket.title).where(Ticket.number == number))
        note = richtext.from_plain(f"{text}.\n\n{ADDED}")
        _do(session, number, person_id, Action.EDIT, at, Details(note=note))


def _thank_and_judge(session: Session, at: datetime) -> None:
    closed = _numbers(session, State.CLOSED, outcome=Outcome.ACCEPTED)
    for (number, person_id), grade, comment in zip(closed, GRADES, COMMENTS, strict=False):
        _do(session, number, person_id, Action.THANK, at, Details(note=richtext.from_plain(THANKS)))
        with writing(session):
            found = session.scalars(sa.select(Ticket.id).where(Ticket.number == number)).one()
            give_feedback(session, locked_ticket(session, found), grade, comment, at)


def _begin(session: Session, at: datetime) -> None:
    key, title, text = BEGUN
    for person_id in _first(session):
        _mark_own(session, person_id, at)
        with writing(session):
            typed = Typed(token_urlsafe(24), title, {"title": [title], "description": [text]})
            keep_draft(session, person_id, key, typed, KEPT, at)


def _first(session: Session) -> Sequence[int]:
    return session.scalars(_students().order_by(StudentRecord.id).limit(MOST)).all()


def _mark_own(session: Session, person_id: int, at: datetime) -> None:
    mine = sa.select(Ticket.number).where(Ticket.requester_id == person_id).order_by(Ticket.id.desc())
    number = session.scalars(mine.limit(1)).first()
    if number is not None:
        _mark(session, number, person_id, at)


def _read(session: Session) -> None:
    """Let students open some answers; every third of them says whether it helped."""
    reader = _actor(session, _first(session)[0])
    for place, row in enumerate(answer_store.most_asked(session, reader, MOST)):
        with writing(session):
            for number in range(READERS // (place + 1)):
                answers.count_view(session, reader, row.key)
                if number % 3 == 0:
                    answers.vote(session, reader, row.key, helped=number % 4 != 0)


def _share(session: Session, at: datetime) -> int:
    """Share the newest open requests with a fellow student each; one is taken back, one is left."""
    shared = _numbers(session, State.IN_PROGRESS, State.RESOLVED)
    for place, (number, person_id) in enumerate(shared):
        fellow, address = session.execute(
            sa.select(Person.id, StudentRecord.institutional_email)
            .join(Identity, Identity.person_id == Person.id)
            .join(StudentRecord, StudentRecord.fiscal_hash == Identity.subject)
            .where(Person.id != person_id)
            .order_by(StudentRecord.id)
            .offset(place)
            .limit(1)
        ).one()
        ticket = _do(session, number, person_id, Action.SHARE, at, Details(address=address))
        _mark(session, number, person_id, at)
        if place == 1:
            last = session.scalars(sa.select(Invitation.id).where(Invitation.ticket_id == ticket.id)).one()
            _do(session, number, person_id, Action.UNSHARE, at, Details(invitation_id=last))
        if place == 2:
            _do(session, number, fellow, Action.LEAVE, at, Details())
    return len(shared)


def _mark(session: Session, number: str, person_id: int, at: datetime) -> None:
    actor = _actor(session, person_id)
    with writing(session):
        ticket = locked(session, number, actor)
        star(session, facts_of(session, ticket, catalogue.current(session).services[ticket.service_id]), actor, at)


def _publish(session: Session, at: datetime) -> int:
    """Make the newest solved requests public in their service; one is private again."""
    solved = _numbers(session, State.RESOLVED)
    for place, (number, person_id) in enumerate(solved):
        _do(session, number, person_id, Action.PUBLISH, at, Details(scope=Scope.SERVICE, is_confirmed=True))
        if place == MOST - 1:
            _do(session, number, person_id, Action.UNPUBLISH, at, Details())
    return len(solved)
