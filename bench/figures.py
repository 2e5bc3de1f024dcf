"""Measures the page of figures over the counted days of 1,000,000 requests a year, and the counting of one heavy day.

The counted days are written directly, as the job would have left them; the heavy day's requests and events too.
Times are those of this machine, on SQLite. On two idle cores one page took 240 ms for the year by group and by
category, 600 ms by technician of all twelve groups, 230 ms for the month and 420 ms for half a year that begins and
ends within months; on PostgreSQL, by the clock on the wall, 330, 330, 590, 300 and 670 ms.
"""

import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import figures, people, roles, sessions
from servicedesk.actions.catalogue import apply, publishable
from servicedesk.app import create_app
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.figure_events import Cell
from servicedesk.rules.figures import AGES, SPREADS, Tally
from servicedesk.rules.lifecycle import State
from servicedesk.rules.permissions import Role
from servicedesk.settings import ROOT, load
from servicedesk.store import catalogue, figures_daily, migrate
from servicedesk.store.base import make_engine, writing
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket, TicketEvent

REQUESTS, HEAVY_DAY, TIMES = 1_000_000, 5_000, 5
TECHNICIANS_PER_GROUP, LED = 8, 3
PAGES = ("period=year", "period=year&by=category", "period=year&by=technician", "period=month", "{half}")
ROME = ZoneInfo("Europe/Rome")
_MADE: dict[tuple[str, float], list[list[Tally]]] = {}
"""A few days of each size: every cell of every day gets one of them."""


def cells(tree: Catalogue, technicians: dict[str, list[int]]) -> list[Cell]:
    """Return every category in its group, and each technician's part of it."""
    found = []
    for category in tree.categories.values():
        if category.selectable:
            for technician in (None, *technicians.get(category.group, ())):
                found.append(Cell(category.service_id, category.key, category.group, technician))
    return found


