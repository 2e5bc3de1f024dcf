"""The demo's saved views of the queue: two that a supervisor shares, and one with which a technician's queue opens."""

from datetime import datetime

from sqlalchemy.orm import Session

from servicedesk.actions.queue_views import NewView, begin_with, save_view
from servicedesk.rules.permissions import Actor
from servicedesk.store import people
from servicedesk.store.base import writing
from servicedesk.store.staff import person_meant

LEADER, WORKER = "n.coordini@unidemo.example", "c.informati@unidemo.example"
SHARED = (
    NewView("Urgenti di nessuno", {"technician": ["nobody"], "priority": ["4", "5", "6"]}, "priority", group="HD1"),
    NewView("Ha scritto lo studente", {"news": ["1"]}, "unanswered", ("number", "title", "news", "state"), group="HD1"),
)
OWN = NewView("Miei in attesa", {"state": ["waiting"], "technician": ["me"]}, "opened")


def add(session: Session, now: datetime) -> int:
    """Save them, and return how many."""
    with writing(session):
        leader, worker = _actor(session, LEADER), _actor(session, WORKER)
        for view in SHARED:
            save_view(session, view, leader, now)
        begin_with(session, save_view(session, OWN, worker, now).id, worker, now)
    return len(SHARED) + 1


def _actor(session: Session, email: str) -> Actor:
    found = people.actor_of(session, person_meant(session, email).id)
    assert found is not None
    return found
