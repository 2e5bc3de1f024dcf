"""In which hours the times of the figures run: those a service promises its answers in, else its opening hours."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from servicedesk.rules.catalogue import Catalogue, Service
from servicedesk.rules.figure_events import Spent
from servicedesk.rules.level_book import Book
from servicedesk.rules.opening_hours import OpeningHours, open_time_between
from servicedesk.store import service_levels


def spent_in_hours(session: Session, tree: Catalogue) -> Spent:
    """Return how many open minutes lie between two instants for a service; all of them where it names no hours."""
    _number, book = service_levels.current(session)
    known = {key: _hours(service, book) for key, service in tree.services.items()}

    def spent(service_id: str, start: datetime, end: datetime) -> float:
        hours = known.get(service_id)
        whole = open_time_between(start, end, hours) if hours else end - start
        return whole.total_seconds() / 60

    return spent


def _hours(service: Service, book: Book) -> OpeningHours | None:
    """Return the hours of the widest target of a service: one figure has one measure, whatever the priority."""
    targets = [each for each in book.targets if each.service_id in (None, service.id) and each.category is None]
    # Its own before one for all services, and the fewer conditions the better.
    targets.sort(key=lambda each: (each.service_id is None, each.kind is not None, each.priority is not None))
    hours = book.hours(targets[0].calendar) if targets else None
    if hours is not None or not service.hours:
        return hours
    week = {day: tuple((_minutes(a), _minutes(b)) for a, b in spans) for day, spans in service.hours.items()}
    return OpeningHours(ZoneInfo(service.zone), week)


def _minutes(wall: time) -> int:
    return wall.hour * 60 + wall.minute
