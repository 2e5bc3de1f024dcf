"""The demo's figures: what was read instead of asked, and every day of the demo counted."""

from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from servicedesk import figuring, jobs
from servicedesk.actions.figures import note_needless
from servicedesk.store import catalogue
from servicedesk.store.base import writing

DAYS = 90
SEED = 20260902
NEEDLESS = 140


def add(session: Session, context: jobs.JobContext, now: datetime) -> str:
    """Let some requests have been needless, count all days, and say what was done."""
    rng = Random(SEED)  # noqa: S311 - repeatable on purpose, and no secret
    keys = sorted(key for key, category in catalogue.current(session).categories.items() if category.selectable)
    zone = ZoneInfo(context.settings.site.zone)
    with writing(session):
        for _ in range(NEEDLESS):
            note_needless(session, rng.choice(keys), zone, now - timedelta(days=rng.randrange(DAYS)))
    return figuring.count_due(context, lambda: writing(session), now)
