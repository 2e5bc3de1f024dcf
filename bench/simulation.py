"""Measures the replay of the past on another catalogue: 50,000 requests of 20,000 students, on SQLite.

Run it as `python -m bench.simulation`; it prints one line per figure with its aim.
"""

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.catalogue import timed
from servicedesk.gateways.catalogue_file import read
from servicedesk.gateways.catalogue_yaml import written
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.catalogue_changes import difference
from servicedesk.rules.catalogue_edit import with_category
from servicedesk.rules.identity import FISCAL
from servicedesk.rules.permissions import EVERY_SERVICE, Actor, ActorKind
from servicedesk.rules.simulation import Replay, replay
from servicedesk.settings import ROOT
from servicedesk.store import migrate
from servicedesk.store.base import make_engine, writing
from servicedesk.store.catalogue_drafts import asked_since, open_counts
from servicedesk.store.models.people import Identity, Person, StudentRecord
from servicedesk.store.models.tickets import Ticket

STUDENTS, REQUESTS = 20_000, 50_000
NOW = datetime(2026, 3, 1, tzinfo=UTC)
AREAS = ("Ingegneria", "Medicina", "Lettere e Filosofia", "Economia e Giurisprudenza")
CHIEF = Actor(ActorKind.PERSON, person_id=1, administers=frozenset({EVERY_SERVICE}))


def main() -> None:
    """Print every figure."""
    path = ROOT / "categories.yaml"
    tree = read(path.read_bytes(), path.name).catalogue
    assert tree is not None
    other = with_category(tree, replace(tree.categories["tasse"], group="INFO1"), is_carried=True)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        migrate.upgrade(url)
        engine = make_engine(url)
        with Session(engine) as session, writing(session):
            _fill(session, tree)
        with Session(engine) as session:
            found = timed(f"replay {REQUESTS:,} requests", "< 3 s", 3, lambda: _replayed(session, tree, other))
            print(f"{'would go elsewhere':<44}{len(found.elsewhere):>12,}")
            timed("count the open requests", "< 0.1 s", 3, lambda: open_counts(session))
        engine.dispose()
    timed("tell the difference", "< 0.1 s", 5, lambda: difference(tree, other))
    timed("write the file", "< 0.5 s", 3, lambda: written(tree))


def _replayed(session: Session, tree: Catalogue, other: Catalogue) -> Replay:
    since = NOW - timedelta(days=90)
    return replay(tree, other, frozenset(tree.groups), asked_since(session, CHIEF, since))


def _fill(session: Session, tree: Catalogue) -> None:
    keys = [key for key, category in tree.categories.items() if category.selectable]
    session.execute(sa.insert(Person), [_person(number) for number in range(1, STUDENTS + 1)])
    session.execute(sa.insert(StudentRecord), [_record(number) for number in range(1, STUDENTS + 1)])
    session.execute(sa.insert(Identity), [_identity(number) for number in range(1, STUDENTS + 1)])
    session.execute(sa.insert(Ticket), [_ticket(number, tree, keys) for number in range(1, REQUESTS + 1)])


def _person(number: int) -> dict[str, Any]:
    return {
        **{"id": number, "given_name": "A", "family_name": "B", "email": f"p{number}@example.org", "phone": ""},
        **{"is_guest": False, "is_active": True, "created_at": NOW},
    }


def _record(number: int) -> dict[str, Any]:
    return {
        **{"fiscal_hash": f"{number:064d}", "student_number": str(number), "given_name": "A", "family_name": "B"},
        **{"institutional_email": f"s{number}@example.org", "degree_course": f"C{number % 40}"},
        **{"degree_course_name": f"Course {number % 40}", "area": AREAS[number % 4], "status": "active"},
        "imported_at": NOW,
    }


def _identity(number: int) -> dict[str, Any]:
    return {"person_id": number, "namespace": FISCAL, "subject": f"{number:064d}", "created_at": NOW}


def _ticket(number: int, tree: Catalogue, keys: list[str]) -> dict[str, Any]:
    category = tree.categories[keys[number % len(keys)]]
    at = NOW - timedelta(days=90 * number / REQUESTS)
    return {
        **{"id": number, "number": f"2026{number:06d}", "service_id": category.service_id, "kind": category.kind},
        **{"origin": "person", "category_key": category.key, "catalogue_version": 1, "group_code": category.group},
        **{"requester_id": number % STUDENTS + 1, "route_reason": {}, "title": "A title", "answers": {}},
        **{"state": "assigned_group" if number % 20 == 0 else "closed", "urgency": 2, "impact": 2, "priority": 2},
        **{"opened_at": at, "changed_at": at, "last_seq": 0},
    }


if __name__ == "__main__":
    main()
