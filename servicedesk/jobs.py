"""The JOBS table: what runs by itself, how often, and one run at a time however many processes tick."""

import logging
import os
import signal
import socket
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.orm import Session, sessionmaker

from servicedesk import copying, federations, figuring, mailing, pushing, repeating, retaining
from servicedesk.actions import (
    absences,
    alarms,
    appointment_slots,
    appointments,
    approval_runs,
    automation,
    bursts,
    cleaning,
    digests,
    figure_reports,
    files,
    held,
    joint_answers,
    level_runs,
    popularity,
    reading_log,
    refusals,
    saml_log,
    silence,
    standard_uses,
    waiting_lists,
)
from servicedesk.actions.answer_times import count_answer_times
from servicedesk.gateways.smtp import Mailer
from servicedesk.gateways.storage import Storage
from servicedesk.gateways.texts import Texts
from servicedesk.rules.errors import Conflict, NotFound
from servicedesk.rules.outcomes import FAILED, Outcome, counted
from servicedesk.rules.retention import due_before
from servicedesk.rules.sentences import N_
from servicedesk.settings import Settings
from servicedesk.store import leases
from servicedesk.store.base import make_engine, writing
from servicedesk.turns import BATCH, HOLD, Job, JobContext, LeaseLost, Turn

ABSENCES = 5
"""Absences begun in one transaction: each may hand on hundreds of tickets."""
EARLY = 0.9
"""A tick that comes a little early still finds its job due."""
TAKEN_OVER = "ended early: another process has taken over"
UNFINISHED = timedelta(days=1)
UNKNOWN = timedelta(days=3)
log = logging.getLogger(__name__)


def deliver_mail(turn: Turn) -> Outcome:
    """Send what is due in the outbox."""
    return mailing.deliver(turn.context, turn.batch, lambda: turn.present, lambda: datetime.now(UTC), HOLD)


def expire(turn: Turn) -> Outcome:
    """Close what nobody answered in time (rule 1)."""
    return turn.in_batches(silence.expire_due, "closed")


def warn(turn: Turn) -> Outcome:
    """Warn requesters whose tickets are about to close."""
    return turn.in_batches(silence.warn_due, "warned")


def resume(turn: Turn) -> Outcome:
    """End the waits whose date has come."""
    return turn.in_batches(silence.resume_due, "resumed")


def clean(turn: Turn) -> Outcome:
    """Forget what has had its time; the bytes of files go after the commit that forgot them."""
    storage = turn.context.storage
    with turn.batch() as session:
        rows = cleaning.forget_overdue(session, turn.now) + appointment_slots.forget_holds(session, turn.now)
    removed = storage.remove_unfinished(turn.now - UNFINISHED)
    while not turn.context.stopping.is_set():
        with turn.batch() as session:
            drafts = files.sweep_drafts(session, turn.now, BATCH)
        if not drafts:
            break
        removed += _remove(storage, drafts)
    # Each hour looks through its own part of the folders, so every file is looked at once a day.
    stored = storage.ids_on_shelves(turn.now.hour, 24, turn.now - UNKNOWN)
    with turn.context.sessions() as session:
        removed += _remove(storage, cleaning.unknown_files(session, stored))
    return counted(rows=rows, files=removed)


def send_held(turn: Turn) -> Outcome:
    """Send what technicians could still take back until now."""
    return turn.in_batches(held.send_due, "sent")


def deliver_messages(turn: Turn) -> Outcome:
    """Send what is due to people's devices and to the university's app."""
    return pushing.deliver(turn.context, turn.batch, lambda: turn.present)


def write_digests(turn: Turn) -> Outcome:
    """Write the one mail of the day of those who want no more than that."""
    return turn.in_batches(lambda session, now, limit, _failed: digests.write_due(session, now, limit), "written")


def remind(turn: Turn) -> Outcome:
    """Remind people of the appointments of the next 24 hours."""
    return turn.in_batches(lambda session, now, limit, _failed: appointments.remind(session, now, limit), "reminded")


def answer_times(turn: Turn) -> Outcome:
    """Count how long requests wait for their first answer."""
    with turn.batch() as session:
        return counted(counted=count_answer_times(session, turn.now))


def report_figures(turn: Turn) -> Outcome:
    """Write the reports of figures that are due."""
    settings = turn.context.settings
    zone = ZoneInfo(settings.site.zone)
    return turn.in_batches(
        lambda session, now, limit, _failed: figure_reports.write_due(session, now, limit, zone, settings.secret_key),
        "written",
    )


def count_figures(turn: Turn) -> Outcome:
    """Count today, and what is due of the days before."""
    return figuring.count_due(turn.context, turn.batch, turn.now)


