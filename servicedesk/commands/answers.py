"""`flask answers`: publishes the answers and documents of a folder of Markdown files."""

from collections import Counter
from pathlib import Path

import click
from flask.cli import with_appcontext

from servicedesk.actions.answers import import_answer
from servicedesk.commands.operator import operator
from servicedesk.gateways.answer_files import read_folder
from servicedesk.rules.errors import DeskError
from servicedesk.web.clock import utc_now
from servicedesk.web.db import writing


@click.group("answers")
def group() -> None:
    """Answers and documents that people read instead of asking."""


@group.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Also replace answers that were last changed in the desk.")
@with_appcontext
def import_folder(folder: Path, replace: bool) -> None:
    """Publish the answers of FOLDER, files <key>.it.md and <key>.en.md. One mistake, and nothing is changed."""
    key = ""
    try:
        found = read_folder(folder)
        with writing() as session:
            counts: Counter[str] = Counter()
            for key, written in found.items():
                outcome = import_answer(session, key, written, operator(), utc_now(), replace)
                counts[outcome] += 1
                if outcome != "unchanged":
                    click.echo(f"{outcome:>9} {key}")
    except DeskError as refused:
        reasons = [str(sentence) for sentence in getattr(refused, "fields", {}).values()] or [str(refused)]
        raise click.ClickException(f"{key}: {' '.join(reasons)}" if key else str(refused)) from refused
    click.echo(", ".join(f"{counts[name]} {name}" for name in ("added", "changed", "unchanged", "kept")) + ".")
    if counts["kept"]:
        click.echo("Kept are answers last changed in the desk, or being changed there; --replace replaces them.")
