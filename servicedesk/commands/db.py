"""`flask db`: brings the database to the newest schema and says where it stands."""

import click
from flask import current_app
from flask.cli import with_appcontext

from servicedesk.settings import Settings
from servicedesk.store import migrate
from servicedesk.store.base import make_engine


@click.group("db")
def group() -> None:
    """The database's schema."""


def _url() -> str:
    settings: Settings = current_app.extensions["desk_settings"]
    return settings.database.url


@group.command("upgrade")
@with_appcontext
def upgrade() -> None:
    """Bring the database to the newest revision."""
    migrate.upgrade(_url())
    click.echo(f"The database is at revision {migrate.head()}.")


@group.command("current")
@with_appcontext
def current() -> None:
    """Say which revision the database is at; exit status 1 when it is not the newest."""
    engine = make_engine(_url())
    with engine.connect() as connection:
        found = migrate.current(connection)
    engine.dispose()
    click.echo(f"database: {found or 'empty'}, code: {migrate.head()}")
    if found != migrate.head():
        raise click.exceptions.Exit(1)