def pass_on(turn: Turn) -> Outcome:
    """Pass the times on offer that nobody took on to the next in line."""
    return turn.in_batches(
        lambda session, now, limit, _failed: waiting_lists.pass_on_due(session, now, limit), "passed_on"
    )


def find_bursts(turn: Turn) -> Outcome:
    """Suggest a problem where many requests of one category have come at once."""
    wanted = turn.context.settings.workbench
    with turn.batch() as session:
        found = bursts.find_bursts(session, turn.now, timedelta(hours=wanted.burst_hours), wanted.burst_requests)
    return counted(suggested=found)


def answer_together(turn: Turn) -> Outcome:
    """Give the answers that were written for many requests at once, each in a transaction of its own."""
    answered = 0
    while not turn.context.stopping.is_set():
        with turn.batch() as session:
            found = joint_answers.answer_next(session, turn.present)
        if not found:
            break
        answered += 1
    return counted(answered=answered)


def levels(turn: Turn) -> Outcome:
    """Reckon anew what a change of calendars or targets touches, then say what runs short or out (F9)."""
    return turn.in_batches(level_runs.settle_changed, "reckoned") + turn.in_batches(level_runs.alert_due, "told")


def tell_operators(turn: Turn) -> Outcome:
    """Mail new alarms to the operators; close those about refused sign-ins when it has become quiet."""
    settings = turn.context.settings
    with turn.batch() as session:
        over = refusals.clear_quiet(session, turn.now)
        told = alarms.mail_new(session, settings.records.operators, settings.site.locale, turn.now)
    return counted(mailed=told, over=over)


def purge_log(turn: Turn) -> Outcome:
    """Remove the months of the sign-in log that are wholly past their term."""
    records = turn.context.settings.records

    def purge(session: Session, now: datetime, limit: int, _failed: set[int]) -> int:
        purged = saml_log.purge(session, records.log_key, records.months, "job:purge_log", now, limit)
        return purged[1] if purged else 0

    return turn.in_batches(purge, "entries")


def keep_terms(turn: Turn) -> Outcome:
    """Remove what has been kept for as long as the terms of retention say."""
    return retaining.carry_out(turn.context, turn.batch, turn.now)


def begin_absences(turn: Turn) -> Outcome:
    """Hand on the tickets of those whose absence begins, and tell who stands in."""
    zone = ZoneInfo(turn.context.settings.site.zone)

    def begin(session: Session, now: datetime, limit: int, failed: set[int]) -> int:
        return absences.begin_due(session, now, min(limit, ABSENCES), failed, zone)

    return turn.in_batches(begin, "begun")


def look_after_approvals(turn: Turn) -> Outcome:
    """Remind of approvals, and ask others where somebody asked has left or is away."""
    return turn.in_batches(approval_runs.look_after, "looked_at")


def follow_rules(turn: Turn) -> Outcome:
    """Do what the services' rules say about what has happened, and about what stands still."""
    happened = turn.in_batches(automation.act_on_pending, "events")
    return happened + turn.in_batches(automation.act_on_time, "time_had_come")


def open_recurring(turn: Turn) -> Outcome:
    """Open the recurring requests whose day has come."""
    return repeating.open_due(turn.context, turn.batch, turn.now)


def copy_own_data(turn: Turn) -> Outcome:
    """Make the copies of people's data that were asked for, and remove the old ones."""
    return copying.make_due(turn.context, turn.batch, lambda: turn.present)


def forget_readings(turn: Turn) -> Outcome:
    """Forget who opened which request once nobody may look it up any more."""
    settings = turn.context.settings
    before = due_before(turn.now, settings.privacy.reading_log_months, ZoneInfo(settings.site.zone))
    assert before is not None
    return turn.in_batches(
        lambda session, _now, limit, _failed: reading_log.forget_old(session, before, limit), "forgotten"
    )


def count_demand(turn: Turn) -> Outcome:
    """Count which subjects are popular."""
    with turn.batch() as session:
        return counted(popular=popularity.count_demand(session, turn.now))


def count_standard_answers(turn: Turn) -> Outcome:
    """Count how often standard answers were used and refused."""
    return turn.in_batches(lambda session, _now, limit, _failed: standard_uses.count_uses(session, limit), "counted")


def _remove(storage: Storage, upload_ids: list[str]) -> int:
    for upload_id in upload_ids:
        storage.remove(upload_id)
    return len(upload_ids)


def refresh_federations(turn: Turn) -> Outcome:
    """Read the sources of identity providers that are due."""
    return federations.refresh(turn.context.settings, turn.batch, turn.now, turn.context.stopping.is_set)


def watch_keys(turn: Turn) -> Outcome:
    """Raise an alarm before one of our own certificates ends."""
    return federations.watch_own_certificates(turn.context.settings, turn.batch, turn.now)


