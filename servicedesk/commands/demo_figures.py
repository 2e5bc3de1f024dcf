"""The demo's figures: what was read instead of asked, every day counted, and a supervisor's report of the week."""

from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from servicedesk import figuring, turns
from servicedesk.actions.figure_reports import order_report, write_due
from servicedesk.actions.figures import note_needless
from servicedesk.rules.figures import WEEK
from servicedesk.store import catalogue
from servicedesk.store.base import writing
from servicedesk.store.staff import person_meant

DAYS = 90
SEED = 20260902
NEEDLESS = 140
LEADER = "n.coordini@unidemo.example"
REPORTED = 8
"""Ordered so many days ago: by now one report has come."""


def add(session: Session, context: turns.JobContext, now: datetime) -> str:
    """Let some requests have been needless, count all days, and say what was done."""
    rng = Random(SEED)  # noqa: S311 - repeatable on purpose, and no secret
    keys = sorted(key for key, category in catalogue.current(session).categories.items() if category.selectable)
    zone = ZoneInfo(context.settings.site.zone)
    with writing(session):
        for _ in range(NEEDLESS):
            note_needless(session, rng.choice(keys), zone, now - timedelta(days=rng.randrange(DAYS)))
    counted = figuring.count_due(context, lambda: writing(session), now)
    with writing(session):
        leader = person_meant(session, LEADER)
        order_report(session, leader.id, WEEK, {"by": "group"}, zone, now - timedelta(days=REPORTED))
        write_due(session, now, 1, zone, context.settings.secret_key)
    return str(counted)
