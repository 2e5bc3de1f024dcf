"""Carries out the terms of retention: the work of a job, of `flask retention run`, and of the demo.

Each batch is a transaction of its own and leaves what it did marked, so that a run that was killed goes on where it
stood when the next one begins. The bytes of files go after the commit that forgot them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from servicedesk.actions import retention
from servicedesk.actions.anonymising_rows import Left
from servicedesk.rules.outcomes import Outcome, counted, failures, happened
from servicedesk.rules.permissions import EVERY_SERVICE
from servicedesk.rules.retention import Terms, due_before
from servicedesk.settings import Settings
from servicedesk.store import catalogue, search
from servicedesk.store import retention as store
from servicedesk.store.retention import After
from servicedesk.turns import Batch, JobContext

AT_ONCE = 20
"""Tickets or people in one transaction: each takes dozens of statements."""
Step = Callable[[Session, After], retention.Batch]


@dataclass(frozen=True, slots=True)
class Due:
    """What is due of one kind in one service; `count` is bounded."""

    kind: str
    service_id: str
    count: int


def usual(settings: Settings) -> Terms:
    """Return the terms that hold where nothing was set."""
    own = settings.retention
    return Terms(own.files_months, own.tickets_months, own.accounts_months)


def preview(session: Session, settings: Settings, now: datetime) -> list[Due]:
    """Return what a run would touch now, without touching it."""
    terms = _terms(session, settings, now)
    return [Due(kind, service_id, would_touch(session, kind, service_id, before)) for kind, service_id, before in terms]


def would_touch(session: Session, kind: str, service_id: str, before: datetime) -> int:
    """Return how many requests with attachments, requests, or accounts are due by a term; the count is bounded."""
    if kind == "files":
        return store.counted(session, store.with_files(store.files_due(service_id, before)))
    if kind == "tickets":
        return store.counted(session, store.people_due(service_id, before))
    return store.counted(session, store.accounts_due(before))


def _terms(session: Session, settings: Settings, now: datetime) -> Iterator[tuple[str, str, datetime]]:
    """Give kind, service and instant of each term that there is; attachments go before the requests they belong to."""
    services = catalogue.current(session).services
    kept = store.terms_of(session, services, usual(settings))
    for kind in ("files", "tickets"):
        for service in services.values():
            months = kept[service.id].terms.as_json()[kind]
            if before := due_before(now, months, ZoneInfo(service.zone)):
                yield kind, service.id, before
    if before := due_before(now, kept[EVERY_SERVICE].terms.accounts, ZoneInfo(settings.site.zone)):
        yield "people", EVERY_SERVICE, before


def carry_out(context: JobContext, batches: Batch, now: datetime) -> Outcome:
    """Remove everything that is due, and say what it was; ends early, without an end in the log, when it is told to."""
    settings = context.settings
    with context.sessions() as session:
        terms = list(_terms(session, settings, now))
    with batches() as session:
        search.forget_removed(session)  # what was removed by hand since the last run
        if not terms:
            return happened("no_terms")
        run_id = retention.begin_run(session, now)
    done = dict.fromkeys(("files", "tickets", "people"), 0)
    failed = 0
    for kind, service_id, before in terms:
        for batch in _until_done(context, batches, run_id, kind, _step(settings, kind, service_id, before, now)):
            done[kind] += batch.done
            failed += batch.failed
    if not context.stopping.is_set():
        with batches() as session:
            search.forget_removed(session)
            retention.end_run(session, run_id, now)
    told = counted(attachments=done["files"], requests=done["tickets"], accounts=done["people"])
    return told + failures(failed)


def _step(settings: Settings, kind: str, service_id: str, before: datetime, now: datetime) -> Step:
    left = Left.by(settings.retention)

    def step(session: Session, after: After) -> retention.Batch:
        if kind == "files":
            return retention.remove_files(session, service_id, before, after, AT_ONCE, now)
        if kind == "tickets":
            return retention.remove_people(session, service_id, before, after, AT_ONCE, left, now)
        return retention.remove_accounts(session, before, after, AT_ONCE, left, now)

    return step


def _until_done(context: JobContext, batches: Batch, run_id: int, kind: str, step: Step) -> Iterator[retention.Batch]:
    after = After()
    while not context.stopping.is_set():
        with batches() as session:
            batch = step(session, after)
            retention.count_up(session, run_id, kind, batch)
        for upload_id in batch.files:
            context.storage.remove(upload_id)
        if not batch.found:
            break
        after = batch.after
        yield batch
