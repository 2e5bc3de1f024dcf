"""`flask serve`: the whole desk in one process: pages by waitress, and the jobs beside them."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import click
import waitress
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from servicedesk import jobs, turns
from servicedesk.rules.errors import NotFound
from servicedesk.settings import Settings
from servicedesk.store import catalogue, migrate
from servicedesk.web.db import reading

THREADS = 8
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@with_appcontext
def command(host: str, port: int) -> None:
    """Run pages and jobs in this one process until Ctrl-C or SIGTERM."""
    refuse_unready()
    settings: Settings = current_app.extensions["desk_settings"]
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # waitress wants the application itself
    try:
        with stopped_by_signals():
            run(app, jobs.make_context(settings), host, port, lambda: click.echo(f"Serving http://{host}:{port}"))
    except OSError as error:
        raise click.ClickException(f"Cannot listen on {host}:{port}: {error.strerror}.") from error


def refuse_unready() -> None:
    """Raise a ClickException that says which command to run while the database cannot be served from."""
    try:
        found = migrate.current(reading().connection())
    except SQLAlchemyError as error:
        reason = str(error).splitlines()[0]
        raise click.ClickException(f"The database cannot be reached: {reason}") from error
    if found != migrate.head():
        raise click.ClickException("The database is not at the newest revision. Run: flask --app wsgi db upgrade")
    try:
        catalogue.current(reading())
    except NotFound as error:
        raise click.ClickException(
            "No catalogue was ever applied. Run: flask --app wsgi catalogue apply categories.yaml"
        ) from error
    reading().rollback()


def run(app: Flask, context: turns.JobContext, host: str, port: int, ready: Callable[[], None]) -> None:
    """Serve pages and run the jobs until KeyboardInterrupt; `ready` is called once the address is taken.

    Raises OSError when the address belongs to another program.
    """
    server = waitress.create_server(app, host=host, port=port, threads=THREADS, ident=None)
    running = jobs.scheduler(context)
    running.start()
    try:
        ready()
        server.run()
    finally:
        context.stopping.set()
        server.close()
        running.shutdown(wait=True)


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Leave the block quietly at the first Ctrl-C, SIGTERM or SIGHUP; later ones do not disturb its cleaning up."""

    def stop(_number: int, _frame: object) -> None:
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in STOPPING}
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
