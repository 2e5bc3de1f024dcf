"""Calendars and targets for tests: two calendars, targets for everything, and a time in a group."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from servicedesk.actions import level_runs
from servicedesk.actions.level_book import publish
from servicedesk.rules.catalogue import LocalText
from servicedesk.rules.level_book import Book, Calendar, Closure, Operational, Target
from servicedesk.rules.opening_hours import Season
from servicedesk.store import service_levels as store

ALWAYS = Calendar("always", LocalText("Sempre", "Always"), {day: ((0, 1440),) for day in range(7)}, country="")
OFFICE = Calendar(
    "office",
    LocalText("Ufficio", "Office"),
    {day: ((540, 750), (840, 1020)) for day in range(5)},
    province="BG",
    seasons=(Season(date(2026, 7, 1), date(2026, 8, 31), {day: ((480, 840),) for day in range(5)}),),
    closures=(Closure(date(2026, 8, 10), date(2026, 8, 21), "Summer"),),
)


def promise(session: Session, group: str, now: datetime, targets: int = 1) -> None:
    """Promise times of everything, and of so many categories; tickets that are there are reckoned anew."""
    usual = Target("t1", "always", own_minutes=240, resolve_minutes=2880)
    more = (
        Target(f"t{number}", "office", resolve_minutes=480, category=f"category-{number}")
        for number in range(2, targets + 1)
    )
    held = Operational("g1", "always", group, 960)
    number, _book = store.current(session)
    book = Book({"always": ALWAYS, "office": OFFICE}, (usual, *more), (held,))
    publish(session, book, "command:test", now, number)
    level_runs.settle_changed(session, now, 1000)
