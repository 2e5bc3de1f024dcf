"""The demo's standard answers, published by file, and some requests that were answered with them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.standard_answers import import_answer, save_draft
from servicedesk.actions.standard_contacts import keep_contact
from servicedesk.actions.standard_uses import count_uses
from servicedesk.actions.standard_values import letter, subject_of
from servicedesk.actions.tickets import act
from servicedesk.commands import demo_people
from servicedesk.gateways import standard_answers_file
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_plain
from servicedesk.rules.standard_answers import Reach, Sequel, Written
from servicedesk.settings import ROOT
from servicedesk.store import catalogue, people
from servicedesk.store import standard_answers as store
from servicedesk.store.base import writing
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.standard_answers import Offered, Place
from servicedesk.store.tickets import locked

FILE = ROOT / "config" / "demo" / "standard_answers.toml"
MOST = 1000
ANSWERED = 40
EARLIER = timedelta(hours=12)
PROPOSER = "i.contabili@unidemo.example"
PROPOSED = "Gentile {requester_name},\n\nle rate si chiedono entro il 30 novembre dalla pagina personale."


def add(session: Session, now: datetime) -> int:
    """Publish the demo's standard answers, and return how many they are."""
    found = standard_answers_file.read(FILE.read_bytes(), catalogue.current(session))
    with writing(session):
        for shortcut, written in found.answers.items():
            import_answer(session, shortcut, written, demo_people.BY, now)
        for contact in found.contacts:
            keep_contact(session, contact, demo_people.BY, now)
    return len(found.answers)


def answer_some(session: Session, now: datetime) -> int:
    """Answer some of the requests in work with what fits them, propose one more, and return how many were answered."""
    query = sa.select(Ticket.number, Ticket.technician_id).where(Ticket.state == State.IN_PROGRESS)
    rows = session.execute(query.order_by(Ticket.id).limit(ANSWERED)).all()
    answered = 0
    for place, (number, technician_id) in enumerate(rows):
        assert technician_id is not None
        with writing(session):
            at = now - EARLIER + timedelta(minutes=place)
            answered += _answer(session, number, technician_id, at)
    with writing(session):
        _propose(session, now)
        count_uses(session, MOST)
    return answered


def _answer(session: Session, number: str, technician_id: int, now: datetime) -> bool:
    actor = people.actor_of(session, technician_id)
    assert actor is not None
    ticket = locked(session, number, actor)
    fitting = _fitting(session, ticket)
    if not fitting:
        return False
    answer = store.published(session, fitting[0].id)
    said = letter(answer, subject_of(session, ticket), actor, "code", now)
    if said.missing or ticket.changed_at > now:
        return False
    act(session, ticket, Action.COMMENT, actor, now, Details(note=said.text, standard_answer=answer.id))
    return True


def _fitting(session: Session, ticket: Ticket) -> Sequence[Offered]:
    """Return what is for the ticket's own part of the tree."""
    tree = catalogue.current(session)
    found = store.offered(session, tree, [Place(ticket.group_code, ticket.category_key)])
    return [each for each in found if each.reach.category_key is not None and each.sequel is not Sequel.WAIT]


def _propose(session: Session, now: datetime) -> None:
    """Let a technician propose one that waits for its supervisor."""
    person_id = session.scalars(sa.select(Person.id).where(Person.email == PROPOSER)).first()
    actor = people.actor_of(session, person_id) if person_id is not None else None
    if actor is None:
        return
    text = from_plain(PROPOSED)
    reach = Reach(frozenset({"TASSE"}), None, None)
    save_draft(session, actor, "rate", Written("Rateizzazione delle tasse", {"it": text}, reach), False, "", now)
