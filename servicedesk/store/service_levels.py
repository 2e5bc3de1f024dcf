"""Service levels as stored: the versions of calendars and targets, and a ticket's events as its clocks read them."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from holidays import HolidayBase, country_holidays
from sqlalchemy.orm import Session

from servicedesk.rules.level_book import Book, Calendar, Closure
from servicedesk.rules.level_json import read_book
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.opening_hours import OpeningHours
from servicedesk.rules.permissions import ActorKind
from servicedesk.rules.service_levels import Happening
from servicedesk.store.models.people import Person
from servicedesk.store.models.service_levels import LevelBook
from servicedesk.store.models.tickets import OPEN, Ticket, TicketEvent

BOOKS_KEPT = 8
_DECIDING = ("category", "kind", "priority")
"""What of a ticket decides its target, as events name it; the first of several says enough."""
_lock = Lock()
_books: dict[str, Book] = {}


class ClosedDays(Container[date]):
    """The days on which a calendar is closed: public holidays of any year, and its own closures."""

    def __init__(self, calendar: Calendar) -> None:
        self._closures: tuple[Closure, ...] = calendar.closures
        self._holidays: HolidayBase | None = holidays_of(calendar.country, calendar.province)

    def __contains__(self, day: object) -> bool:
        if not isinstance(day, date):
            return False
        is_holiday = self._holidays is not None and day in self._holidays
        return is_holiday or any(each.first_day <= day <= each.last_day for each in self._closures)


def holidays_of(country: str, province: str, language: str | None = None) -> HolidayBase | None:
    """Return the public holidays of a country and a province, named in a language such as "it_IT"; None for no country.

    Raises ValueError for one whose holidays nobody knows.
    """
    if not country:
        return None
    try:
        return country_holidays(country, subdiv=province or None, language=language)
    except NotImplementedError as error:
        raise ValueError(f"no holidays are known for {country!r} {province!r}") from error


def opened(calendar: Calendar) -> OpeningHours:
    """Return the opening hours of a calendar, ready to reckon with. Raises ValueError for holidays nobody knows."""
    return OpeningHours(ZoneInfo(calendar.zone), calendar.week, calendar.seasons, ClosedDays(calendar))


@dataclass(frozen=True, slots=True)
class Version:
    """When a version was made, and by whom."""

    number: int
    changed_at: datetime
    changed_by: str
    name: str
    """The name of the person, empty where it was none."""


def current_number(session: Session) -> int:
    """Return the number of the version that holds now, 0 while there is none."""
    return session.scalar(sa.select(sa.func.max(LevelBook.number))) or 0


def current(session: Session) -> tuple[int, Book]:
    """Return number and content of the version that holds now; 0 and an empty one while there is none."""
    query = sa.select(LevelBook.number, LevelBook.content_hash).order_by(LevelBook.number.desc()).limit(1)
    row = session.execute(query).first()
    return (row.number, _load(session, row.number, row.content_hash)) if row else (0, Book())


def numbered(session: Session, number: int) -> Book:
    """Return a version by its number; an empty one for a number that never was."""
    if not number:
        return Book()
    found = session.scalars(sa.select(LevelBook.content_hash).where(LevelBook.number == number)).first()
    return _load(session, number, found) if found else Book()


def versions(session: Session, limit: int) -> list[Version]:
    """Return the newest versions, the newest first."""
    return _versions(session, _VERSIONS.order_by(LevelBook.number.desc()).limit(limit))


def version(session: Session, number: int) -> Version | None:
    """Return a version by its number, None for one that never was."""
    return next(iter(_versions(session, _VERSIONS.where(LevelBook.number == number))), None)


_VERSIONS = sa.select(
    LevelBook.number, LevelBook.changed_at, LevelBook.changed_by, Person.given_name, Person.family_name
).outerjoin(Person, LevelBook.changed_by == sa.literal("person:") + sa.cast(Person.id, sa.String))


def _versions(session: Session, query: Any) -> list[Version]:
    return [
        Version(row.number, row.changed_at, row.changed_by, f"{row.given_name or ''} {row.family_name or ''}".strip())
        for row in session.execute(query)
    ]


def _load(session: Session, number: int, content_hash: str) -> Book:
    with _lock:
        if content_hash not in _books:
            content = session.scalars(sa.select(LevelBook.content).where(LevelBook.number == number)).one()
            while len(_books) >= BOOKS_KEPT:
                del _books[next(iter(_books))]
            _books[content_hash] = read_book(content, opened)
        return _books[content_hash]


def happenings(session: Session, ticket_id: int, requester_id: int) -> list[Happening]:
    """Return a ticket's events as its clocks read them, oldest first."""
    query = (
        sa.select(
            TicketEvent.seq,
            TicketEvent.at,
            TicketEvent.actor_kind,
            TicketEvent.actor_id,
            TicketEvent.action,
            TicketEvent.after,
            TicketEvent.changes,
        )
        .where(TicketEvent.ticket_id == ticket_id)
        .order_by(TicketEvent.seq)
    )
    return [_happening(row, requester_id) for row in session.execute(query)]


def _happening(row: Any, requester_id: int) -> Happening:
    group, late = row.changes.get("group"), _new(row, "late_since")
    return Happening(
        seq=row.seq,
        at=row.at,
        action=row.action,
        after=row.after,
        is_staff=row.actor_kind == ActorKind.PERSON and row.actor_id != requester_id and _new(row, "as") is None,
        group=(group[0], group[1]) if group else None,
        waiting_for=_new(row, "waiting_for"),
        level=_new(row, "level") if row.action in (Action.LEVEL_WARN, Action.LEVEL_BREACH) else None,
        late_since=datetime.fromisoformat(late) if late else None,
        moves_goal=next((name for name in _DECIDING if name in row.changes), None),
    )


def _new(row: Any, name: str) -> str | None:
    change = row.changes.get(name)
    return change[1] if change else None


def not_settled(session: Session, number: int, limit: int, failed: set[int]) -> list[Ticket]:
    """Return up to `limit` open tickets that an older version holds for, locked; rows held elsewhere are left out."""
    query = (
        sa.select(Ticket.id)
        .where(OPEN, Ticket.level_version < number, Ticket.id.not_in(sorted(failed)))
        .order_by(Ticket.level_version, Ticket.id)
        .limit(limit)
    )
    found = session.scalars(query.with_for_update(skip_locked=True, key_share=True)).all()
    rows = sa.select(Ticket).where(Ticket.id.in_(found)).order_by(Ticket.id)
    return list(session.scalars(rows.execution_options(populate_existing=True)))
