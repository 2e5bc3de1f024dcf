"""`flask people`: the student register, staff and their roles, and absences."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from servicedesk.actions import accounts, people, register, roles, second_factor
from servicedesk.commands.operator import operator
from servicedesk.gateways import register_file
from servicedesk.rules.addresses import Addresses
from servicedesk.rules.errors import DeskError
from servicedesk.rules.identity import fiscal_hash
from servicedesk.rules.permissions import Role
from servicedesk.settings import Settings
from servicedesk.store import staff as store
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing

Command = Callable[..., Any]
DAY = click.DateTime(["%Y-%m-%d"])
WHO = click.argument("who", metavar="CODE_OR_EMAIL")
ROLE = click.argument("role", type=click.Choice([role.value for role in Role]))
GROUP = click.option("--group", "group_code", default="", help="Code of the group, for technicians and supervisors.")
SERVICE = click.option("--service", default="", help="Key or id of the service, for administrators (default: all).")


@click.group("people")
def group() -> None:
    """Students, staff, roles and absences."""


@contextmanager
def changing() -> Iterator[Session]:
    """Run one writing transaction; a refusal of the rules becomes the command's error message."""
    try:
        with writing() as session:
            yield session
    except DeskError as refused:
        raise click.ClickException(str(refused)) from refused


def identity_key() -> str:
    """Return the key under which fiscal codes are hashed."""
    settings: Settings = current_app.extensions["desk_settings"]
    return settings.identity_key


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--skip-errors", is_flag=True, help="Import the rows that are right although others are wrong.")
@with_appcontext
def import_students(file: Path, skip_errors: bool) -> None:
    """Bring the student register up to date with FILE (CSV); students who are not in it stay as they are.

    Can be run again at any time. Every error is printed as file:line: column: what; a file with errors changes nothing.
    """
    with click.progressbar(length=file.stat().st_size, label="Reading") as bar:
        found = register_file.read(file, identity_key(), bar.update)
    for problem in found.problems:
        click.echo(str(problem), err=True)
    if found.problems and not (skip_errors and found.rows):
        raise click.ClickException(f"{len(found.problems)} errors; nothing was changed.")
    counts = write_register(found.rows)
    click.echo(f"{counts.inserted} inserted, {counts.updated} updated, {counts.unchanged} unchanged.")
    if found.problems:
        click.echo(f"{len(found.problems)} errors; the rows named above were left out.", err=True)


def write_register(rows: tuple[register_file.Row, ...]) -> register.Counts:
    """Write the rows in transactions of a batch each, so that nobody waits for the whole file."""
    counts = register.Counts()
    with click.progressbar(length=len(rows), label="Writing") as bar:
        for batch in register.batches(rows):
            with writing() as session:
                counts += register.import_batch(session, batch, utc_now())
            bar.update(len(batch))
    return counts


@group.command("add-staff")
@click.argument("code")
@click.argument("given_name")
@click.argument("family_name")
@click.argument("email")
@click.option("--fiscal-code", prompt=True, hide_input=True, help="Asked for when left out, to keep it off the screen.")
@with_appcontext
def add_staff(code: str, given_name: str, family_name: str, email: str, fiscal_code: str) -> None:
    """Make a person known before the first sign-in, so that roles can be granted; run again to correct names.

    CODE is what requesters see. Of the fiscal code only a keyed hash is kept.
    """
    with changing() as session:
        hashed = fiscal_hash(identity_key(), fiscal_code)
        people.add_staff(session, people.Staff(code, hashed, given_name, family_name, email), operator(), utc_now())
    click.echo(f"{code} is known.")


