"""`flask saml keys`, `check` and `metadata`: what a federation must be sent, and whether it is ready to be sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
from flask import current_app
from flask.cli import with_appcontext

from saml import readiness
from saml.errors import ConfigurationError, SamlError
from saml.keys import new_key_pair, write_key_pair
from saml.metadata import build_metadata
from saml.profile import Profile, load_profile
from servicedesk.rules.errors import NotFound
from servicedesk.settings import Settings
from servicedesk.store import catalogue, leases
from servicedesk.web.auth.federation import federation
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading

ROLLOVER: Final = """
Where keys are in use already, keep them first for now:
1. Put these lines after the pair in use and restart the desk: its metadata then publishes both certificates.
2. Send the new metadata to the federation and wait until every identity provider has it.
3. Put the new pair first and restart: the desk signs with it from then on.
4. After some days take the old pair out, restart, and send the metadata once more."""

PROFILE = click.argument("name", metavar="PROFILE")
BASE_URL = click.option("--base-url", default="", help="Address of the site, where it is not that of the settings.")


@contextmanager
def explained() -> Iterator[None]:
    """Turn what is wrong with a profile into the command's error message."""
    try:
        yield
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from error
    except SamlError as error:
        names = ", ".join(each.name for each in federation().profiles)
        raise click.ClickException(f"There is no such profile; name one of {names}, or a profile file.") from error


def profile_called(name: str, base_url: str, *, with_keys: bool = True) -> Profile:
    """Return the configured profile of this name or the one in the file of this path."""
    if not name.endswith(".toml"):
        return federation().profile(name)
    settings: Settings = current_app.extensions["desk_settings"]
    profile = load_profile(Path(name), base_url or settings.site.base_url, is_default=False, with_keys=with_keys)
    as_default = replace(profile, is_default=True)
    return as_default if profile.entity_id == as_default.metadata_url else profile


@click.command("keys")
@PROFILE
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the files.")
@click.option("--locality", required=True, help="Town where the organisation has its seat.")
@click.option("--days", default=1095, show_default=True, type=click.IntRange(30, 3650), help="How long it is valid.")
@BASE_URL
@with_appcontext
def keys(name: str, out: Path, locality: str, days: int, base_url: str) -> None:
    """Make a key of 3072 bits and its certificate for PROFILE, a profile's name or file; nothing is overwritten.

    With the file the profile need not be in use yet, nor its keys exist.
    """
    now = utc_now()
    with explained():
        profile = profile_called(name, base_url, with_keys=False)
        pair = new_key_pair(profile, locality=locality, days=days, now=now)
        key, certificate = write_key_pair(pair, out, f"{profile.name}-{now:%Y%m%d}")
    click.echo(f"Written: {key} (keep it to yourself) and {certificate}. Put into the profile's file:\n")
    click.echo(f'[[keys]]\nkey = "{key.absolute()}"\ncertificate = "{certificate.absolute()}"')
    if pair.encryption:
        click.echo('use = ["signing", "encryption"]')
    click.echo(ROLLOVER)


@click.command("check")
@click.argument("name", metavar="[PROFILE]", default="")
@BASE_URL
@with_appcontext
def check(name: str, base_url: str) -> None:
    """Say what is missing before PROFILE (a name, a file; without it every profile) can be registered.

    Ends with status 1 when something blocks.
    """
    with explained():
        profiles = (profile_called(name, base_url),) if name else federation().profiles
    blocked = sum([told(profile) for profile in profiles])
    click.echo("The clock was compared with the database's alone; `timedatectl` or `chronyc tracking` tells about NTP.")
    if blocked:
        raise click.ClickException(f"{blocked} things to do before registration.")


def told(profile: Profile) -> int:
    """Say what there is to do for one profile and return how much of it blocks."""
    # Both clocks are asked one after the other: utc_now() would give the instant at which the command began.
    difference = datetime.now(UTC) - leases.database_time(reading())
    found = [
        *readiness.findings(profile, utc_now()),
        *readiness.services(profile, known_services()),
        *readiness.clock(difference, profile.skew),
    ]
    click.echo(f"{profile.name} ({profile.federation}), {profile.entity_id}")
    for finding in found:
        click.echo(f"  {'needed' if finding.blocks else 'advice'}: {finding.sentence}")
    if not found:
        click.echo("  ready to be registered")
    return sum(finding.blocks for finding in found)


def known_services() -> set[str]:
    """Return the keys and ids of the catalogue's services; none before a catalogue was published."""
    try:
        found = catalogue.current(reading()).services.values()
    except NotFound:
        return set()
    return {name for service in found for name in (service.key, service.id)}


@click.command("metadata")
@click.argument("name", metavar="[PROFILE]", default="")
@BASE_URL
@with_appcontext
def metadata(name: str, base_url: str) -> None:
    """Print the signed metadata of PROFILE (a name, a file; without it of the default profile)."""
    with explained():
        profile = profile_called(name, base_url) if name else federation().profile()
    click.echo(build_metadata(profile).decode())
