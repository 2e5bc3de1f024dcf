"""The demo's rules: one that runs, one that waits to be tried, one that was tried and waits to be switched on."""

from datetime import datetime

from sqlalchemy.orm import Session

from servicedesk.actions.automation import mark_tried, save, switch
from servicedesk.rules.automation import Conditions, Deeds, Rule, Technician, Trigger
from servicedesk.rules.states import State
from servicedesk.store import catalogue, people
from servicedesk.store.base import writing
from servicedesk.store.staff import person_meant

ADMINISTRATOR = "o.gestori@unidemo.example"
SERVICE, DIGITAL = "studenti", "digitali"
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
PORTAL = Rule(
    "Errori del portale: risposta e secondo livello",
    Trigger.OPENED,
    Conditions(categories=("portale-errori",), words=("errore 500", "pagina bianca")),
    Deeds(answer="errore-portale"),
)
"""The answer itself forwards the request."""


def add(session: Session, now: datetime) -> int:
    """Write them as the administrator does, switch one on, and return how many they are."""
    with writing(session):
        actor = people.actor_of(session, person_meant(session, ADMINISTRATOR).id)
        tree = catalogue.current(session)
        service, digital = tree.service_by_key(SERVICE), tree.service_by_key(DIGITAL)
        assert actor is not None and service is not None and digital is not None
        running = save(session, actor, service.id, REOPENED, None, 0, now)
        mark_tried(session, actor, running)
        switch(session, actor, running, True, running.revision, now)
        save(session, actor, service.id, URGENT, None, 0, now)
        mark_tried(session, actor, save(session, actor, digital.id, PORTAL, None, 0, now))
    return 3
