"""`flask demo`: a running desk with demo data, its own identity provider and a mailbox; never where people are real."""

import socket

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from servicedesk.settings import Settings


@click.command("demo")
@with_appcontext
def command() -> None:
    """Build the demo data where there are none yet, then run the desk until Ctrl-C or SIGTERM."""
    settings: Settings = current_app.extensions["desk_settings"]
    if settings.mode != "demo":
        raise click.ClickException(
            f"The demo lets anybody sign in as anybody, and the settings say mode '{settings.mode}'. "
            "Run it with SERVICEDESK_CONFIG=config/demo.toml."
        )
    refuse_taken(settings)
    # The mail sink's package is not among those of production, where this line is never reached.
    from servicedesk.commands import demo_run

    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # waitress wants the application itself
    demo_run.run(app, settings)


def refuse_taken(settings: Settings) -> None:
    """Raise a ClickException that names the first port another program listens on."""
    demo = settings.demo
    uses = {
        (demo.host, demo.port): "the desk",
        (demo.provider_host, demo.provider_port): "the demo identity provider",
        (demo.provider_host, demo.spid_port): "the demo's stand-in for SPID",
        (settings.mail.host, demo.smtp_port): "the demo mail server",
    }
    for (host, port), use in uses.items():
        if is_taken(host, port):
            raise click.ClickException(
                f"Port {port} on {host}, wanted for {use}, is in use by another program. "
                "Stop that program (another demo, perhaps), then start the demo again."
            )


def is_taken(host: str, port: int) -> bool:
    """Tell whether something listens on that address."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False
