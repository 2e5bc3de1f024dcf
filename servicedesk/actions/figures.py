"""Counting the desk's days (F12): what a day held, from events only, so that counting again gives the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from servicedesk.actions.figure_hours import spent_in_hours
from servicedesk.rules.calendar import instant, local_day
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.figure_events import UNSOLVED, Cell, Counted, count, place_at, steps, waiting
from servicedesk.rules.figures import COUNTING, SETTLED, Tally, month_end
from servicedesk.store import catalogue, figure_events
from servicedesk.store import figures_daily as store
from servicedesk.store.figures_daily import DAY, MONTH

ONE_DAY = timedelta(days=1)
OTHERWISE = 30
"""So many days of an earlier release are counted anew in one run: with a run each quarter of an hour, a year in three
hours."""


@dataclass(frozen=True, slots=True)
class Counting:
    """A day under counting: from `start` to before `end`, which is now for the day that still runs."""

    day: date
    start: datetime
    end: datetime
    zone: ZoneInfo

    @classmethod
    def of(cls, day: date, zone: ZoneInfo, now: datetime) -> "Counting":
        """Return the day with its bounds on the wall of `zone`."""
        start = instant(datetime.combine(day, time()), zone)
        return cls(day, start, min(instant(datetime.combine(day + ONE_DAY, time()), zone), now), zone)

    def hour(self, at: datetime) -> int:
        """Return the hour of the week."""
        wall = at.astimezone(self.zone)
        return wall.weekday() * 24 + wall.hour


def tallied(session: Session, day: date, zone: ZoneInfo, now: datetime) -> dict[Cell, Tally]:
    """Return what a day held, for every category in its group, and of that the part of each technician."""
    found: dict[Cell, Tally] = {}
    counting, tree = Counting.of(day, zone, now), catalogue.current(session)
    for cell, tally in _counted(session, counting, tree):
        found.setdefault(replace(cell, technician_id=None), Tally()).add(tally)
        if cell.technician_id is not None:
            found.setdefault(cell, Tally()).add(tally)
    return found


def _counted(session: Session, counting: Counting, tree: Catalogue) -> Iterator[Counted]:
    service_of = {key: category.service_id for key, category in tree.categories.items()}
    spent = spent_in_hours(session, tree)
    touched = figure_events.touched(session, counting.start, counting.end)
    for _id, history in figure_events.histories(session, touched):
        way = steps(history, service_of)
        yield from count(history, way, counting.start, counting.end, counting.hour, spent)
    yield from _waiting(session, counting, service_of)
    yield from _needless(session, counting.day, tree)


def _waiting(session: Session, counting: Counting, service_of: dict[str, str]) -> Iterator[Counted]:
    doubtful = []
    for ticket in figure_events.standing(session, counting.end):
        if ticket.is_sure:
            yield waiting(ticket.cell, ticket.opened_at, counting.end)
        else:
            doubtful.append(ticket.ticket_id)
    for _id, history in figure_events.histories(session, doubtful):
        place = place_at(steps(history, service_of), counting.end)
        if place and place[1] in UNSOLVED:
            yield waiting(place[0], history.opened_at, counting.end)


def _needless(session: Session, day: date, tree: Catalogue) -> Iterator[Counted]:
    for key, requests in store.needless(session, day):
        category = tree.categories.get(key)
        if category is not None:
            tally = Tally()
            tally.counts["needless"] = requests
            yield Cell(category.service_id, key, category.group, None), tally


def keep_day(
    session: Session, day: date, tallies: dict[Cell, Tally], now: datetime, *, month_follows: bool = False
) -> int:
    """Put what a day held in the place of what was known of it; return how many rows that makes.

    Where its month is added up afterwards, the day stays due until it is: a run that breaks off in between is made up.
    """
    made = store.keep(session, DAY, day, tallies)
    store.note_counted(session, day, now, COUNTING - 1 if month_follows else COUNTING)
    return made


def keep_month(session: Session, first: date, days: Sequence[date] = ()) -> int:
    """Add the days of a month up into its own rows; who waited is told by its last day.

    `days` are those that were counted for it.
    """
    store.note_added_up(session, days)
    found: dict[Cell, Tally] = {}
    last = month_end(first)
    for day, cell, tally in store.days_of_month(session, first):
        found.setdefault(cell, Tally()).add(tally, with_ages=day == last)
    return store.keep(session, MONTH, first, found)


def days_due(session: Session, zone: ZoneInfo, now: datetime) -> list[date]:
    """Return the days to count now: today, those never counted, and once a day those of the last days.

    After them come some of those that an earlier release counted in another way, the newest first.
    """
    today = local_day(now, zone)
    latest = store.counted(session, today)
    opening = figure_events.first_opening(session)
    begun = local_day(opening, zone) if opening else today
    first = min(today - SETTLED * ONE_DAY, latest.day) if latest else begun
    known = store.counted_since(session, first)
    every = (first + number * ONE_DAY for number in range((today - first).days + 1))
    due = [day for day in every if day == today or day not in known or local_day(known[day], zone) < today]
    return due + [day for day in store.counted_otherwise(session, OTHERWISE) if day not in due]


def months_due(days: list[date], zone: ZoneInfo, now: datetime) -> list[date]:
    """Return the first days of the months that are over and of which one of these days was counted."""
    this_month = local_day(now, zone).replace(day=1)
    return sorted({first for day in days if (first := day.replace(day=1)) < this_month})


def note_needless(session: Session, category_key: str, zone: ZoneInfo, now: datetime) -> None:
    """Count a request that was not filed, because an answer was read instead."""
    store.note_needless(session, category_key, local_day(now, zone))
