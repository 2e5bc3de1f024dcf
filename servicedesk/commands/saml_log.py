"""`flask saml log`: reads the sign-in log for an authority, checks that it is whole, purges what is past its term."""

import base64
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask.cli import AppGroup
from lxml import etree

from saml.bindings import document_of
from saml.errors import SamlError
from saml.safexml import find, parse
from servicedesk.actions import saml_log
from servicedesk.actions.saml_log import REQUEST, Exchanged
from servicedesk.commands.operator import operator
from servicedesk.rules.errors import DeskError
from servicedesk.settings import Settings
from servicedesk.store import saml_log as store
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing

BATCH = 500
DAY = click.DateTime(["%Y-%m-%d"])
group = AppGroup("log", help="The log of sign-ins that SPID and CIE demand: export, verify, purge.")


@group.command("export")
@click.option("--from", "first", type=DAY, required=True, help="First day, in the desk's time zone.")
@click.option("--to", "last", type=DAY, required=True, help="Last day, included.")
@click.option("--request", "exchange", default="", help="Only the exchange whose AuthnRequest has this id.")
@click.option("--out", type=click.Path(path_type=Path), help="A new file, readable by you alone; default: the screen.")
def export(first: datetime, last: datetime, exchange: str, out: Path | None) -> None:
    """Write what was exchanged as lines of JSON, decrypted, with the names AgID gives the fields.

    For an authority that asks. Who exported what is kept in the record of administration.
    """
    zone = ZoneInfo(_settings().site.zone)
    start, end = first.replace(tzinfo=zone), (last + timedelta(days=1)).replace(tzinfo=zone)
    with _refusals(), _opened(out) as target:
        with writing() as session:
            saml_log.note_export(session, operator(), start.astimezone(UTC), end.astimezone(UTC), exchange, utc_now())
        count = store.count_between(reading(), start, end, exchange)
        entries = saml_log.exported(reading(), _key(), start, end, exchange)
        with click.progressbar(entries, length=count, label="Exporting", file=sys.stderr) as bar:
            for entry in bar:
                target.write(json.dumps(line_of(entry), ensure_ascii=False) + "\n")
    click.echo(f"{count} messages exported.", err=True)


@contextmanager
def _opened(out: Path | None) -> Iterator[TextIO]:
    if out is None:
        yield sys.stdout
        return
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise click.ClickException(f"{out}: {error.strerror}. Name a file that is not there yet.") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        yield file


def line_of(entry: Exchanged) -> dict[str, str | int]:
    """Return an entry with the fields of AgID's Regole Tecniche 4.2; of a message that is no XML only its bytes.

    A request that left by redirect has its signature in the address: that stands in `AuthnRequest_signed`.
    """
    is_request = entry.kind == REQUEST
    line: dict[str, str | int] = {
        "at": entry.at.isoformat(),
        "profile": entry.profile,
        "provider": entry.provider,
        "month": entry.month,
        "entry": entry.seq,
        "AuthnReq_ID": entry.exchange,
    }
    if not is_request:
        line |= {"outcome": entry.outcome, "Resp_ID": entry.message_id}
    xml = document_of(entry.message) if is_request else entry.message
    signed = {"AuthnRequest_signed": entry.message.decode()} if xml != entry.message else {}
    return {**line, **_read_from(xml, is_request), **_message(xml, is_request), **signed}


def _message(xml: bytes, is_request: bool) -> dict[str, str]:
    name = "AuthnRequest" if is_request else "Response"
    try:
        return {name: xml.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(xml).decode()}


def _read_from(xml: bytes, is_request: bool) -> dict[str, str]:
    try:
        root = parse(xml)
    except SamlError:
        return {}
    issued, issuer = root.get("IssueInstant", ""), _text(root, "saml:Issuer")
    if is_request:
        return {"AuthnReq_IssueInstant": issued, "AuthnReq_Issuer": issuer}
    subject = "saml:Assertion/saml:Subject/saml:NameID"
    qualifiers = [node.get("NameQualifier", "") for node in find(root, subject)]
    return {
        "Resp_IssueInstant": issued,
        "Resp_Issuer": issuer,
        "Assertion_ID": " ".join(node.get("ID", "") for node in find(root, "saml:Assertion")),
        "Assertion_subject": _text(root, subject),
        "Assertion_subject_NameQualifier": " ".join(qualifiers),
    }


def _text(root: etree._Element, path: str) -> str:
    return " ".join((node.text or "").strip() for node in find(root, path))


@group.command("verify")
def verify() -> None:
    """Check that no entry was changed, removed or put in between; exit status 1 and the first place when one was."""
    with _refusals():
        months = entries = 0
        for checked in saml_log.verify(reading(), _key()):
            what = "purged" if checked.is_purged else "whole"
            click.echo(f"{checked.month}: {checked.entries} entries, {what}.")
            months, entries = months + 1, entries + (0 if checked.is_purged else checked.entries)
    click.echo(f"The log is whole: {months} months, {entries} entries.")


@group.command("purge")
def purge() -> None:
    """Remove the months that are wholly past the term of records.months; the others stay verifiable."""
    records, removed = _settings().records, dict[str, int]()
    with _refusals():
        while True:
            with writing() as session:
                done = saml_log.purge(session, records.log_key, records.months, operator(), utc_now(), BATCH)
            if done is None:
                break
            month, count = done
            removed[month] = removed.get(month, 0) + count
            click.echo(f"{month}: {removed[month]} entries removed so far.", err=True)
    for month, count in removed.items():
        click.echo(f"{month}: {count} entries removed.")
    if not removed:
        click.echo(f"Nothing to purge: every entry is kept for {records.months} months after the end of its month.")


def _settings() -> Settings:
    settings: Settings = current_app.extensions["desk_settings"]
    return settings


def _key() -> str:
    return _settings().records.log_key


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except DeskError as error:
        raise click.ClickException(str(error)) from error
