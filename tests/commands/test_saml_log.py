"""`flask saml log` as an operator runs it, on both databases."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from lxml import etree
from sqlalchemy.orm import Session

from saml.bindings import pack
from saml.names import HTTP_REDIRECT
from saml.profile import KeyPair
from servicedesk.actions import saml_log
from servicedesk.commands.saml_log import group
from servicedesk.settings import ROOT, load
from servicedesk.store.base import writing
from servicedesk.store.models.records import SignInLogEntry
from servicedesk.store.models.system import AuditEvent
from servicedesk.web import db

pytestmark = pytest.mark.both_databases
Run = Callable[..., Result]
KEY = "a key for the sign-in log that tests may read"
LATELY = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
LONG_AGO = LATELY - timedelta(days=800)
REQUEST = b"""<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
 xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_q1" IssueInstant="2026-03-01T09:00:00Z">
 <saml:Issuer>https://desk.example/</saml:Issuer></samlp:AuthnRequest>"""
RESPONSE = """<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
 xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r1" IssueInstant="2026-03-01T09:00:20Z">
 <saml:Issuer>https://idp.example/</saml:Issuer><saml:Assertion ID="_a1"><saml:Subject>
 <saml:NameID NameQualifier="https://idp.example/">_transient</saml:NameID></saml:Subject>
 <saml:AttributeStatement><saml:Attribute><saml:AttributeValue>Nicolò</saml:AttributeValue></saml:Attribute>
 </saml:AttributeStatement></saml:Assertion></samlp:Response>""".encode()


@pytest.fixture
def app(database_url: str) -> Iterator[Flask]:
    app = Flask("servicedesk")
    settings = load(
        ROOT / "config" / "test.toml",
        {"SERVICEDESK_DATABASE__URL": database_url, "SERVICEDESK_RECORDS__LOG_KEY": KEY},
    )
    app.extensions["desk_settings"] = settings
    db.init_app(app, settings)
    app.cli.add_command(group)
    yield app
    with app.app_context():
        db.db.engine.dispose()


@pytest.fixture
def flask(app: Flask) -> Run:
    runner = app.test_cli_runner()
    return lambda *words: runner.invoke(args=["log", *map(str, words)])


@pytest.fixture
def log(app: Flask, fresh_database: sa.Engine) -> Iterator[Session]:
    """A log with one exchange long past its term and one of lately, and an answer that was no XML."""
    with Session(fresh_database) as session:
        with writing(session):
            _exchange(session, "_old", LONG_AGO)
            _exchange(session, "_q1", LATELY)
            _answer(session, "_q2", LATELY, b"\xff no XML", "not-xml")
        yield session


def _exchange(session: Session, name: str, now: datetime) -> None:
    known = {"profile": "spid", "provider": "https://idp.example/"}
    saml_log.record_request(session, KEY, **known, request_id=name, message=REQUEST, now=now)
    _answer(session, name, now, RESPONSE, "accepted")


def _answer(session: Session, name: str, now: datetime, xml: bytes, outcome: str) -> None:
    saml_log.record_response(
        session,
        KEY,
        profile="spid",
        provider="https://idp.example/",
        request_id=name,
        response_id="_r1",
        message=xml,
        outcome=outcome,
        now=now,
    )


def days(start: datetime, end: datetime) -> tuple[str, ...]:
    return ("--from", f"{start - timedelta(days=1):%Y-%m-%d}", "--to", f"{end + timedelta(days=1):%Y-%m-%d}")


def test_an_export_has_the_fields_that_agid_names(flask: Run, log: Session, tmp_path: Path) -> None:
    out = tmp_path / "export.jsonl"
    done = flask("export", *days(LATELY, LATELY), "--request", "_q1", "--out", out)
    assert done.exit_code == 0 and "2 messages exported" in done.output
    request, response = map(json.loads, out.read_text().splitlines())
    assert request == {
        "at": LATELY.isoformat(),
        "profile": "spid",
        "provider": "https://idp.example/",
        "month": f"{LATELY:%Y-%m}",
        "entry": 1,
        "AuthnReq_ID": "_q1",
        "AuthnReq_IssueInstant": "2026-03-01T09:00:00Z",
        "AuthnReq_Issuer": "https://desk.example/",
        "AuthnRequest": REQUEST.decode(),
    }
    assert response["Response"] == RESPONSE.decode() and "Nicolò" in out.read_text()
    assert {name: response[name] for name in response if name.startswith(("Resp_", "Assertion_"))} == {
        "Resp_ID": "_r1",
        "Resp_IssueInstant": "2026-03-01T09:00:20Z",
        "Resp_Issuer": "https://idp.example/",
        "Assertion_ID": "_a1",
        "Assertion_subject": "_transient",
        "Assertion_subject_NameQualifier": "https://idp.example/",
    }
    assert response["AuthnReq_ID"] == "_q1" and response["outcome"] == "accepted"


