"""`flask jobs`: lists the jobs, runs one now, or runs all of them until stopped."""

import click
from flask import current_app
from flask.cli import with_appcontext

from servicedesk import jobs, turns
from servicedesk.rules import outcomes
from servicedesk.rules.errors import DeskError
from servicedesk.settings import Settings
from servicedesk.store import leases


@click.group("jobs")
def group() -> None:
    """What runs by itself: mails, closing, warning, resuming, cleaning."""


def _context() -> turns.JobContext:
    settings: Settings = current_app.extensions["desk_settings"]
    return jobs.make_context(settings)


def _told(result: str) -> str:
    return str(outcomes.kept(result) or result)


@group.command("list")
@with_appcontext
def show() -> None:
    """List every job with its last run and what came of it."""
    context = _context()
    with context.sessions() as session:
        standings = {standing.name: standing for standing in leases.standings(session)}
    for job in jobs.JOBS.values():
        standing = standings.get(job.name)
        last, result = "never", ""
        if standing is not None and standing.last_started_at is not None:
            last = standing.last_started_at.isoformat(" ", "seconds")
            result = f"held by {standing.holder}" if standing.held_until else _told(standing.last_result)
        click.echo(f"{job.name:<14} every {job.every:>5} s   last run {last:<26} {result}".rstrip())


@group.command("run")
@click.argument("name")
@with_appcontext
def run(name: str) -> None:
    """Run the job NAME now, due or not."""
    try:
        click.echo(f"{name}: {jobs.run_job(_context(), name)}")
    except DeskError as error:
        raise click.ClickException(str(error)) from error


@group.command("serve")
@with_appcontext
def serve() -> None:
    """Run all jobs at their times until SIGTERM or Ctrl-C."""
    click.echo(f"Running {', '.join(jobs.JOBS)}; stop with Ctrl-C.")
    jobs.serve(_context())
    click.echo("Stopped.")
