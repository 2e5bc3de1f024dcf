"""`flask figures`: counts the days of the past anew."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask.cli import with_appcontext

from servicedesk import figuring, jobs
from servicedesk.rules.calendar import local_day
from servicedesk.settings import Settings
from servicedesk.store.base import writing


@click.group("figures")
def group() -> None:
    """What was counted of each day, for the page of figures."""


@group.command("rebuild")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The first day to count.")
@with_appcontext
def rebuild(first: datetime) -> None:
    """Count every day from a day on anew, from the events of the requests; pages go on showing what was there."""
    settings: Settings = current_app.extensions["desk_settings"]
    context, now = jobs.make_context(settings), datetime.now(UTC)
    today = local_day(now, ZoneInfo(settings.site.zone))
    length = (today - first.date()).days + 1
    if length < 1:
        raise click.ClickException("That day has not come yet. Give a day of the past: --from 2026-01-31.")
    days = [first.date() + timedelta(days=number) for number in range(length)]
    with click.progressbar(length=length, label="Counting") as bar, context.sessions() as session:
        click.echo(figuring.count_days(context, lambda: writing(session), days, now, lambda _day: bar.update(1)))
