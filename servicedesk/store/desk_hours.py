"""When the desk of a category is open: by the calendar of what is promised there, else by the hours of its service."""

from collections.abc import Callable
from datetime import time
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from servicedesk.rules.catalogue import Catalogue, Service
from servicedesk.rules.level_book import Book, Subject
from servicedesk.rules.opening_hours import OpeningHours
from servicedesk.rules.priority import priority
from servicedesk.store import service_levels

HoursOf = Callable[[str, str], OpeningHours]


def hours_by_category(session: Session, tree: Catalogue) -> HoursOf:
    """Return what gives the opening hours of (service, category); what was asked once is not reckoned again."""
    _number, book = service_levels.current(session)
    known: dict[tuple[str, str], OpeningHours] = {}

    def hours(service_id: str, key: str) -> OpeningHours:
        if (service_id, key) not in known:
            known[service_id, key] = _promised(book, tree, key) or _usual(tree.services[service_id])
        return known[service_id, key]

    return hours


def _promised(book: Book, tree: Catalogue, key: str) -> OpeningHours | None:
    category = tree.categories.get(key)
    if category is None:
        return None
    matrix = tree.services[category.service_id].priority_matrix
    weight = priority(category.urgency, category.impact, matrix)
    subject = Subject(category.service_id, category.kind, weight, category.group)
    target = book.target_for(subject, [each.key for each in tree.path(key)])
    return book.hours(target.calendar) if target else None


def _usual(service: Service) -> OpeningHours:
    week = {
        day: tuple((_minutes(opens), _minutes(closes)) for opens, closes in periods)
        for day, periods in service.hours.items()
    }
    return OpeningHours(ZoneInfo(service.zone), week)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute
