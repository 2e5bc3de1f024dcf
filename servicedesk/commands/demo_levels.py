"""What the demo promises: two calendars with holidays and a summer closure, targets, times in a second-line group."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from servicedesk.actions.level_book import publish
from servicedesk.commands import demo_people
from servicedesk.rules.catalogue import Catalogue, LocalText, Service
from servicedesk.rules.level_book import Book, Calendar, Closure, Operational, Target
from servicedesk.rules.lifecycle import WaitingFor
from servicedesk.rules.opening_hours import Season, Week
from servicedesk.store import catalogue
from servicedesk.store.base import writing

MORNINGS: Week = {day: ((540, 750),) for day in range(5)}
HOUR = 60
STUDENTS, DIGITAL = "studenti", "digitali"
SUMMER: Mapping[str, str] = {STUDENTS: "Chiusura estiva", DIGITAL: "Chiusura di Ferragosto"}


def add(session: Session, now: datetime) -> int:
    """Publish the demo's calendars and targets, after a version without times in a group; return how many they are."""
    with writing(session):
        tree = catalogue.current(session)
        book = _book(tree, now.year)
        first = replace(book, operational=(), targets=book.targets[:-1])
        seen = publish(session, first, demo_people.BY, now - timedelta(days=1), 0)
        publish(session, book, demo_people.BY, now, seen)
    return len(book.targets) + len(book.operational)


def _book(tree: Catalogue, year: int) -> Book:
    services = {key: service for key in (STUDENTS, DIGITAL) if (service := tree.service_by_key(key))}
    patient = frozenset({WaitingFor.THIRD_PARTY})
    targets = (
        Target("t1", STUDENTS, 16 * HOUR, 60 * HOUR, service_id=services[STUDENTS].id, pauses=patient),
        Target("t2", STUDENTS, 8 * HOUR, 40 * HOUR, service_id=services[STUDENTS].id, priority=4, pauses=patient),
        Target("t3", DIGITAL, 24 * HOUR, 80 * HOUR, service_id=services[DIGITAL].id, pauses=patient),
        Target("t4", DIGITAL, 20 * HOUR, 48 * HOUR, kind="incident", pauses=patient, breach_escalates=True),
        Target("t5", STUDENTS, 14 * HOUR, 50 * HOUR, category="tasse", pauses=patient),
    )
    second_line = (
        Operational("g1", DIGITAL, "PORT2", 32 * HOUR, from_group="HD1"),
        Operational("g2", DIGITAL, "RETI", 24 * HOUR),
    )
    calendars = {key: _calendar(key, service, year) for key, service in services.items()}
    return Book(calendars, targets, second_line)


def _calendar(key: str, service: Service, year: int) -> Calendar:
    week = {
        day: tuple((opens.hour * 60 + opens.minute, closes.hour * 60 + closes.minute) for opens, closes in spans)
        for day, spans in service.hours.items()
    }
    return Calendar(
        key,
        LocalText(f"Orario: {service.name.it}", f"Hours: {service.name.en}"),
        week,
        service.zone,
        province="BG",
        seasons=(Season(date(year, 7, 15), date(year, 8, 31), MORNINGS),),
        closures=(Closure(date(year, 8, 10), date(year, 8, 21), SUMMER[key]),),
    )