@group.command("grant")
@WHO
@ROLE
@GROUP
@SERVICE
@click.option("--areas", default="", help="Areas a technician answers for, separated by commas.")
@click.option("--code", default="", help="The code by which requesters know a technician who has none yet.")
@with_appcontext
def grant(who: str, role: str, group_code: str, service: str, areas: str, code: str) -> None:
    """Give a role, or change its areas."""
    by, now = operator(), utc_now()
    with changing() as session:
        person = store.person_meant(session, who)
        if code:
            people.give_code(session, person, code, by, now)
        wanted = roles.make_grant(session, Role(role), group_code, service)
        named = [area.strip() for area in areas.split(",") if area.strip()]
        is_new = roles.grant(session, person, wanted, named, by, now)
    click.echo(f"{who}: {role} {wanted.group or wanted.service} {'granted' if is_new else 'held already'}.")


@group.command("add-local")
@WHO
@click.option("--given-name", default="", help="Adds somebody whom nobody knows yet; CODE_OR_EMAIL is then the e-mail.")
@click.option("--family-name", default="", help="Goes with --given-name.")
@with_appcontext
def add_local(who: str, given_name: str, family_name: str) -> None:
    """Let a person sign in with e-mail and password, for days when no identity provider answers.

    Mails a link for choosing the password and prints it; run again for a new one. Roles are granted as for everybody;
    technicians and administrators are led to set up a second factor when they first sign in.
    """
    settings: Settings = current_app.extensions["desk_settings"]
    by, now = operator(), utc_now()
    if bool(given_name) != bool(family_name) or (given_name and "@" not in who):
        raise click.ClickException("To add somebody, give their e-mail, --given-name and --family-name.")
    with changing() as session:
        if given_name:
            person = accounts.add_person(session, given_name, family_name, who, None, now)
        else:
            person = store.person_meant(session, who)
        path = accounts.invite(session, person, timedelta(hours=settings.accounts.link_hours), by, now)
    click.echo(f"{who} chooses a password here, within {settings.accounts.link_hours} hours; the link was mailed too:")
    click.echo(Addresses(settings.site.base_url).page(path))


@group.command("reset-second-factor")
@WHO
@with_appcontext
def reset_second_factor(who: str) -> None:
    """Remove every second factor of a person who lost theirs, and sign them out; make sure that it is really them."""
    with changing() as session:
        person = store.person_meant(session, who)
        had = second_factor.reset(session, person.id, operator(), utc_now())
    click.echo(f"{who}: {'second factors removed' if had else 'had no second factor'}.")


@group.command("revoke")
@WHO
@ROLE
@GROUP
@SERVICE
@with_appcontext
def revoke(who: str, role: str, group_code: str, service: str) -> None:
    """Take a role back."""
    with changing() as session:
        unwanted = roles.place(session, Role(role), group_code, service)
        roles.revoke(session, store.person_meant(session, who), unwanted, operator(), utc_now())
    click.echo(f"{who}: {role} {unwanted.group or unwanted.service} revoked.")


@group.command("list")
@with_appcontext
def list_staff() -> None:
    """List who has which role, and who is away."""
    for person, held in store.staff(reading()):
        areas = f" areas {', '.join(held.areas)}" if held.areas else ""
        source = " (from sign-in attributes)" if held.from_federation else ""
        place = held.group_code or held.service_id
        click.echo(f"{person.code or person.email}\t{person.display_name}\t{held.role} {place}{areas}{source}")
    for person, absence in store.absences(reading()):
        click.echo(f"{person.code or person.email}\t{person.display_name}\taway {absence.first_day} {absence.last_day}")


@group.command("absence")
@WHO
@click.argument("first", metavar="FROM", type=DAY)
@click.argument("last", metavar="TO", type=DAY)
@click.option("--remove", is_flag=True, help="Take this absence away again.")
@with_appcontext
def absence(who: str, first: datetime, last: datetime, remove: bool) -> None:
    """Note that nothing is assigned to a technician from FROM to TO (YYYY-MM-DD, both included)."""
    change = roles.remove_absence if remove else roles.set_absence
    with changing() as session:
        person = store.person_meant(session, who)
        change(session, person, first.date(), last.date(), operator(), utc_now())
    click.echo(f"{who}: absence {first.date()} to {last.date()} {'removed' if remove else 'noted'}.")
