"""Where a person's data goes when they sign in: planted values are looked for in every log line and every column."""

import base64
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from servicedesk.actions import saml_log
from servicedesk.settings import ROOT, Settings, load
from servicedesk.store.base import make_engine
from servicedesk.web.db import db
from tests.web.auth import federation
from tests.web.auth.federation import CIE, PROFILES, SPID, UNIVERSITY, Browser, make_idps
from tests.web.conftest import publish

pytestmark = pytest.mark.both_databases

FISCAL_CODE, MINORS_CODE = "STDLCU03D52X999N", "RGZGNI16H12X999S"
GIVEN_NAME, FAMILY_NAME = "Zyxelinda", "Qwortaldi"
ADDRESS = "planted.address@studenti.unidemo.example"
NOWHERE = (FISCAL_CODE, MINORS_CODE)
"""What may stand in no column at all, nor in any log."""
PLACES = {
    GIVEN_NAME: {("person", "given_name")},
    FAMILY_NAME: {("person", "family_name")},
    ADDRESS: {("person", "email")},
}
"""Where each of the other planted values may stand."""
NAME_ID_PLACES = {("login_session", "name_id"), ("login_session", "session_index")}
"""A logout has to name the session as the provider knows it."""
OTHERS_LOGS = ("saml.devidp",)
"""The demo's identity provider is no part of the desk."""
Place = tuple[str, str]


@pytest.fixture
def app(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """The desk with the demo's federations, made while everything is logged, and providers that know planted people."""
    from servicedesk.app import create_app  # here, so that tests of parts need no whole

    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, "sqlalchemy")  # every statement; it keeps itself out of the level for all
    plant(tmp_path, monkeypatch)
    engine = make_engine(database_url)
    with Session(engine) as session:
        publish(session)
        session.commit()
    engine.dispose()
    app = create_app(_settings(database_url, tmp_path))
    yield app
    with app.app_context():
        db.engine.dispose()


def _settings(url: str, folder: Path) -> Settings:
    environ = {"SERVICEDESK_DATABASE__URL": url, "SERVICEDESK_STORAGE__FOLDER": str(folder / "attachments")}
    return federation.with_all_providers(load(ROOT / "config" / "test.toml", environ))