def test_a_request_sent_by_redirect_is_exported_as_xml_and_with_its_signature(
    flask: Run, log: Session, tmp_path: Path
) -> None:
    folder = ROOT / "config" / "saml" / "demo"
    keys = KeyPair((folder / "sp-demo.key").read_text(), (folder / "sp-demo.crt").read_text())
    sent = pack(HTTP_REDIRECT, "https://idp.example/sso", "SAMLRequest", etree.fromstring(REQUEST), "state", keys)
    with writing(log):
        known = {"profile": "spid", "provider": "https://idp.example/"}
        saml_log.record_request(log, KEY, **known, request_id="_q3", message=sent.signed, now=LATELY)
    flask("export", *days(LATELY, LATELY), "--request", "_q3", "--out", tmp_path / "out")
    line = json.loads((tmp_path / "out").read_text())
    assert etree.fromstring(line["AuthnRequest"]).get("ID") == "_q1"
    assert line["AuthnReq_IssueInstant"] == "2026-03-01T09:00:00Z"
    assert line["AuthnRequest_signed"] == sent.url and "&Signature=" in sent.url


def test_an_export_is_for_its_owner_alone_and_overwrites_nothing(flask: Run, log: Session, tmp_path: Path) -> None:
    out = tmp_path / "export.jsonl"
    assert flask("export", *days(LONG_AGO, LATELY), "--out", out).exit_code == 0
    assert out.stat().st_mode & 0o777 == 0o600
    kept = out.read_text()
    again = flask("export", *days(LATELY, LATELY), "--out", out)
    assert again.exit_code == 1 and "not there yet" in again.output and out.read_text() == kept


def test_an_export_is_kept_in_the_record_of_administration(flask: Run, log: Session, tmp_path: Path) -> None:
    flask("export", *days(LATELY, LATELY), "--request", "_q1", "--out", tmp_path / "out")
    log.rollback()
    (event,) = log.scalars(sa.select(AuditEvent)).all()
    assert (event.action, event.after["request"]) == ("saml_log.export", "_q1")
    assert event.actor.startswith("command:")


def test_an_answer_that_was_no_xml_is_exported_byte_by_byte(flask: Run, log: Session, tmp_path: Path) -> None:
    flask("export", *days(LATELY, LATELY), "--request", "_q2", "--out", tmp_path / "out")
    line = json.loads((tmp_path / "out").read_text())
    assert (line["Response_base64"], line["outcome"]) == ("/yBubyBYTUw=", "not-xml")


def test_a_whole_log_is_said_to_be_whole(flask: Run, log: Session) -> None:
    done = flask("verify")
    assert done.exit_code == 0
    assert done.output.splitlines() == [
        f"{LONG_AGO:%Y-%m}: 2 entries, whole.",
        f"{LATELY:%Y-%m}: 3 entries, whole.",
        "The log is whole: 2 months, 5 entries.",
    ]


def test_a_broken_log_is_said_to_be_broken_where_it_is(flask: Run, log: Session) -> None:
    if log.get_bind().dialect.name == "postgresql":
        log.execute(sa.text("ALTER TABLE sign_in_log_entry DISABLE TRIGGER USER"))
    else:
        log.execute(sa.text("DROP TRIGGER sign_in_log_entry_unchanged"))
    log.execute(sa.text("UPDATE sign_in_log_entry SET outcome = 'refused' WHERE exchange = '_q2'"))
    log.commit()
    done = flask("verify")
    assert done.exit_code == 1
    assert f"Month {LATELY:%Y-%m}, entry 3: it was changed" in done.output


def test_a_purge_removes_what_is_past_its_term_and_the_rest_stays_whole(flask: Run, log: Session) -> None:
    done = flask("purge")
    assert done.exit_code == 0 and f"{LONG_AGO:%Y-%m}: 2 entries removed." in done.output
    log.rollback()
    assert set(log.scalars(sa.select(SignInLogEntry.exchange))) == {"_q1", "_q2"}
    assert flask("verify").output.splitlines() == [
        f"{LONG_AGO:%Y-%m}: 2 entries, purged.",
        f"{LATELY:%Y-%m}: 3 entries, whole.",
        "The log is whole: 2 months, 3 entries.",
    ]
    assert "Nothing to purge" in flask("purge").output


def test_without_a_key_the_commands_say_what_to_do(app: Flask, flask: Run, log: Session) -> None:
    settings = app.extensions["desk_settings"]
    app.extensions["desk_settings"] = settings.model_copy(
        update={"records": settings.records.model_copy(update={"log_key": ""})}
    )
    for words in (("verify",), ("purge",), ("export", *days(LATELY, LATELY))):
        done = flask(*words)
        assert done.exit_code == 1 and "records.log_key is missing" in done.output
