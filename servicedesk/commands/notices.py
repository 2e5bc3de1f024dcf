"""`flask notices`: makes the keys with which messages are sent to devices and to the university's app."""

import base64
import secrets

import click

from servicedesk.gateways.webpush import new_key

SECRET_BYTES = 32


@click.group("notices")
def group() -> None:
    """Messages to devices and to the university's app."""


@group.command("vapid-key")
def vapid_key() -> None:
    """Print a new private key for `push.key`; with another key every device has to be added again."""
    click.echo(new_key())


@group.command("webhook-secret")
def webhook_secret() -> None:
    """Print a new secret for `webhook.secret`; the app needs the same."""
    click.echo("whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode())