JOBS: Mapping[str, Job] = {
    job.name: job
    for job in (
        Job("deliver_mail", 10, deliver_mail),
        Job("expire", 60, expire),
        Job("warn", 60, warn),
        Job("resume", 60, resume),
        Job("send_held", 5, send_held),
        Job("levels", 60, levels),
        Job("clean", 3600, clean),
        Job("refresh_federations", 60, refresh_federations),
        Job("watch_keys", 86_400, watch_keys),
        Job("alarms", 60, tell_operators),
        Job("remind", 600, remind),
        Job("pass_on", 60, pass_on),
        Job("follow_rules", 5, follow_rules),
        Job("open_recurring", 60, open_recurring),
        Job("count_demand", 3600, count_demand),
        Job("answer_times", 21_600, answer_times),
        Job("figures", 900, count_figures),
        Job("figure_reports", 3600, report_figures),
        Job("count_standard_answers", 300, count_standard_answers),
        Job("purge_log", 86_400, purge_log),
        Job("retention", 86_400, keep_terms),
        Job("deliver_messages", 10, deliver_messages),
        Job("digests", 600, write_digests),
        Job("begin_absences", 600, begin_absences),
        Job("look_after_approvals", 300, look_after_approvals),
        Job("answer_together", 10, answer_together),
        Job("find_bursts", 900, find_bursts),
        Job("own_data", 20, copy_own_data),
        Job("forget_readings", 86_400, forget_readings),
    )
}


def make_context(settings: Settings) -> JobContext:
    """Return what jobs need under these settings; nothing is started."""
    engine = make_engine(settings.database.url, settings.database.pool_size)
    return JobContext(
        settings=settings,
        sessions=sessionmaker(engine, expire_on_commit=False),
        storage=Storage(settings.storage.folder),
        mailer=Mailer(settings.mail),
        texts=Texts(settings),
    )


def run_due(context: JobContext, name: str) -> str | None:
    """Run a job if it is due and nobody else runs it; return what it did, None when it was not for us."""
    job = JOBS[name]
    lease = _take(context, job, job.every * EARLY)
    return _run(context, job, lease) if lease else None


def run_job(context: JobContext, name: str, now: datetime | None = None) -> str:
    """Run a job now, due or not. Raises NotFound for an unknown name, Conflict while it runs elsewhere.

    With `now` the job acts as of that instant: for the demo's past and for tests.
    """
    if name not in JOBS:
        raise NotFound(N_("There is no job %(name)s. The jobs are: %(names)s."), name=name, names=", ".join(JOBS))
    lease = _take(context, JOBS[name], None)
    if lease is None:
        raise Conflict(N_("The job %(name)s is running already. Wait until it has ended."), name=name)
    return _run(context, JOBS[name], lease, now)


def _take(context: JobContext, job: Job, every: float | None) -> leases.Lease | None:
    holder = f"{socket.gethostname()}:{os.getpid()}"[:80]
    with context.sessions() as session, writing(session):
        return leases.take(session, job.name, holder, HOLD, every)


def _run(context: JobContext, job: Job, lease: leases.Lease, now: datetime | None = None) -> str:
    try:
        outcome = job.run(Turn(context, lease, now or datetime.now(UTC)))
    except LeaseLost:
        log.warning("job %s %s", job.name, TAKEN_OVER)
        return TAKEN_OVER
    except BaseException as error:
        _finish(context, lease, f"{FAILED}{type(error).__name__}: {error}")
        raise
    _finish(context, lease, outcome.stored())
    return str(outcome)


def _finish(context: JobContext, lease: leases.Lease, result: str) -> None:
    with context.sessions() as session, writing(session):
        leases.finish(session, lease, result)


def scheduler(context: JobContext) -> BackgroundScheduler:
    """Return a scheduler, not yet started, that ticks every job; for `flask serve` and `serve` below."""
    made = BackgroundScheduler(
        jobstores={"default": MemoryJobStore()},
        executors={"default": ThreadPoolExecutor(len(JOBS))},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone=UTC,
    )
    for job in JOBS.values():
        first = datetime.now(UTC)
        made.add_job(run_due, "interval", (context, job.name), seconds=job.every, id=job.name, next_run_time=first)
    return made


def serve(context: JobContext) -> None:
    """Run the jobs until SIGTERM or SIGINT; a job under way ends with its present batch."""

    def stop(_signal: int, _frame: object) -> None:
        context.stopping.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    running = scheduler(context)
    running.start()
    try:
        context.stopping.wait()
    finally:
        running.shutdown(wait=True)
        for number, handler in before.items():
            signal.signal(number, handler)
