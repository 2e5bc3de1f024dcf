"""`flask saml refresh` and `providers`: reads the sources of identity providers now, and lists what they gave."""

import click
from flask import current_app
from flask.cli import with_appcontext

from servicedesk import jobs
from servicedesk.actions.federation_sources import read_again
from servicedesk.commands.operator import operator
from servicedesk.rules.errors import DeskError
from servicedesk.rules.sentences import Sentence
from servicedesk.settings import Settings
from servicedesk.store import federation as store
from servicedesk.store.models.federation import FederationSource
from servicedesk.web.auth.registries import Choice, DeskRegistry, registries
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing

MOST_LISTED = 50


@click.command("refresh")
@click.argument("profile", required=False)
@with_appcontext
def refresh(profile: str | None) -> None:
    """Read the sources of PROFILE, or of all profiles, now; exit status 1 when one fails."""
    chosen = [each for each in registries() if profile in (None, each.profile)]
    if not chosen:
        raise _unknown(str(profile))
    sources = [source for registry in chosen for source in registry.sources]
    settings: Settings = current_app.extensions["desk_settings"]
    with writing() as session:
        read_again(session, sources, operator(), utc_now())
    try:
        jobs.run_job(jobs.make_context(settings), "refresh_federations")
    except DeskError as error:
        raise click.ClickException(str(error)) from error
    rows = store.sources(reading(), [source.key for source in sources])
    for source in sources:
        click.echo(f"{source.profile:<16} {source.place}: {_state(rows.get(source.key))}")
    if any(source.key not in rows or rows[source.key].failures for source in sources):
        raise click.exceptions.Exit(1)


def _state(row: FederationSource | None) -> str:
    if row is None:
        return "was not read"
    if row.failure:
        return f"failed: {Sentence.from_json(row.failure)}"
    until = f"valid until {row.valid_until:%Y-%m-%d %H:%M} UTC" if row.valid_until else "no end stated"
    return f"{row.providers} providers, {len(row.problems)} problems, {until}"


@click.command("providers")
@click.argument("profile")
@click.argument("words", nargs=-1)
@with_appcontext
def providers(profile: str, words: tuple[str, ...]) -> None:
    """List identity providers of PROFILE, those that fit WORDS where any are given."""
    found = [each for each in registries() if each.profile == profile]
    if not found:
        raise _unknown(profile)
    listed = _choices(found[0], " ".join(words))
    for choice in listed[:MOST_LISTED]:
        names = " / ".join(dict.fromkeys(choice.names.values()))
        click.echo(f"{choice.entity_id}  {names}".rstrip())
    if len(listed) > MOST_LISTED:
        click.echo(f"... and more: name words to narrow the list to fewer than {MOST_LISTED}")
    if not listed:
        click.echo("None.")


def _choices(registry: DeskRegistry, words: str) -> tuple[Choice, ...]:
    return registry.search(words, MOST_LISTED + 1) if words else registry.choices(MOST_LISTED + 1)


def _unknown(profile: str) -> click.ClickException:
    names = ", ".join(each.profile for each in registries())
    return click.ClickException(f"There is no profile {profile}. The profiles are: {names}.")
