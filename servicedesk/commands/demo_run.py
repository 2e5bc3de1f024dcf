"""The demo at work: data built on the first start, then mail sink, identity provider, jobs and pages until stopped."""

import os
import socket
import subprocess
import sys
import time
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
    demo = settings.demo
    with serve.stopped_by_signals(), provider(settings) as process:
        demo_build.ensure(settings, datetime.now(UTC))
        with sink(Mailbox(demo.mailbox), settings.mail.host, demo.smtp_port):
            await_provider(process, demo.provider_host, demo.provider_port)
            context = jobs.make_context(settings)
            serve.run(app, context, demo.host, demo.port, lambda: click.echo(welcome(settings)))
    click.echo("Stopped.")


@contextmanager
def provider(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
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
        yield process
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def await_provider(process: subprocess.Popen[bytes], host: str, port: int) -> None:
    """Return once the identity provider answers. Raises ClickException when it has ended, after its own words."""
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((host, port)) == 0:
                return
        time.sleep(0.05)
    raise click.ClickException("The demo identity provider did not start; the line above says why.")


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