def plant(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the providers know Lucia by names and an address that stand nowhere else."""
    for name in ("UNIVERSITY_FILE", "DIGITAL_FILE"):
        source: Path = getattr(federation, name)
        text = source.read_text(encoding="utf-8").replace('"demo/', f'"{PROFILES}/demo/')
        for old, new in (
            ('["Lucia"]', f'["{GIVEN_NAME}"]'),
            ('["Studente"]', f'["{FAMILY_NAME}"]'),
            ('["l.studente2@studenti.unidemo.example"]', f'["{ADDRESS}"]'),
        ):
            text = text.replace(old, new)
        (folder / source.name).write_text(text, encoding="utf-8")
        monkeypatch.setattr(federation, name, folder / source.name)


@pytest.fixture
def desk(app: Flask) -> Iterator[Session]:
    engine = make_engine(app.extensions["desk_settings"].database.url)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def name_ids(app: Flask, tmp_path: Path) -> list[str]:
    """Every sign-in there is, accepted and refused, and the name ids the providers used."""
    idps, found = make_idps(app, tmp_path), []
    for base in (SPID, CIE, UNIVERSITY):
        browser = Browser.new(app, idps)
        fields = browser.answer_for("l.studente2", base)
        found += re.findall(r"<(?:\w+:)?NameID[^>]*>([^<]+)<", base64.b64decode(fields["SAMLResponse"]).decode())
        browser.post_answer(spoilt(fields), base)
        assert browser.post_answer(fields, base).status_code == 303
        assert browser.post_answer(fields, base).status_code == 403
        assert browser.is_signed_in()
        browser.sign_out()
    stranger = Browser.new(app, idps)
    assert stranger.post_answer(Browser.new(app, idps).answer_for("l.studente2", SPID), SPID).status_code == 403
    assert stranger.sign_in("g.ragazzi", SPID).status_code == 403
    assert stranger.fail(25).status_code == 403
    assert len(found) == 3
    return found


def spoilt(fields: dict[str, str]) -> dict[str, str]:
    """Return an answer whose signature no longer fits."""
    changed = base64.b64decode(fields["SAMLResponse"]).replace(GIVEN_NAME.encode(), GIVEN_NAME.encode() + b"x")
    return {**fields, "SAMLResponse": base64.b64encode(changed).decode()}


def forms_of(value: str) -> list[bytes]:
    """Return the value as it would be found in clear, and in the three ways in which base64 can hold it."""
    encoded = value.encode()
    shifted = [base64.b64encode(b"-" * shift + encoded)[4 if shift else 0 :] for shift in range(3)]
    return [encoded.lower(), *(text[: len(encoded) * 4 // 3 - 4] for text in shifted)]


def holds(stored: bytes, value: str) -> bool:
    clear, *encoded = forms_of(value)
    return clear in stored.lower() or any(form in stored for form in encoded)


def places_of(session: Session, value: str) -> set[Place]:
    """Return every table and column in which the value stands."""
    found = set()
    for name in sa.inspect(session.connection()).get_table_names():
        for row in session.execute(sa.text(f'SELECT * FROM "{name}"')).mappings():
            for column, stored in row.items():
                content = bytes(stored) if isinstance(stored, bytes | memoryview) else str(stored).encode()
                if holds(content, value):
                    found.add((name, column))
    return found


def test_the_search_finds_a_value_in_clear_and_in_base64() -> None:
    for before in ("", "x", "xy", "xyz"):
        text = f"{before}{FISCAL_CODE} and more"
        assert holds(text.lower().encode(), FISCAL_CODE)
        assert holds(base64.b64encode(text.encode()), FISCAL_CODE)
    assert not holds(base64.b64encode(b"something else altogether"), FISCAL_CODE)


def test_every_planted_value_stands_only_where_it_belongs(desk: Session, name_ids: list[str]) -> None:
    for value in NOWHERE:
        assert places_of(desk, value) == set(), value
    for value, allowed in PLACES.items():
        assert places_of(desk, value) == allowed, value
    for name_id in name_ids:
        assert places_of(desk, name_id) <= NAME_ID_PLACES, name_id


def test_no_line_of_any_log_says_who_signed_in(
    app: Flask, name_ids: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    lines = [record for record in caplog.get_records("setup") if not record.name.startswith(OTHERS_LOGS)]
    assert any(record.name.startswith("sqlalchemy.engine") for record in lines), "statements are not logged"
    assert any("sign-in refused" in record.getMessage() for record in lines)
    for record in lines:
        said = f"{record.getMessage()} {record.exc_text or ''}".encode()
        telling = [value for value in (*NOWHERE, *PLACES, *name_ids) if holds(said, value)]
        assert telling == [], f"{record.name}: {record.getMessage()}"


def test_the_log_that_the_law_demands_has_it_all_for_those_with_the_key(
    app: Flask, desk: Session, name_ids: list[str]
) -> None:
    key, now = app.extensions["desk_settings"].records.log_key, datetime.now(UTC)
    found = list(saml_log.exported(desk, key, now - timedelta(hours=1), now + timedelta(hours=1)))
    accepted = [each for each in found if each.outcome == "accepted"]
    assert [each.profile for each in accepted] == ["spid", "cie"]
    assert all(FISCAL_CODE.encode() in each.message for each in accepted)
    asked = {each.exchange for each in found if each.kind == "request"}
    assert {each.exchange for each in found if each.kind == "response"} <= asked
    assert list(saml_log.verify(desk, key))


def test_a_statement_that_fails_is_not_quoted_with_its_values(desk: Session) -> None:
    with pytest.raises(sa.exc.StatementError) as caught:
        desk.execute(sa.text("INSERT INTO nowhere (given_name) VALUES (:name)"), {"name": GIVEN_NAME})
    assert GIVEN_NAME not in str(caught.value)
