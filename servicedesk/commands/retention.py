"""`flask retention`: carries out the terms of retention now, or says what that would touch."""

from datetime import UTC, datetime

import click
from flask import current_app
from flask.cli import with_appcontext

from servicedesk import jobs, retaining
from servicedesk.rules.errors import DeskError
from servicedesk.rules.retention import MOST_COUNTED
from servicedesk.settings import Settings
from servicedesk.store import catalogue
from servicedesk.turns import JobContext

SAID = {
    "files": "requests would lose their attachments",
    "tickets": "requests would lose everything personal",
    "people": "accounts would be removed",
}


@click.group("retention")
def group() -> None:
    """How long things are kept; the terms are set in the administration, under Privacy."""


@group.command("run")
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
@with_appcontext
def run(dry_run: bool) -> None:
    """Remove what has been kept for as long as its term says, as the job does every night."""
    settings: Settings = current_app.extensions["desk_settings"]
    context = jobs.make_context(settings)
    if dry_run:
        _tell(context, datetime.now(UTC))
        return
    try:
        click.echo(jobs.run_job(context, "retention"))
    except DeskError as error:
        raise click.ClickException(str(error)) from error


def _tell(context: JobContext, now: datetime) -> None:
    with context.sessions() as session:
        services = catalogue.current(session).services
        due = retaining.preview(session, context.settings, now)
        for each in due:
            name = services[each.service_id].name.en if each.service_id in services else "all services"
            count = f"more than {MOST_COUNTED}" if each.count > MOST_COUNTED else str(each.count)
            click.echo(f"{name}: {count} {SAID[each.kind]}")
    if not due:
        click.echo("No terms are set: everything is kept for good.")
