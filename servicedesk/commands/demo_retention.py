"""What the demo keeps and no longer keeps: terms of a service, a request under a hold, a person removed, a run."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk import retaining
from servicedesk.actions import holds
from servicedesk.actions.anonymising import anonymise_person
from servicedesk.actions.anonymising_rows import Left
from servicedesk.actions.retention import set_terms
from servicedesk.commands.demo_levels import DIGITAL, STUDENTS
from servicedesk.rules.lifecycle import State
from servicedesk.rules.permissions import EVERY_SERVICE, Actor, Role
from servicedesk.rules.retention import Terms
from servicedesk.store import anonymising, catalogue, people
from servicedesk.store.base import writing
from servicedesk.store.models.people import Person, RoleGrant
from servicedesk.store.models.tickets import Ticket
from servicedesk.turns import JobContext

TERMS = {STUDENTS: Terms(files=24, tickets=120), DIGITAL: Terms(files=12, tickets=60)}
ACCOUNTS = Terms(accounts=36)
BACK = timedelta(days=60)
"""How long ago the terms were set, and the person asked to be removed."""
APPEAL = "Ricorso al TAR notificato all'ateneo: conservare fino alla decisione."
ASKED = "Richiesta di cancellazione ricevuta per posta certificata."


def add(session: Session, context: JobContext, now: datetime) -> int:
    """Set the terms, place the hold, remove a guest, carry out the terms; return how many services have any."""
    boss = _administrator(session)
    tree, usual = catalogue.current(session), retaining.usual(context.settings)
    with writing(session):
        for key, terms in TERMS.items():
            service = tree.service_by_key(key)
            assert service is not None
            set_terms(session, boss, service.id, terms, 0, usual, now - BACK)
        set_terms(session, boss, EVERY_SERVICE, ACCOUNTS, 0, usual, now - BACK)
        held = session.scalars(_ended(is_guest=False)).first()
        assert held is not None
        holds.hold_ticket(session, boss, held.number, APPEAL, now - BACK)
    _remove(session, context, boss, now)
    retaining.carry_out(context, lambda: writing(session), now)
    return len(TERMS)


def _administrator(session: Session) -> Actor:
    query = sa.select(RoleGrant.person_id).where(
        RoleGrant.role == Role.ADMINISTRATOR, RoleGrant.service_id == EVERY_SERVICE
    )
    found = people.actor_of(session, session.scalars(query.order_by(RoleGrant.person_id)).first() or 0)
    assert found is not None
    return found


def _ended(is_guest: bool) -> sa.Select[Ticket]:
    query = sa.select(Ticket).join(Person, Person.id == Ticket.requester_id)
    return query.where(Ticket.state == State.CLOSED, Person.is_guest.is_(is_guest)).order_by(Ticket.id).limit(1)


def _remove(session: Session, context: JobContext, boss: Actor, now: datetime) -> None:
    settings = context.settings
    with writing(session):
        ticket = session.scalars(_ended(is_guest=True)).one()
        word = anonymising.word_of(session, session.get_one(Person, ticket.requester_id))
        left = Left.by(settings.retention)
        files = anonymise_person(session, boss, ticket.requester_id, ASKED, word, left, now - BACK)
    for upload_id in files:
        context.storage.remove(upload_id)
