"""Measures every page over the demo's data: statements sent to the database, and milliseconds, the median of several.

The data are built first, in a folder of their own. Times are those of this machine; statements must not grow with rows.
"""

import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from servicedesk.actions import sessions
from servicedesk.app import create_app
from servicedesk.commands import demo_build
from servicedesk.settings import ROOT, Settings, load
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket
from servicedesk.web.db import db

TIMES = 7
STUDENT, TECHNICIAN, ADMINISTRATOR = "l.studente2@", "b.risposti@", "o.gestori@"
PAGES = (
    ("", "/"),
    ("", "/login"),
    ("", "/RichiesteEsterne/SelezioneCategoria?ServiceId=ae929822-c377-4964-bfb2-61bd6947fb4a"),
    (STUDENT, "/"),
    (STUDENT, "/catalogue"),
    (STUDENT, "/catalogue?q=tasse"),
    (STUDENT, "/tickets/new/iscrizione-rinnovo-economia"),
    (STUDENT, "/tickets"),
    (STUDENT, "/tickets?list=closed"),
    (STUDENT, "/tickets/{own}"),
    (TECHNICIAN, "/queue"),
    (TECHNICIAN, "/queue?q=portale"),
    (TECHNICIAN, "/queue?state=closed"),
    (TECHNICIAN, "/queue/HD1"),
    (TECHNICIAN, "/tickets/{queued}"),
    (ADMINISTRATOR, "/admin"),
    (ADMINISTRATOR, "/admin/groups"),
    (ADMINISTRATOR, "/admin/catalogue"),
)
QUIET = ("BEGIN", "PRAGMA", "ROLLBACK", "COMMIT")


@contextmanager
def statements(engine: sa.Engine) -> Iterator[list[str]]:
    """Collect what is sent to the database."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(QUIET):
            seen.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(engine, "before_cursor_execute", note)


def measured(app: Flask, settings: Settings, token: str | None, path: str) -> tuple[int, float, int]:
    """Return statements, median milliseconds and kilobytes of one page."""
    client = app.test_client()
    client.set_cookie("servicedesk_language", "it")
    if token:
        client.set_cookie(settings.sessions.cookie, token)
    with app.app_context():
        engine = db.engine
    taken = []
    for _ in range(TIMES):
        with statements(engine) as seen:
            begun = time.perf_counter()
            answer = client.get(path)
            taken.append((time.perf_counter() - begun) * 1000)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return len(seen), statistics.median(taken), len(answer.data) // 1000


def settings_in(folder: Path) -> Settings:
    """Return the demo's settings with everything it writes in `folder`, and a free port for its mails."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    environ = {
        "SERVICEDESK_DEMO__SMTP_PORT": port,
        "SERVICEDESK_MAIL__PORT": port,
        "SERVICEDESK_DATABASE__URL": f"sqlite:///{folder}/demo/desk.sqlite3",
        "SERVICEDESK_STORAGE__FOLDER": f"{folder}/demo/attachments",
        "SERVICEDESK_DEMO__MAILBOX": f"{folder}/demo/mailbox",
    }
    return load(ROOT / "config" / "demo.toml", environ)


def numbers(session: Session) -> dict[str, str]:
    """Return a ticket of the student, and one of the technician's queue with a long conversation."""
    student = session.scalars(sa.select(Person.id).where(Person.email.startswith(STUDENT))).one()
    own = session.scalars(sa.select(Ticket.number).where(Ticket.requester_id == student)).first()
    queued = session.scalars(
        sa.select(Ticket.number).where(Ticket.group_code == "HD1").order_by(Ticket.last_seq.desc())
    ).first()
    assert own and queued
    return {"own": own, "queued": queued}


def main() -> None:
    """Build the data, then print a line per page."""
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_in(Path(folder))
        now = datetime.now(UTC)
        demo_build.ensure(settings, now)
        app = create_app(settings)
        tokens = {}
        with app.app_context(), Session(db.engine) as session:
            for email in (STUDENT, TECHNICIAN, ADMINISTRATOR):
                person = session.scalars(sa.select(Person.id).where(Person.email.startswith(email))).one()
                at = sessions.AtProvider("bench", "bench")
                tokens[email] = sessions.start(session, person, at, now + timedelta(hours=1), now)
            known = numbers(session)
            session.commit()
        print(f"{'as':<14}{'page':<60}{'statements':>11}{'ms':>8}{'kB':>6}")
        for who, path in PAGES:
            count, milliseconds, size = measured(app, settings, tokens.get(who), path.format(**known))
            print(f"{who or 'nobody':<14}{path[:58]:<60}{count:>11}{milliseconds:>8.1f}{size:>6}")


if __name__ == "__main__":
    main()
