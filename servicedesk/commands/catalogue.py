"""`flask catalogue`: checks a catalogue file, publishes it, and lists what was published."""

from hashlib import sha256
from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import DBAPIError

from servicedesk.actions.catalogue import CatalogueRefused, Publishable, apply, publishable
from servicedesk.commands.operator import operator
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.catalogue_changes import Change, ChangeKind, Difference
from servicedesk.rules.errors import DeskError
from servicedesk.store import catalogue as store
from servicedesk.store.people import staffed_groups
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing

KINDS: tuple[ChangeKind, ...] = ("added", "changed", "retired", "removed")
FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group("catalogue")
def group() -> None:
    """The catalogue: services, groups and categories."""


@group.command("check")
@FILE
@with_appcontext
def check(file: Path) -> None:
    """Print every error and warning of FILE as file:line:column; exit status 1 when there is an error."""
    read = _read(file)
    _tell_empty_groups(file, read.catalogue)
    categories = sum(category.selectable for category in read.catalogue.categories.values())
    groups = len(read.catalogue.groups)
    click.echo(f"{file}: no errors, {categories} categories that can be chosen, {groups} groups.")


@group.command("apply")
@FILE
@click.option("--once", is_flag=True, help="Do nothing when this very file was applied before (for deployments).")
@with_appcontext
def apply_file(file: Path, once: bool) -> None:
    """Publish FILE: it becomes the running catalogue. A file with errors changes nothing."""
    if once and store.was_applied(reading(), sha256(file.read_bytes()).hexdigest()):
        click.echo(f"{file} was applied before; the running catalogue stays.")
        return
    read = _read(file)
    try:
        with writing() as session:
            applied = apply(session, read, operator(), utc_now())
    except DeskError as refused:
        raise click.ClickException(str(refused)) from refused
    if not applied.is_new:
        click.echo(f"Nothing to do: version {applied.version} is this catalogue already.")
        return
    for change in applied.difference.changes:
        click.echo(_line(change))
    click.echo(f"Version {applied.version} runs now: {_counts(applied.difference)}.")
    _tell_empty_groups(file, read.catalogue)


@group.command("history")
@with_appcontext
def history() -> None:
    """List every published version, the newest first."""
    for version in store.history(reading()):
        at = f"{version.applied_at:%Y-%m-%d %H:%M} UTC"
        click.echo(f"{version.number:>4}  {at}  {version.applied_by}  {_counts(version.difference)}")


def _read(file: Path) -> Publishable:
    try:
        read = publishable(file.read_bytes(), str(file))
    except CatalogueRefused as refused:
        for finding in refused.findings:
            click.echo(str(finding))
        raise click.ClickException(str(refused)) from refused
    for finding in read.warnings:
        click.echo(str(finding))
    return read


def _tell_empty_groups(file: Path, tree: Catalogue) -> None:
    try:
        staffed = staffed_groups(reading())
    except DBAPIError:
        click.echo(f"{file}: the database is not ready, so it is not known which groups have members.")
        return
    for code, entry in tree.groups.items():
        if entry.active and code not in staffed:
            click.echo(f"{file}: warning: group '{code}' has no technicians; its tickets go to its fallback")


def _line(change: Change) -> str:
    what = f": {', '.join(change.what)}" if change.what else ""
    return f"{change.kind:>8} {change.section} {change.key}{what}"


def _counts(difference: Difference) -> str:
    return ", ".join(f"{difference.count(kind)} {kind}" for kind in KINDS)
