"""The test run itself: sessions that leave no trace, groups that hold together, no server left behind."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 240
STAY = 45
"""Seconds a test of the inner run sleeps; shorter than the patience above, for a busy worker may miss the interrupt."""
pytestmark = pytest.mark.xdist_group("run")

INNER = """
import os, time
from pathlib import Path
import pytest, sqlalchemy as sa

@pytest.mark.both_databases
def test_each_engine_answers(fresh_database, engine_kind):
    with fresh_database.connect() as connection:
        assert connection.scalar(sa.text("SELECT 1")) == 1
    Path(__file__).with_name(f"answered-{engine_kind}").touch()
    time.sleep(float(os.environ.get("STAY", "0")))

@pytest.mark.xdist_group("together")
@pytest.mark.parametrize("number", range(6))
def test_a_group_stays_on_one_worker(number, worker_id):
    Path(__file__).with_name(f"grouped-{number}-{worker_id}").touch()

def test_a_failure():
    raise AssertionError
"""


@dataclass
class InnerRun:
    """A pytest run inside the test, on two workers, with everything it creates below one folder."""

    folder: Path
    process: subprocess.Popen[str]

    def seen(self, pattern: str) -> list[str]:
        return [path.name for path in self.folder.glob(pattern)]

    def servers(self) -> list[psutil.Process]:
        return [each for each in psutil.process_iter() if str(self.folder) in " ".join(command_of(each))]


def command_of(process: psutil.Process) -> list[str]:
    try:
        command: list[str] = process.cmdline()
    except psutil.Error:
        return []
    return command if command and Path(command[0]).name.startswith("postgres") else []


def eventually(condition: Callable[[], object]) -> bool:
    deadline = time.monotonic() + SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(condition())


@pytest.fixture
def start_inner_run() -> Iterator[Callable[[int], InnerRun]]:
    folder = Path(tempfile.mkdtemp(prefix="inner-"))  # pytest's own folders are too long for a socket's name
    folder.chmod(0o755)
    runs: list[InnerRun] = []

    def start(stay: int) -> InnerRun:
        (folder / "test_inner.py").write_text(INNER)
        command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", "-p", "tests.conftest"]
        command += ["-c", str(ROOT / "pyproject.toml"), "-p", "no:cacheprovider", str(folder / "test_inner.py")]
        outside = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
        environment = outside | {"TMPDIR": str(folder), "STAY": str(stay), "SERVICEDESK_TEST_POSTGRES": "embedded"}
        out, err = subprocess.PIPE, subprocess.STDOUT
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, start_new_session=True, text=True, stdout=out, stderr=err
        )
        runs.append(InnerRun(folder, process))
        return runs[-1]

    yield start
    for run in runs:
        with suppress(ProcessLookupError):
            os.killpg(run.process.pid, signal.SIGKILL)  # its workers too, which outlive a killed run for a while
        run.process.communicate()
    shutil.rmtree(folder)


def test_a_run_with_a_failure_keeps_groups_on_one_worker_and_leaves_no_server(start_inner_run):
    run = start_inner_run(stay=0)
    output, _ = run.process.communicate(timeout=SECONDS)
    assert "1 failed, 8 passed" in output.splitlines()[-1], output
    assert {name.rpartition("-")[2] for name in run.seen("grouped-*")} in ({"gw0"}, {"gw1"})
    assert sorted(run.seen("answered-*")) == ["answered-postgresql", "answered-sqlite"]
    assert (run.servers(), run.seen("desk-tests-*")) == ([], [])


def test_a_run_stopped_from_the_keyboard_leaves_no_server(start_inner_run):
    run = start_inner_run(stay=STAY)
    assert eventually(lambda: run.seen("answered-*"))
    assert run.servers()
    os.killpg(run.process.pid, signal.SIGINT)
    run.process.communicate(timeout=SECONDS)
    assert (run.servers(), run.seen("desk-tests-*")) == ([], [])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_run_that_is_killed_leaves_no_server(start_inner_run):
    run = start_inner_run(stay=STAY)
    assert eventually(lambda: run.seen("answered-*"))
    assert run.servers()
    run.process.kill()
    assert eventually(lambda: not run.servers())


@pytest.mark.both_databases
@pytest.mark.parametrize("time_around", ["first", "second"])
def test_what_a_session_commits_is_gone_for_the_next_test(session, time_around):
    assert sa.inspect(session.connection()).has_table("scratch") is False
    session.execute(sa.text("CREATE TABLE scratch (id INTEGER)"))
    session.execute(sa.text("INSERT INTO scratch VALUES (1)"))
    session.commit()
    session.execute(sa.text("INSERT INTO scratch VALUES (2)"))
    session.rollback()
    assert session.scalar(sa.text("SELECT count(*) FROM scratch")) == 1


@pytest.mark.concurrency
def test_a_fresh_database_has_the_migrated_schema_and_nothing_in_it(fresh_database):
    with fresh_database.connect() as connection:
        assert sa.inspect(connection).has_table("ticket")
        assert connection.scalar(sa.text("SELECT count(*) FROM ticket")) == 0
