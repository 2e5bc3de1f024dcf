"""`flask standard-answers`: publishes the standard answers of a file, and the contacts of the counters they name."""

from collections import Counter
from pathlib import Path

import click
from flask.cli import with_appcontext

from servicedesk.actions.standard_answers import import_answer
from servicedesk.actions.standard_contacts import keep_contact
from servicedesk.commands.operator import operator
from servicedesk.gateways import standard_answers_file
from servicedesk.rules.errors import DeskError
from servicedesk.store import catalogue
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing


@click.group("standard-answers")
def group() -> None:
    """Answers that technicians give again and again."""


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Also replace standard answers that were last changed in the desk.")
@with_appcontext
def import_file(file: Path, replace: bool) -> None:
    """Publish the standard answers and contacts of FILE (TOML). One mistake, and nothing is changed."""
    counts, name = Counter[str](), ""
    try:
        found = standard_answers_file.read(file.read_bytes(), catalogue.current(reading()))
        with writing() as session:
            for name, written in found.answers.items():
                counts[import_answer(session, name, written, operator(), utc_now(), replace)] += 1
            for contact in found.contacts:
                name = contact.value or contact.kind
                counts[keep_contact(session, contact, operator(), utc_now())] += 1
    except DeskError as refused:
        reasons = [str(sentence) for sentence in getattr(refused, "fields", {}).values()] or [str(refused)]
        raise click.ClickException(f"{name}: {' '.join(reasons)}" if name else str(refused)) from refused
    click.echo(", ".join(f"{counts[each]} {each}" for each in ("added", "changed", "unchanged", "kept")) + ".")
    if counts["kept"]:
        click.echo("Kept are answers last changed in the desk, or being changed there; --replace replaces them.")
