"""Fixtures that hand a test its database: a session that is rolled back, or a database of its own."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.store.base import make_engine
from tests.databases import RUN, Databases
from tests.gateways.smtp_server import PostOffice, Server


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """The databases of this process."""
    shared: Mapping[str, Any] = getattr(request.config, "workerinput", {}).get("databases", {})
    if shared:
        given = Databases(Path(shared["folder"]), None, shared["servers"])
    else:
        run = request.config.stash[RUN]
        given = Databases(run.folder, run, {})
    yield given
    given.close()


@pytest.fixture
def engine(databases: Databases, engine_kind: str) -> sa.Engine:
    """An engine on this process's migrated database; what a test writes through it stays, so prefer `session`."""
    return databases.engine(engine_kind)


@pytest.fixture
def session(engine: sa.Engine) -> Iterator[Session]:
    """A session whose work, commits included, is undone after the test."""
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
        if outer.is_active:
            outer.rollback()


@pytest.fixture
def database_url(databases: Databases, engine_kind: str, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty database that belongs to this test alone."""
    with databases.copy(engine_kind, tmp_path) as url:
        yield url


@pytest.fixture
def fresh_database(database_url: str) -> Iterator[sa.Engine]:
    """An engine on a database that belongs to this test alone, for threads and real commits."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def office() -> PostOffice:
    """What arrives by mail."""
    return PostOffice()


@pytest.fixture
def server(office: PostOffice) -> Iterator[Server]:
    """The mail server in front of the office."""
    server = Server(office)
    server.start()
    yield server
    server.stop()
