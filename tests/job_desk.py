"""A desk for the tests of jobs: settings over one database, contexts as processes have them, time that passes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.jobs import make_context
from servicedesk.settings import ROOT, Settings, load
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.system import JobLease
from servicedesk.turns import JobContext

# Jobs ask the real clock, so their tickets began before now.
RECENTLY = datetime.now(UTC) - timedelta(hours=2)
LONG_AGO = RECENTLY - timedelta(days=30)
UNUSED_PORT = 9


def settings_for(url: str, folder: Path, port: int = UNUSED_PORT) -> Settings:
    """The test settings with this database, this mail server, and a patience of one second."""
    environ = {
        "SERVICEDESK_DATABASE__URL": url,
        "SERVICEDESK_STORAGE__FOLDER": str(folder / "attachments"),
        "SERVICEDESK_MAIL__PORT": str(port),
        "SERVICEDESK_MAIL__TIMEOUT": "1",
    }
    return load(ROOT / "config" / "test.toml", environ)


@contextmanager
def working(settings: Settings) -> Iterator[JobContext]:
    """A context of its own, as another process would have."""
    context = make_context(settings)
    try:
        yield context
    finally:
        bind = context.sessions.kw["bind"]
        assert isinstance(bind, sa.Engine)
        bind.dispose()


def let_time_pass(session: Session, back: timedelta = timedelta(days=1)) -> None:
    """Move leases, claims and tries back, as if a while had passed."""
    leases = (JobLease.held_until, JobLease.last_started_at)
    for column in (*leases, Notice.claimed_until, Notice.first_try_at, Notice.next_try_at):
        for row in session.scalars(sa.select(column.class_).where(column.is_not(None))):
            setattr(row, column.key, getattr(row, column.key) - back)
    session.commit()
