"""The desk's commands under `flask --app wsgi`: each group lives in its own module of `servicedesk.commands`."""

from flask import Flask

from servicedesk.commands import (
    answers,
    catalogue,
    counters,
    db,
    demo,
    figures,
    jobs,
    notices,
    people,
    retention,
    saml,
    saml_keys,
    saml_log,
    saml_sources,
    serve,
    standard_answers,
)

GROUPS = (
    answers.group,
    catalogue.group,
    counters.group,
    db.group,
    figures.group,
    jobs.group,
    notices.group,
    people.group,
    retention.group,
    saml.group,
    serve.command,
    standard_answers.group,
    demo.command,
)
UNDER_SAML = (
    saml_keys.keys,
    saml_keys.check,
    saml_keys.metadata,
    saml_log.group,
    saml_sources.refresh,
    saml_sources.providers,
)
"""What `flask saml` has from modules of their own."""


def init_app(app: Flask) -> None:
    """Add the commands to the application."""
    for command in UNDER_SAML:
        saml.group.add_command(command)
    for group in GROUPS:
        app.cli.add_command(group)