def tally(rng: Random, requests: int) -> Tally:
    """Return what a day of so many requests leaves."""
    made = Tally(Counter(arrivals=requests, solved=requests, closed=requests, accepted=requests // 2, taken=requests))
    made.counts.update({age: rng.randrange(3) for age in AGES})
    for name in SPREADS:
        made.spreads[name].update(round(rng.gauss(70, 14)) for _ in range(requests))
    made.hours.update(rng.randrange(120) for _ in range(requests))
    return made


def fill(session: Session, places: list[Cell], today: date) -> int:
    """Write thirteen months of counted days and three years of months; return how many rows they are."""
    rng, whole = Random(1), sum(cell.technician_id is None for cell in places)
    usual = REQUESTS / 365 / whole
    days = [today - timedelta(days=number) for number in range(396)]
    months = sorted({date(today.year - back, month, 1) for back in range(3) for month in range(1, 13)})
    kinds = (("d", days, usual), ("m", [month for month in months if month <= today], usual * 30))
    return sum(_write(session, places, grain, day, requests, rng) for grain, found, requests in kinds for day in found)


def _write(session: Session, places: list[Cell], grain: str, day: date, requests: float, rng: Random) -> int:
    key = (grain, requests)
    if key not in _MADE:
        parts = (requests, requests / TECHNICIANS_PER_GROUP)
        _MADE[key] = [[tally(rng, max(1, round(part))) for _ in range(12)] for part in parts]
    counted = {cell: rng.choice(_MADE[key][cell.technician_id is not None]) for cell in places}
    with writing(session):
        if grain == figures_daily.DAY:
            figures_daily.note_counted(session, day, datetime.now(UTC))
        return figures_daily.keep(session, grain, day, counted)


def heavy_day(session: Session, places: list[Cell], requester: int, now: datetime) -> None:
    """Write 5,000 requests of yesterday, each with seven events."""
    rng, at = Random(2), now - timedelta(days=1)
    owned = [cell for cell in places if cell.technician_id is not None]
    tickets: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for number in range(1, HEAVY_DAY + 1):
        cell, opened = rng.choice(owned), at - timedelta(seconds=rng.randrange(30_000))
        tickets.append(_ticket(number, cell, requester, opened))
        events += _events(number, cell, requester, opened)
    with writing(session):
        session.execute(sa.insert(Ticket), tickets)
        session.execute(sa.insert(TicketEvent), events)


def _ticket(number: int, cell: Cell, requester: int, opened: datetime) -> dict[str, Any]:
    return {
        **{"id": number, "number": f"2026{number:06d}", "service_id": cell.service_id, "kind": "request"},
        **{
            "origin": "person",
            "category_key": cell.category_key,
            "catalogue_version": 1,
            "group_code": cell.group_code,
        },
        **{"technician_id": cell.technician_id, "requester_id": requester, "route_reason": {}, "title": "Request"},
        **{"answers": {}, "state": State.RESOLVED, "urgency": 2, "impact": 2, "priority": 2, "opened_at": opened},
        **{"changed_at": opened + timedelta(hours=3), "solved_at": opened + timedelta(hours=3), "last_seq": 7},
    }


def _events(number: int, cell: Cell, requester: int, opened: datetime) -> Iterator[dict[str, Any]]:
    course: tuple[tuple[str, str | None, str, dict[str, Any]], ...] = (
        ("submit", None, "new", {}),
        ("route", "new", "assigned_group", {}),
        ("take", "assigned_group", "assigned_technician", {"technician": [None, cell.technician_id]}),
        ("start", "assigned_technician", "in_progress", {}),
        ("note", "in_progress", "in_progress", {}),
        ("comment", "in_progress", "in_progress", {}),
        ("propose", "in_progress", "resolved", {}),
    )
    for seq, (action, before, after, changes) in enumerate(course, 1):
        by = requester if seq == 1 else cell.technician_id
        yield {
            **{
                "ticket_id": number,
                "seq": seq,
                "at": opened + timedelta(minutes=25 * (seq - 1)),
                "actor_kind": "person",
            },
            **{"actor_id": by, "action": action, "before": before, "after": after, "changes": changes},
        }


def staff(session: Session, tree: Catalogue, now: datetime) -> tuple[dict[str, list[int]], Person]:
    """Add technicians to every group, and a supervisor of all; return them."""
    leader = people.add_staff(session, people.Staff("L", "l" * 64, "Nora", "Guida", "l@example.org"), "bench", now)
    found: dict[str, list[int]] = {}
    for group in tree.groups:
        roles.grant(session, leader, roles.make_grant(session, Role.SUPERVISOR, group), (), "bench", now)
        for number in range(TECHNICIANS_PER_GROUP):
            code = f"{group}-{number}"
            who = people.Staff(code, code.ljust(64, "x"), "Teo", f"Tecnico {code}", f"{code}@example.org")
            person = people.add_staff(session, who, "bench", now)
            roles.grant(session, person, roles.make_grant(session, Role.TECHNICIAN, group), (), "bench", now)
            found.setdefault(group, []).append(person.id)
    return found, leader


def median_ms(call: Callable[[], object]) -> float:
    """Return the median milliseconds of a few calls, of this process alone: others on the machine do not count."""
    taken = []
    for _ in range(TIMES):
        begun = time.process_time()
        call()
        taken.append((time.process_time() - begun) * 1000)
    return statistics.median(taken)


def main() -> None:
    """Print what was measured."""
    now = datetime.now(UTC)
    today = now.astimezone(ROME).date()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'desk.sqlite3'}"
        environ = {"SERVICEDESK_DATABASE__URL": url, "SERVICEDESK_STORAGE__FOLDER": f"{folder}/attachments"}
        settings = load(ROOT / "config" / "test.toml", environ)
        migrate.upgrade(url)
        engine = make_engine(url)
        with Session(engine, expire_on_commit=False) as session:
            with writing(session):
                apply(session, publishable(settings.catalogue.read_bytes(), "categories.yaml"), "bench", now)
            tree = catalogue.current(session)
            with writing(session):
                technicians, leader = staff(session, tree, now)
                token = sessions.start(session, leader.id, sessions.AtProvider("x", "x"), now + timedelta(hours=1), now)
            places = cells(tree, technicians)
            print(f"{fill(session, places, today):,} rows of counted days and months, {REQUESTS:,} requests a year")
            app = create_app(settings)
            client = app.test_client()
            client.set_cookie(settings.sessions.cookie, token)
            half = f"period=custom&first={today - timedelta(days=183)}&last={today}"
            for query in (each.format(half=half) for each in PAGES):
                assert client.get(f"/figures?{query}").status_code == 200
                print(f"{median_ms(partial(client.get, f'/figures?{query}')):7.0f} ms  /figures?{query}")
            with writing(session):
                for group in sorted(tree.groups)[LED:]:
                    roles.revoke(session, leader, roles.make_grant(session, Role.SUPERVISOR, group), "bench", now)
            milliseconds = median_ms(lambda: client.get("/figures?period=year&by=technician"))
            print(f"{milliseconds:7.0f} ms  the year's technicians, for a supervisor of {LED} groups")
            heavy_day(session, places, leader.id, now)
            begun = time.process_time()
            counted = figures.tallied(session, today - timedelta(days=1), ROME, now)
            read = time.process_time() - begun
            with writing(session):
                figures.keep_day(session, today - timedelta(days=1), counted, now)
            whole = time.process_time() - begun
            print(f"{whole:7.1f} s   counting a day of {HEAVY_DAY:,} requests ({whole - read:.1f} s of it writing)")
        engine.dispose()


if __name__ == "__main__":
    main()
