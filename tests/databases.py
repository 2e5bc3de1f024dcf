"""Databases for tests: a migrated template per engine and run, and from it a copy per worker or per test."""

import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from servicedesk.store import migrate
from servicedesk.store.base import make_engine
from tests import postgres

SQLITE, POSTGRESQL, DEBIAN = "sqlite", "postgresql", "debian"
TEMPLATE = "desk_template"
BOTH_BY_DEFAULT = ("tests/store/", "tests/actions/")


def installations() -> dict[str, postgres.Installation]:
    """Return the PostgreSQL servers a run can use, by engine kind.

    SERVICEDESK_TEST_POSTGRES=debian or =embedded runs everything on that one; by default the embedded server carries
    the suite and Debian's, where installed, the concurrency tests as well.
    """
    found = {POSTGRESQL: postgres.embedded(), DEBIAN: postgres.debian()}
    chosen = os.environ.get("SERVICEDESK_TEST_POSTGRES", "")
    if chosen not in {"", "embedded", "debian"}:
        raise pytest.UsageError("SERVICEDESK_TEST_POSTGRES must be 'embedded' or 'debian'")
    if chosen == "debian" or (not chosen and found[POSTGRESQL] is None):
        found = {POSTGRESQL: found[DEBIAN]}
    if chosen == "embedded":
        del found[DEBIAN]
    if found[POSTGRESQL] is None:
        raise pytest.UsageError("no PostgreSQL here: install Debian's package postgresql, or pass --engines sqlite")
    return {kind: installation for kind, installation in found.items() if installation is not None}


class Run:
    """What all processes of one test run share: a folder and the servers in it. Whoever made it ends it."""

    def __init__(self, kinds: list[str]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="desk-tests-"))
        self.folder.chmod(0o755)
        self.available = installations() if POSTGRESQL in kinds else {}
        self.servers: dict[str, postgres.Server] = {}

    def start_all(self) -> dict[str, str]:
        """Start every server and return their addresses by kind, for the workers of a parallel run."""
        return {kind: self.server_url(kind) for kind in self.available}

    def server_url(self, kind: str) -> str:
        """Return the address of the server of this kind, started on first use."""
        if kind not in self.servers:
            self.servers[kind] = postgres.Server(self.available[kind], self.folder / kind)
            self.servers[kind].start()
        return self.servers[kind].url()

    def end(self) -> None:
        for server in self.servers.values():
            server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Databases:
    """The databases of one pytest process; `addresses` are the run's servers, None when this process is the run."""

    def __init__(self, folder: Path, run: Run | None, addresses: Mapping[str, str]) -> None:
        self.folder, self.run, self.addresses = folder, run, addresses
        self.engines: dict[str, sa.Engine] = {}
        self.copies: list[tuple[str, str]] = []

    def engine(self, kind: str) -> sa.Engine:
        """Return this process's engine for tests that roll back."""
        if kind not in self.engines:
            url = self._copy(kind, self.folder)
            self.copies.append((kind, url))
            self.engines[kind] = make_engine(url)
        return self.engines[kind]

    @contextmanager
    def copy(self, kind: str, folder: Path) -> Iterator[str]:
        """Give the address of a migrated, empty database of its own, dropped afterwards."""
        url = self._copy(kind, folder)
        try:
            yield url
        finally:
            self._drop(kind, url)

    def close(self) -> None:
        for engine in self.engines.values():
            engine.dispose()
        for kind, url in self.copies:
            self._drop(kind, url)

    def _copy(self, kind: str, folder: Path) -> str:
        name = f"desk_{uuid.uuid4().hex[:12]}"
        template = self._template(kind)
        if kind == SQLITE:
            shutil.copyfile(template, folder / f"{name}.sqlite3")
            return f"sqlite:///{folder / name}.sqlite3"
        _command(self._server(kind), f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return _named(self._server(kind), name)

    def _drop(self, kind: str, url: str) -> None:
        if kind == SQLITE:
            path = sa.make_url(url).database
            for suffix in ("", "-wal", "-shm"):
                Path(f"{path}{suffix}").unlink(missing_ok=True)
        else:
            with suppress(sa.exc.OperationalError):  # the server may be gone after Ctrl-C
                _command(self._server(kind), f"DROP DATABASE {sa.make_url(url).database} WITH (FORCE)")

    def _template(self, kind: str) -> str:
        """Return the template's file or name, migrated by whichever process of the run comes first."""
        done = self.folder / f"{kind}.migrated"
        with (self.folder / f"{kind}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                migrate.upgrade(self._new_template(kind))
                done.touch()
        return str(self.folder / "template.sqlite3") if kind == SQLITE else TEMPLATE

    def _new_template(self, kind: str) -> str:
        if kind == SQLITE:
            return f"sqlite:///{self.folder / 'template.sqlite3'}"
        _command(self._server(kind), f"CREATE DATABASE {TEMPLATE}")
        return _named(self._server(kind), TEMPLATE)

    def _server(self, kind: str) -> str:
        return self.addresses[kind] if self.run is None else self.run.server_url(kind)


def _named(server: str, database: str) -> str:
    return sa.make_url(server).set(database=database).render_as_string(hide_password=False)


def _command(server: str, statement: str) -> None:
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


def available_kinds(wanted: list[str]) -> list[str]:
    """Return the engine kinds tests may use here. Raises UsageError for a name that is no engine."""
    if unknown := set(wanted) - {SQLITE, POSTGRESQL}:
        raise pytest.UsageError(f"--engines: {', '.join(sorted(unknown))} is not one of {SQLITE}, {POSTGRESQL}")
    servers = list(installations()) if POSTGRESQL in wanted else []
    return [SQLITE, *servers] if SQLITE in wanted else servers


def kinds_for(metafunc: pytest.Metafunc) -> list[str]:
    """Return the engines a test runs on, from its folder and its markers."""
    marks = {mark.name for mark in metafunc.definition.iter_markers()}
    allowed: list[str] = metafunc.config.stash[ENGINES]
    if "concurrency" in marks:
        return [kind for kind in (SQLITE, POSTGRESQL, DEBIAN) if kind in allowed]
    both = "both_databases" in marks or metafunc.definition.nodeid.startswith(BOTH_BY_DEFAULT)
    return [kind for kind in ((SQLITE, POSTGRESQL) if both else (SQLITE,)) if kind in allowed]


ENGINES = pytest.StashKey[list[str]]()
RUN = pytest.StashKey[Run]()
