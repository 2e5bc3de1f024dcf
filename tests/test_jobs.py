"""The job runner: due or not, one at a time, clean ends, and what `flask jobs` says."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from servicedesk import jobs, turns
from servicedesk.actions.files import note_draft
from servicedesk.actions.outbox import claim_due
from servicedesk.commands.jobs import group
from servicedesk.gateways.storage import new_upload_id
from servicedesk.jobs import JOBS, run_due, run_job, scheduler
from servicedesk.rules.errors import Conflict, NotFound
from servicedesk.rules.outcomes import Outcome, counted
from servicedesk.settings import ROOT, Settings
from servicedesk.store import leases
from servicedesk.store.base import writing
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.system import FormKey, JobLease
from servicedesk.store.models.tickets import Upload
from servicedesk.turns import HOLD, JobContext, LeaseLost, Turn
from servicedesk.web import labels
from tests import factories
from tests.faults.processes import environment
from tests.job_desk import RECENTLY, let_time_pass, settings_for, working

NOW = datetime.now(UTC)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return settings_for(database_url, tmp_path)


@pytest.fixture
def context(settings: Settings) -> Iterator[JobContext]:
    with working(settings) as context:
        yield context


def lease_of(context: JobContext, name: str) -> JobLease:
    with context.sessions() as session:
        return session.get_one(JobLease, name)


def until(is_so: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something that other threads or processes bring about; fail after `seconds`."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.02)


@pytest.mark.concurrency
def test_of_many_that_tick_at_once_exactly_one_runs_each_time_the_job_is_due(settings: Settings) -> None:
    with ExitStack() as stack:
        contexts = [stack.enter_context(working(settings)) for _ in range(8)]
        for _period in range(3):
            barrier = Barrier(len(contexts))

            def tick(context: JobContext, barrier: Barrier = barrier) -> str | None:
                barrier.wait()
                return run_due(context, "resume")

            with ThreadPoolExecutor(len(contexts)) as pool:
                answers = list(pool.map(tick, contexts))
            assert sorted(answers, key=str) == ["0 resumed"] + [None] * 7
            with contexts[0].sessions() as session:
                let_time_pass(session, timedelta(seconds=JOBS["resume"].every))
        assert lease_of(contexts[0], "resume").fence == 3


@pytest.mark.concurrency
def test_no_mail_is_claimed_twice_however_many_ask_at_once(settings: Settings) -> None:
    with ExitStack() as stack:
        contexts = [stack.enter_context(working(settings)) for _ in range(6)]
        with contexts[0].sessions() as session:
            factories.publish(session)
            for _ in range(40):
                factories.ticket(session, now=RECENTLY)
            session.commit()
            everything = set(session.scalars(sa.select(Notice.id)))

        def claim_all(context: JobContext) -> list[int]:
            mine: list[int] = []
            while True:
                with context.sessions() as session, writing(session):
                    ids = claim_due(session, NOW, 3)
                if not ids:
                    return mine
                mine += ids

        with ThreadPoolExecutor(len(contexts)) as pool:
            claims = [notice_id for ids in pool.map(claim_all, contexts) for notice_id in ids]
    assert len(claims) == len(set(claims))
    assert set(claims) == everything


@pytest.mark.both_databases
def test_a_job_that_ran_a_moment_ago_is_not_due_but_can_be_run_by_hand(context: JobContext) -> None:
    assert run_due(context, "resume") == "0 resumed"
    assert run_due(context, "resume") is None
    assert run_job(context, "resume") == "0 resumed"


@pytest.mark.both_databases
def test_a_tick_that_comes_a_little_early_still_counts(context: JobContext) -> None:
    run_due(context, "deliver_mail")
    with context.sessions() as session:
        let_time_pass(session, timedelta(seconds=9.5))
    assert run_due(context, "deliver_mail") is not None


def test_a_job_that_runs_elsewhere_is_not_run_by_hand(context: JobContext) -> None:
    with context.sessions() as session, writing(session):
        assert leases.take(session, "expire", "elsewhere", HOLD, None)
    with pytest.raises(Conflict, match="expire is running already"):
        run_job(context, "expire")


def test_an_unknown_job_is_refused_with_the_names_there_are(context: JobContext) -> None:
    with pytest.raises(NotFound, match="There is no job nightly. The jobs are: deliver_mail, expire"):
        run_job(context, "nightly")


@pytest.mark.both_databases
def test_a_run_whose_lease_was_taken_over_undoes_its_batch_and_ends(context: JobContext) -> None:
    with context.sessions() as session, writing(session):
        mine = leases.take(session, "clean", "slow", 1, None)
    assert mine
    with context.sessions() as session:
        let_time_pass(session)
    with context.sessions() as session, writing(session):
        assert leases.take(session, "clean", "next", HOLD, None)

    def work(session: Session, now: datetime, limit: int, failed: set[int]) -> int:
        session.add(FormKey(key_hash="x", made="y", used_at=now))
        return 1

    with pytest.raises(LeaseLost):
        Turn(context, mine, NOW).in_batches(work, "done")
    with context.sessions() as session:
        assert session.scalars(sa.select(FormKey)).all() == []


@pytest.mark.both_databases
def test_a_job_that_fails_gives_its_lease_back_and_says_why(
    context: JobContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(turn: Turn) -> Outcome:
        raise RuntimeError("no space left")

    monkeypatch.setitem(jobs.JOBS, "clean", jobs.Job("clean", 3600, fail))  # type: ignore[arg-type]
    with pytest.raises(RuntimeError):
        run_job(context, "clean")
    lease = lease_of(context, "clean")
    assert (lease.held_until, lease.last_result) == (None, "failed: RuntimeError: no space left")


def test_a_run_that_is_told_to_stop_ends_after_its_batch(context: JobContext) -> None:
    batches = 0

    def work(session: Session, now: datetime, limit: int, failed: set[int]) -> int:
        nonlocal batches
        batches += 1
        context.stopping.set()
        return limit

    with context.sessions() as session, writing(session):
        lease = leases.take(session, "expire", "me", HOLD, None)
    assert lease
    assert Turn(context, lease, NOW).in_batches(work, "closed") == counted(closed=turns.BATCH)
    assert batches == 1


def test_a_long_run_claims_as_of_the_present_not_of_its_beginning(context: JobContext) -> None:
    turn = Turn(context, leases.Lease("deliver_mail", 1), NOW)
    object.__setattr__(turn, "_begun", time.monotonic() - 900)
    assert timedelta(minutes=15) <= turn.present - NOW < timedelta(minutes=16)


@pytest.mark.both_databases
def test_cleaning_removes_overdue_drafts_with_their_bytes_and_spares_what_is_in_use(context: JobContext) -> None:
    old, fresh, dropped = new_upload_id(), new_upload_id(), f"{NOW.hour:02x}" + new_upload_id()[2:]
    for upload_id in (old, fresh, dropped):
        context.storage.save(io.BytesIO(b"bytes"), upload_id, 100)
    long_ago = (NOW - timedelta(days=5)).timestamp()
    os.utime(context.storage.folder / dropped[:2] / dropped[2:4] / dropped, (long_ago, long_ago))
    with context.sessions() as session:
        for upload_id, at in ((old, NOW - timedelta(days=3)), (fresh, NOW)):
            note_draft(session, upload_id, "form", "x.pdf", "application/pdf", 5, "0" * 64, at)
        session.add(FormKey(key_hash="x", made="y", used_at=NOW - timedelta(days=8)))
        session.commit()
    lease = leases.Lease("clean", 1)
    with context.sessions() as session, writing(session):
        assert leases.take(session, "clean", "me", HOLD, None) == lease
    assert JOBS["clean"].run(Turn(context, lease, NOW)) == counted(rows=1, files=2)
    for gone in (old, dropped):
        with pytest.raises(NotFound):
            context.storage.open(gone)
    with context.storage.open(fresh) as file:
        assert file.read() == b"bytes"
    with context.sessions() as session:
        assert session.scalars(sa.select(Upload.id)).all() == [fresh]


def test_the_scheduler_starts_nothing_by_itself_and_then_ticks_every_job(context: JobContext) -> None:
    with context.sessions() as session:
        factories.publish(session)
        session.commit()
    made = scheduler(context)
    assert not made.running
    assert {job.id for job in made.get_jobs()} == set(JOBS)
    made.start()
    try:
        until(lambda: _finished(context) == set(JOBS))
    finally:
        context.stopping.set()
        made.shutdown(wait=True)


def _finished(context: JobContext) -> set[str]:
    with context.sessions() as session:
        return set(session.scalars(sa.select(JobLease.name).where(JobLease.last_finished_at.is_not(None))))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serving_ends_cleanly_when_told_to(context: JobContext, settings: Settings, number: signal.Signals) -> None:
    script = "from servicedesk import jobs, settings; jobs.serve(jobs.make_context(settings.load())); print('ended')"
    process = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, env=environment(settings), stdout=subprocess.PIPE, text=True
    )
    until(lambda: _finished(context) == set(JOBS))
    process.send_signal(number)
    output, _ = process.communicate(timeout=20)
    assert (process.returncode, output) == (0, "ended\n")


@pytest.fixture
def app(settings: Settings) -> Flask:
    """Just enough of an application for the commands."""
    app = Flask("jobs")
    app.extensions["desk_settings"] = settings
    app.cli.add_command(group)
    return app


def test_the_list_shows_every_job_with_its_last_run(app: Flask, context: JobContext) -> None:
    run_job(context, "expire")
    with context.sessions() as session, writing(session):
        leases.take(session, "warn", "host:7", HOLD, None)
    lines = app.test_cli_runner().invoke(args=["jobs", "list"]).output.splitlines()
    assert [line.split()[0] for line in lines] == list(JOBS)
    assert lines[0].endswith("last run never")
    assert lines[1].endswith("0 closed")
    assert lines[2].endswith("held by host:7")


def test_a_job_can_be_run_by_name_and_an_unknown_one_is_an_error(app: Flask) -> None:
    runner = app.test_cli_runner()
    assert runner.invoke(args=["jobs", "run", "resume"]).output == "resume: 0 resumed\n"
    unknown = runner.invoke(args=["jobs", "run", "nightly"])
    assert unknown.exit_code == 1
    assert "There is no job nightly" in unknown.output


def test_importing_the_jobs_starts_no_thread() -> None:
    script = "import threading, servicedesk.jobs; print(threading.active_count())"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"


def test_the_overview_of_administration_says_what_every_job_does():
    assert set(JOBS) == set(labels.JOBS)
