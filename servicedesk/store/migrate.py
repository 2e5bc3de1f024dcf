"""Brings a database to the newest schema, and says where it stands, through Alembic."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from servicedesk.store import models_all
from servicedesk.store.base import make_engine

FOLDER = Path(__file__).parent / "migrations"
SEARCH_TABLE = "ticket_search"


def config_for(url: str) -> Config:
    """Return Alembic's configuration for one database address."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["url"] = url
    return config


def head() -> str:
    """Return the newest revision the code knows."""
    revision = ScriptDirectory.from_config(config_for("")).get_current_head()
    assert revision is not None
    return revision


def current(connection: sa.Connection) -> str | None:
    """Return the revision the database is at, None when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(url: str) -> None:
    """Bring the database at `url` to the newest revision; does nothing when it is there already."""
    database = sa.make_url(url).database
    if url.startswith("sqlite") and database:
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(config_for(url), "head")


def drift(url: str) -> list[object]:
    """Return what differs between the models and the database, empty when they agree."""
    engine = make_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_ours, "compare_type": True})
        found = list(compare_metadata(context, models_all.metadata))
    engine.dispose()
    return found


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether autogeneration should look at it: the search index differs per engine and is kept by hand."""
    return not (kind == "table" and name is not None and name.startswith(SEARCH_TABLE))
