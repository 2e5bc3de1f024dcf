"""The demo's rules: one that runs, one that was written and waits to be tried."""

from datetime import datetime

from sqlalchemy.orm import Session

from servicedesk.actions.automation import mark_tried, save, switch
from servicedesk.rules.automation import Conditions, Deeds, Rule, Technician, Trigger
from servicedesk.rules.states import State
from servicedesk.store import catalogue, people
from servicedesk.store.base import writing
from servicedesk.store.staff import person_meant

ADMINISTRATOR, SERVICE = "o.gestori@unidemo.example", "studenti"
URGENT = Rule(
    "Urgenti che nessuno ha preso",
    Trigger.IDLE,
    Conditions(words=("urgente", "scadenza"), technician=Technician.NOBODY),
    Deeds(escalate="Urgente, e da quattro ore nessuno l'ha in carico."),
    idle_hours=4,
    idle_state=State.ASSIGNED_GROUP,
)
REOPENED = Rule(
    "Richieste riaperte: nota per chi riprende",
    Trigger.REOPENED,
    deeds=Deeds(note="Riaperta: leggere prima la soluzione già data e il motivo del richiedente."),
)


def add(session: Session, now: datetime) -> int:
    """Write them as the administrator does, switch one on, and return how many they are."""
    with writing(session):
        actor = people.actor_of(session, person_meant(session, ADMINISTRATOR).id)
        service = catalogue.current(session).service_by_key(SERVICE)
        assert actor is not None and service is not None
        running = save(session, actor, service.id, REOPENED, None, 0, now)
        mark_tried(session, actor, running)
        switch(session, actor, running, True, running.revision, now)
        save(session, actor, service.id, URGENT, None, 0, now)
    return 2
