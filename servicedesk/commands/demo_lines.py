"""What the demo's staff ask of each other: hand-overs to decide, escalations, advice, a major incident, who is away."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.absences import enter
from servicedesk.actions.details import Details
from servicedesk.actions.lines import escalate, set_habits
from servicedesk.actions.tickets import act
from servicedesk.commands import demo_people
from servicedesk.rules import richtext
from servicedesk.rules.absences import Entry, Handling
from servicedesk.rules.changes import STAFF_KINDS
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.permissions import Actor
from servicedesk.store import people
from servicedesk.store.base import writing
from servicedesk.store.models.lines import TicketMatter
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.staff import person_meant
from servicedesk.store.tickets import locked

LEADER = "n.coordini@unidemo.example"
AWAY, STANDS_IN = "c.informati@unidemo.example", "b.risposti@unidemo.example"
GROUP, OTHER, ADVISING = "HD1", "INFO1", "TASSE"
REASONS = ("Riguarda la carriera: serve la segreteria dell'area", "Serve un controllo sui pagamenti")
HANDED = "È già passata da noi due volte: chi la prende in carico?"
LATE = "La scadenza è domani e manca ancora la risposta dell'ufficio."
ASKED = "Il bollo è dovuto anche in questo caso?"
ADVICE = "No, in questo caso il bollo non è dovuto."
DOWN = "Il portale non risponde da stamattina: chiamano in molti."
WORKED = (State.ASSIGNED_TECHNICIAN, State.IN_PROGRESS)


def add(session: Session, now: datetime) -> int:
    """Do it all by the real actions, and return on how many tickets."""
    leader = _actor(session, person_meant(session, LEADER).id)
    with writing(session):
        set_habits(session, leader, GROUP, 3, REASONS, now)
    _absence(session, now)
    tickets = list(_at_work(session))
    for play, (number, worker) in zip(PLAYS, tickets, strict=False):
        play(session, number, worker, leader, now)
    return len(tickets)


def _actor(session: Session, person_id: int) -> Actor:
    actor = people.actor_of(session, person_id)
    assert actor is not None
    return actor


def _at_work(session: Session) -> Iterator[tuple[str, Actor]]:
    query = (
        sa.select(Ticket.number, Ticket.technician_id)
        .where(
            Ticket.state.in_(WORKED),
            Ticket.group_code == GROUP,
            Ticket.technician_id.is_not(None),
            Ticket.kind.not_in(STAFF_KINDS),
            Ticket.requester_id.not_in(demo_people.named()),
        )
        .order_by(Ticket.id.desc())
        .limit(len(PLAYS))
    )
    for number, technician_id in session.execute(query).all():
        assert technician_id is not None
        yield number, _actor(session, technician_id)


def _do(session: Session, number: str, actor: Actor, action: Action, now: datetime, words: str, **more: object) -> None:
    with writing(session):
        details = Details(note=richtext.from_plain(words) if words else None, **more)  # type: ignore[arg-type]
        act(session, locked(session, number, actor), action, actor, now, details)


def _decisions(session: Session, number: str, worker: Actor, leader: Actor, now: datetime) -> None:
    _do(session, number, worker, Action.HOLD_OVER, now, HANDED, group=OTHER)
    _do(session, number, leader, Action.LET_GO, now, "")


def _kept(session: Session, number: str, worker: Actor, leader: Actor, now: datetime) -> None:
    _do(session, number, worker, Action.HOLD_OVER, now, HANDED, group=OTHER)
    _do(session, number, leader, Action.KEEP, now, "Resta al portale: la risposta è nelle istruzioni di accesso.")


def _undecided(session: Session, number: str, worker: Actor, leader: Actor, now: datetime) -> None:
    _do(session, number, worker, Action.HOLD_OVER, now, HANDED, group=OTHER)


def _escalations(session: Session, number: str, worker: Actor, leader: Actor, now: datetime) -> None:
    for is_first in (True, False):
        with writing(session):
            escalate(session, locked(session, number, worker), worker, now, LATE)
        if is_first:
            _do(session, number, leader, Action.ACKNOWLEDGE, now, "")


def _advice(session: Session, number: str, worker: Actor, leader: Actor, now: datetime) -> None:
    _do(session, number, worker, Action.ASK_ADVICE, now, ASKED, group=ADVISING)


def _answered(session: Session, number: str, worker: Actor, leader: Actor, now: datetime) -> None:
    _do(session, number, worker, Action.ASK_ADVICE, now, ASKED, group=ADVISING)
    adviser = _actor(session, people.members_of(session, ADVISING)[0].id)
    _do(session, number, adviser, Action.ADVISE, now, ADVICE)
    asked = sa.select(TicketMatter.id).join(Ticket, Ticket.id == TicketMatter.ticket_id).where(Ticket.number == number)
    _do(session, number, worker, Action.END_ADVICE, now, "", matter_id=session.scalars(asked).one())


def _major(session: Session, number: str, worker: Actor, leader: Actor, now: datetime) -> None:
    _do(session, number, leader, Action.DECLARE_MAJOR, now, DOWN)
    _do(session, number, leader, Action.END_MAJOR, now, "Il portale risponde di nuovo.")
    _do(session, number, leader, Action.DECLARE_MAJOR, now, DOWN)


def _absence(session: Session, now: datetime) -> None:
    away, mate = person_meant(session, AWAY), person_meant(session, STANDS_IN)
    today = now.date()
    entry = Entry(away.id, today, today + timedelta(days=6), mate.id, Handling.SHOW, "Ferie")
    with writing(session):
        enter(session, entry, _actor(session, away.id), today, now)


PLAYS = (_decisions, _kept, _undecided, _escalations, _advice, _answered, _major)
"""What is done to one ticket each."""
