"""The demo at work: data built on the first start, then mail sink, identity provider, jobs and pages until stopped."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click
from flask import Flask

from saml.devidp_config import load_config
from servicedesk import jobs
from servicedesk.commands import demo_build, serve
from servicedesk.commands.demo_sink import sink
from servicedesk.gateways.mailbox import Mailbox
from servicedesk.settings import ROOT, Settings

PROVIDER = ROOT / "config" / "saml" / "devidp.toml"
PATIENCE = 5
"""Seconds the identity provider gets to end by itself."""


def run(app: Flask, settings: Settings) -> None:
    """Build what is missing and run everything until a signal comes; nothing is left running then."""
    with serve.stopped_by_signals():
        demo_build.ensure(settings, datetime.now(UTC))
        with sink(Mailbox(settings.demo.mailbox), settings.mail.host, settings.demo.smtp_port), provider(settings):
            context = jobs.make_context(settings)
            serve.run(app, context, settings.demo.host, settings.demo.port, lambda: click.echo(welcome(settings)))
    click.echo("Stopped.")


@contextmanager
def provider(settings: Settings) -> Iterator[None]:
    """Run the demo identity provider as a process of its own for the length of the block."""
    demo = settings.demo
    arguments = ["--config", str(PROVIDER), "--host", demo.provider_host, "--port", str(demo.provider_port)]
    metadata = ["--sp-metadata", f"{settings.site.base_url}/saml/metadata"]
    process = subprocess.Popen(
        [sys.executable, "-m", "saml.devidp", *arguments, *metadata],
        cwd=ROOT,
        env={**os.environ, "SERVICEDESK_MODE": settings.mode},
        start_new_session=True,  # Ctrl-C reaches this process alone, which then ends the other in good order
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def welcome(settings: Settings) -> str:
    """Return the addresses and the people one can be, as a table."""
    base, demo = settings.site.base_url, settings.demo
    config = load_config(PROVIDER, f"http://{demo.provider_host}:{demo.provider_port}")
    widest = max(len(person.name) for person in config.people)
    people = [f"  {person.name:<{widest}}  {person.role['en']}" for person in config.people]
    addresses = [
        f"  Desk               {base}/",
        f"  Without account    {base}/RichiesteEsterne/SelezioneCategoria?ServiceId={settings.site.external_service}",
        f"  Mailbox            {base}/demo/mailbox",
        f"  Identity provider  {config.base_url}/",
    ]
    lines = ["", "The demo is running:", *addresses, "", "Sign in as any of them, without password:", *people]
    ending = f"Stop with Ctrl-C; the data stay. To begin anew, remove {demo_build.home_of(settings)}."
    return "\n".join([*lines, "", ending])
