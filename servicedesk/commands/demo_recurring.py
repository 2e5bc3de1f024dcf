"""The demo's recurring requests: one that has opened already, one whose day is still to come."""

from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from servicedesk.actions.recurring import ForWhom, open_due, save
from servicedesk.rules.automation import Deeds
from servicedesk.rules.catalogue import LocalText
from servicedesk.rules.recurring import Recurring
from servicedesk.rules.rhythm import END_OF_MONTH, OffDay, Rhythm, Unit
from servicedesk.store import people
from servicedesk.store.base import writing
from servicedesk.store.staff import person_meant

LEADER = "n.coordini@unidemo.example"
ROOMS_CATEGORY, GRADUATES_CATEGORY = "personale-aule", "laurea-domanda"
SINCE = timedelta(days=8)
NOTE = "1. Proiettore e audio\n2. Microfono e batterie\n3. Cavi e adattatori"
ROOMS = LocalText("Aule: controllo della settimana {week}", "Lecture rooms: check of week {week}")
ROOMS_TEXT = LocalText(
    "Prima delle lezioni: proiettore, audio, microfono di ogni aula. Segnalare qui ciò che manca.",
    "Before lessons: projector, sound, microphone of every room. Say here what is missing.",
)
GRADUATES = LocalText("Elenco dei laureandi di {month} da verificare", "Graduates of {month} to be checked")
GRADUATES_TEXT = LocalText(
    "Verificare titoli, pagamenti e bolli dei laureandi del mese.",
    "Check the qualifications, payments and stamps of this month's graduates.",
)


def add(session: Session, now: datetime) -> int:
    """Write them as who leads the group does, open what has come due since, and return how many they are."""
    began = now - SINCE
    weekly = Rhythm(Unit.WEEK, began.date(), time(8), weekdays=(0,), off_days=OffDay.NEXT)
    monthly = Rhythm(Unit.MONTH_DAY, began.date(), time(9), day=END_OF_MONTH, off_days=OffDay.PREVIOUS)
    office = ForWhom(None, "Ufficio Lauree", "lauree@unidemo.example")
    with writing(session):
        leader = person_meant(session, LEADER)
        actor = people.actor_of(session, leader.id)
        assert actor is not None
        rooms = Recurring("Controllo delle aule", ROOMS_CATEGORY, ROOMS, ROOMS_TEXT, weekly, deeds=Deeds(note=NOTE))
        graduates = Recurring("Elenco dei laureandi", GRADUATES_CATEGORY, GRADUATES, GRADUATES_TEXT, monthly)
        first = save(session, actor, rooms, ForWhom(leader.id), None, 0, began)
        save(session, actor, graduates, office, None, 0, now)
        while first.next_at is not None and first.next_at <= now:
            open_due(session, first.next_at, 1, set())
    return 2
