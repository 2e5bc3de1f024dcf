"""The demo's recurring requests: one that has opened already, one whose day is still to come."""

from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from servicedesk.actions.recurring import ForWhom, save
from servicedesk.actions.recurring_files import Files
from servicedesk.commands import demo_files
from servicedesk.repeating import open_due
from servicedesk.rules.automation import Deeds
from servicedesk.rules.catalogue import LocalText
from servicedesk.rules.recurring import Recurring
from servicedesk.rules.rhythm import END_OF_MONTH, OffDay, Rhythm, Unit
from servicedesk.store import people
from servicedesk.store.base import writing
from servicedesk.store.models.recurring import RecurringTicket
from servicedesk.store.staff import person_meant
from servicedesk.turns import JobContext

LEADER = "n.coordini@unidemo.example"
ROOMS_CATEGORY, GRADUATES_CATEGORY = "personale-aule", "laurea-domanda"
SINCE = timedelta(days=8)
CHECKLIST, CHECKS = "lista-controlli-aule.pdf", "Aula\nProiettore\nAudio\nMicrofono\nCavi e adattatori\nFirma"
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


def add(session: Session, context: JobContext, now: datetime) -> int:
    """Write them as who leads the group does, open what has come due since, and return how many they are."""
    began = now - SINCE
    weekly = Rhythm(Unit.WEEK, began.date(), time(8), weekdays=(0,), off_days=OffDay.NEXT)
    monthly = Rhythm(Unit.MONTH_DAY, began.date(), time(9), day=END_OF_MONTH, off_days=OffDay.PREVIOUS)
    files = _checklist(session, context, began)
    office = ForWhom(None, "Ufficio Lauree", "lauree@unidemo.example")
    with writing(session):
        leader = person_meant(session, LEADER)
        actor = people.actor_of(session, leader.id)
        assert actor is not None
        rooms = Recurring("Controllo delle aule", ROOMS_CATEGORY, ROOMS, ROOMS_TEXT, weekly, deeds=Deeds(note=NOTE))
        graduates = Recurring("Elenco dei laureandi", GRADUATES_CATEGORY, GRADUATES, GRADUATES_TEXT, monthly)
        first = save(session, actor, rooms, ForWhom(leader.id), None, 0, began, files)
        save(session, actor, graduates, office, None, 0, now)
        due = first.next_at
    while due is not None and due <= now:
        open_due(context, lambda: writing(session), due)
        with writing(session):
            due = session.get_one(RecurringTicket, first.id).next_at
    return 2


def _checklist(session: Session, context: JobContext, now: datetime) -> Files:
    upload_id, draft_key = demo_files.attach(session, context.storage, CHECKLIST, CHECKS, now)
    return Files(new=(upload_id,), draft_key=draft_key)
