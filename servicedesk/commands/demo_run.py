"""The demo at work: data built on the first start, then mail sink, identity providers, jobs and pages until stopped."""

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from flask import Flask

from servicedesk import jobs
from servicedesk.commands import demo_build, demo_providers, serve
from servicedesk.commands.demo_sink import sink
from servicedesk.gateways.mailbox import Mailbox
from servicedesk.settings import Settings
from servicedesk.web.auth import federation


def run(app: Flask, settings: Settings) -> None:
    """Build what is missing and run everything until a signal comes; nothing is left running then."""
    demo = settings.demo
    with serve.stopped_by_signals(), ExitStack() as stack:
        settings = demo_providers.at_ports(settings, Path(stack.enter_context(TemporaryDirectory())))
        federation.init_app(app, settings)  # once more: now the providers' ports are known
        providers = stack.enter_context(demo_providers.running(settings))
        demo_build.ensure(settings, datetime.now(UTC))
        with sink(Mailbox(demo.mailbox), settings.mail.host, demo.smtp_port):
            demo_providers.await_all(settings, providers)
            context = jobs.make_context(settings)
            serve.run(app, context, demo.host, demo.port, lambda: click.echo(welcome(settings)))
    click.echo("Stopped.")


def welcome(settings: Settings) -> str:
    """Return the addresses and the people one can be, as a table."""
    base, demo = settings.site.base_url, settings.demo
    config = demo_providers.university(settings)
    widest = max(len(person.name) for person in config.people)
    people = [f"  {person.name:<{widest}}  {person.role['en']}" for person in config.people]
    addresses = [
        f"  Desk               {base}/",
        f"  Without account    {base}/RichiesteEsterne/SelezioneCategoria?ServiceId={settings.site.external_service}",
        f"  Mailbox            {base}/demo/mailbox",
        f"  Identity provider  {config.base_url}/",
        f"  SPID and CIE       http://{demo.provider_host}:{demo.spid_port}/",
    ]
    lines = ["", "The demo is running:", *addresses, "", "Sign in as any of them, without password:", *people]
    ending = f"Stop with Ctrl-C; the data stay. To begin anew, remove {demo_build.home_of(settings)}."
    return "\n".join([*lines, "", ending])
