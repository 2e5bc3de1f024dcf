"""`flask counters`: makes and changes the counters at which people book appointments."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from servicedesk.actions.counters import set_counter
from servicedesk.commands.operator import operator
from servicedesk.gateways import counters_file
from servicedesk.rules.errors import DeskError
from servicedesk.store import appointments as store
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing


@click.group("counters")
def group() -> None:
    """The counters at which people book appointments."""


@group.command("apply")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def apply_file(file: Path) -> None:
    """Make or change the counters of FILE (TOML); the others, and every appointment booked, stay as they are."""
    try:
        counters = counters_file.read(file.read_bytes())
        with writing() as session:
            changed = [counter.key for counter in counters if set_counter(session, counter, operator(), utc_now())]
    except DeskError as refused:
        raise click.ClickException(str(refused)) from refused
    click.echo(f"Changed: {', '.join(changed)}." if changed else "Nothing to do: the counters are so already.")


@group.command("list")
@with_appcontext
def show_all() -> None:
    """Print every counter: key, group, and whether it can be booked."""
    for counter in store.counters(reading()):
        click.echo(f"{counter.key}  {counter.group}  {'open' if counter.is_active else 'closed for booking'}")
