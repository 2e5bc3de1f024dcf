"""Measures the technicians' queue over very many open tickets: statements and milliseconds, the median of several.

The tickets are inserted directly, in a folder of their own. Times are those of this machine; the first page, a page far
down, filters, the arrivals and the way from one ticket to the next must not grow with what is open.
"""

import random
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.pages import measured, settings_in
from servicedesk.actions import sessions
from servicedesk.app import create_app
from servicedesk.gateways import catalogue_file
from servicedesk.rules.catalogue_json import to_data
from servicedesk.settings import ROOT
from servicedesk.store import migrate
from servicedesk.store.models.people import Person, RoleGrant
from servicedesk.store.models.system import CatalogueVersion
from servicedesk.store.models.tickets import Ticket
from servicedesk.web.db import db

SIZES = (300, 100_000)
GROUPS = ("STAGE", "DIDA")
STATES = ("assigned_group", "assigned_technician", "in_progress", "waiting", "resolved")
PAGES = (
    "/queue?state=open",
    "/queue/STAGE",
    "/queue?state=waiting&state=resolved&sort=opened",
    "/queue?priority=4&priority=5&technician=me",
    "/queue?kind=incident&sort=-changed",
    "/queue?sort=due",
    "/queue?news=1",
    "/workbench/queue/arrivals?since={since}",
)


def fill(session: Session, count: int, now: datetime) -> str:
    """Publish the shipped catalogue, add two technicians and `count` open tickets; return the token of one of them."""
    shipped = catalogue_file.read((ROOT / "categories.yaml").read_bytes(), "categories.yaml").catalogue
    assert shipped is not None
    content = to_data(shipped)
    marks = {"file_hash": "bench", "content_hash": "bench", "difference": {}, "applied_by": "bench"}
    session.add(CatalogueVersion(number=1, content=content, applied_at=now, **marks))
    people = [
        Person(code=f"00{n}", given_name="Ada", family_name="Prova", email=f"{n}@x.org", created_at=now)
        for n in range(50)
    ]
    session.add_all(people)
    session.flush()
    for worker in people[:2]:
        session.add_all(
            RoleGrant(person_id=worker.id, role="technician", group_code=group, granted_at=now) for group in GROUPS
        )
    chance = random.Random(4)
    for begin in range(0, count, 5000):
        rows = [_row(n, people, now, chance) for n in range(begin, min(begin + 5000, count))]
        session.execute(sa.insert(Ticket), rows)
    token = sessions.start(session, people[0].id, sessions.AtProvider("b", "b"), now + timedelta(hours=1), now)
    session.commit()
    return token


def _row(number: int, people: list[Person], now: datetime, chance: random.Random) -> dict[str, object]:
    state = chance.choice(STATES)
    opened = now - timedelta(minutes=chance.randint(60, 60 * 24 * 200))
    changed = opened + timedelta(minutes=chance.randint(0, 59))
    return {
        "number": f"2026{number:06d}",
        "service_id": "ae929822-c377-4964-bfb2-61bd6947fb4a",
        "kind": chance.choice(("request", "request", "incident")),
        "origin": "person",
        "category_key": "stage-curriculare",
        "catalogue_version": 1,
        "group_code": chance.choice(GROUPS),
        "technician_id": None if state == "assigned_group" else people[number % 2].id,
        "requester_id": people[number % 50].id,
        "route_reason": {},
        "title": f"Convention {number}",
        "answers": {},
        "state": state,
        "waiting_for": "requester" if state == "waiting" else None,
        "urgency": 2,
        "impact": 2,
        "priority": chance.randint(1, 5),
        "opened_at": opened,
        "changed_at": changed,
        "due_at": opened + timedelta(days=3) if number % 2 else None,
        "unanswered_since": changed if number % 7 == 0 else None,
        "last_seq": 2,
    }


def main() -> None:
    """Print a line per size and page."""
    print(f"{'open':>8}  {'page':<60}{'statements':>11}{'ms':>8}{'kB':>6}")
    for count in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            settings = settings_in(Path(folder))
            (Path(folder) / "demo").mkdir()
            migrate.upgrade(settings.database.url)
            app, now = create_app(settings), datetime.now(UTC)
            with app.app_context(), Session(db.engine) as session:
                token = fill(session, count, now)
                session.execute(sa.text("ANALYZE"))
                session.commit()
            since = (now - timedelta(minutes=5)).isoformat().replace("+", "%2B")
            for page in PAGES:
                statements, milliseconds, size = measured(app, settings, token, page.format(since=since))
                print(f"{count:>8}  {page[:58]:<60}{statements:>11}{milliseconds:>8.1f}{size:>6}")
            with app.app_context():
                db.engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
