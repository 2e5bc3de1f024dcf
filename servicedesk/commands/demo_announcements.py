"""What the demo announces: read from a file, shown from days that are counted from today."""

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from servicedesk.actions.announcements import publish
from servicedesk.commands import demo_people
from servicedesk.rules.announcements import Text, Weight, Written
from servicedesk.rules.catalogue import Audience, Catalogue
from servicedesk.rules.languages import WRITTEN
from servicedesk.settings import ROOT
from servicedesk.store import catalogue
from servicedesk.store.base import writing

FILE = ROOT / "config" / "demo" / "announcements.toml"


def add(session: Session, now: datetime) -> int:
    """Publish the demo's announcements and return how many they are."""
    found = tomllib.loads(FILE.read_text(encoding="utf-8"))["announcement"]
    with writing(session):
        tree = catalogue.current(session)
        for entry in found:
            publish(session, _written(tree, entry, now), demo_people.BY, now)
    return len(found)


def _written(tree: Catalogue, entry: Mapping[str, Any], now: datetime) -> Written:
    service = tree.service_by_key(entry["service"]) if "service" in entry else None
    return Written(
        Weight[entry["weight"].upper()],
        service.id if service else None,
        frozenset(Audience(name) for name in entry["audience"]),
        now + timedelta(days=entry["from"]),
        now + timedelta(days=entry["until"]),
        {language: Text(entry[language]["title"], entry[language]["text"].strip()) for language in WRITTEN},
    )
