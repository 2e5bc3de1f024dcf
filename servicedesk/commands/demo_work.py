"""What the demo's technicians have in hand: answers begun, colleagues named in notes, who watches and who stopped."""

from datetime import datetime, timedelta
from secrets import token_urlsafe

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.actions.work_drafts import Written, keep_written
from servicedesk.rules import richtext
from servicedesk.rules.changes import STAFF_KINDS
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.permissions import Actor
from servicedesk.store import catalogue, people
from servicedesk.store.base import writing
from servicedesk.store.colleagues import colleagues, groups_of
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.tickets import facts_of, locked

MOST = 6
KEPT = timedelta(days=30)
BEGUN = "Gentile studente, abbiamo trovato il suo pagamento: lo stiamo abbinando alla rata. "
NAMED = "@{code} l'hai già visto un caso così?"
FOR_YOU = "Ti aggiungo: riguarda anche voi."


def add(session: Session, now: datetime) -> int:
    """Do it all by the real actions, and return how many answers are begun."""
    query = (
        sa.select(Ticket.number, Ticket.technician_id)
        .where(Ticket.state == State.IN_PROGRESS, Ticket.technician_id.is_not(None), Ticket.kind.not_in(STAFF_KINDS))
        .order_by(Ticket.id.desc())
        .limit(MOST)
    )
    begun = 0
    for place, (number, technician_id) in enumerate(session.execute(query).all()):
        actor = people.actor_of(session, technician_id) if technician_id else None
        session.rollback()
        if actor is None or technician_id is None:
            continue
        with writing(session):
            ticket = locked(session, number, actor)
            if place % 2:
                _watch(session, ticket, actor, now)
            else:
                begun += _begin(session, ticket, technician_id, now)
    return begun


def _begin(session: Session, ticket: Ticket, person_id: int, now: datetime) -> int:
    written = Written(token_urlsafe(24), BEGUN, "text")
    return int(keep_written(session, person_id, ticket.id, written, KEPT, now))


def _watch(session: Session, ticket: Ticket, actor: Actor, now: datetime) -> None:
    tree = catalogue.current(session)
    known = {*facts_of(session, ticket, tree.services[ticket.service_id]).watchers, actor.person_id}
    groups = groups_of(tree, ticket.service_id, ticket.group_code)
    others = [each for each in colleagues(session, groups) if each.code and each.id not in known]
    if len(others) < 2:
        return
    named, watcher = others[0], others[-1]
    note = richtext.from_plain(NAMED.format(code=named.code))
    act(session, ticket, Action.NOTE, actor, now, Details(note=note, is_confirmed=True))
    why = richtext.from_plain(FOR_YOU)
    act(session, ticket, Action.WATCH, actor, now, Details(technician_id=watcher.id, note=why))
    act(session, ticket, Action.UNWATCH, actor, now, Details(technician_id=watcher.id))
