"""The demo at work: data built on the first start, then mail sink, identity provider, jobs and pages until stopped."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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
SPID = "spid"
"""The name in the provider's file under which the same people come through the SPID tab."""
PATIENCE = 5
"""Seconds the identity provider gets to end by itself."""


def run(app: Flask, settings: Settings) -> None:
    """Build what is missing and run everything until a signal comes; nothing is left running then."""
    demo = settings.demo
    ports = {demo.provider_port: "", demo.spid_port: SPID}
    with serve.stopped_by_signals(), ExitStack() as stack:
        processes = {port: stack.enter_context(provider(settings, port, alias)) for port, alias in ports.items()}
        demo_build.ensure(settings, datetime.now(UTC))
        with sink(Mailbox(demo.mailbox), settings.mail.host, demo.smtp_port):
            for port, process in processes.items():
                await_provider(process, demo.provider_host, port)
            context = jobs.make_context(settings)
            serve.run(app, context, demo.host, demo.port, lambda: click.echo(welcome(settings)))
    click.echo("Stopped.")


@contextmanager
def provider(settings: Settings, port: int, alias: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a demo identity provider, under another name for an `alias`, as a process of its own for the block."""
    demo = settings.demo
    arguments = ["--config", str(PROVIDER), "--host", demo.provider_host, "--port", str(port), "--alias", alias]
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
        f"  Stand-in for SPID  http://{demo.provider_host}:{demo.spid_port}/",
    ]
    lines = ["", "The demo is running:", *addresses, "", "Sign in as any of them, without password:", *people]
    ending = f"Stop with Ctrl-C; the data stay. To begin anew, remove {demo_build.home_of(settings)}."
    return "\n".join([*lines, "", ending])
