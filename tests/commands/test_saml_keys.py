"""`flask saml keys`, `check` and `metadata` as an operator runs them."""

import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from lxml import etree
from sqlalchemy.orm import Session

from saml.profile import load_profile
from saml.signing import verify_element
from servicedesk.app import create_app
from servicedesk.settings import ROOT, load
from servicedesk.store import leases
from servicedesk.store.base import make_engine
from servicedesk.web import db
from tests.factories import publish

Run = Callable[..., Result]
SITE = "https://desk.uniesempio.it"
BASE_URL = ("--base-url", SITE)


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    engine = make_engine(database_url)
    with Session(engine) as session:
        publish(session)
        session.commit()
    engine.dispose()
    environ = {"SERVICEDESK_DATABASE__URL": database_url, "SERVICEDESK_STORAGE__FOLDER": str(tmp_path / "files")}
    app = create_app(load(ROOT / "config" / "test.toml", environ))
    yield app
    with app.app_context():
        db.db.engine.dispose()


@pytest.fixture
def flask(app: Flask) -> Run:
    runner = app.test_cli_runner()
    return lambda *words: runner.invoke(args=["saml", *map(str, words)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file of a profile that nobody uses yet and whose keys are not made."""
    path = tmp_path / "spid.toml"
    text = (ROOT / "config" / "saml" / "spid-public.example.toml").read_text().replace(".example", ".it")
    path.write_text(text.partition("\n# ... and, by key")[0])
    return path


@pytest.mark.both_databases
def test_keys_are_made_for_a_profile_that_is_not_in_use_and_then_it_is_ready(flask: Run, file: Path) -> None:
    out = file.parent / "keys"
    done = flask("keys", file, "--out", out, "--locality", "Milano", *BASE_URL)
    assert done.exit_code == 0, done.output
    (crt, key) = sorted(out.iterdir())
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert f'key = "{key}"\ncertificate = "{crt}"' in done.output
    before = 'key = "keys/spid.key"\ncertificate = "keys/spid.crt"'
    file.write_text(file.read_text().replace(before, f'key = "{key}"\ncertificate = "{crt}"'))
    checked = flask("check", file, *BASE_URL)
    assert "ready to be registered" in checked.output
    assert checked.exit_code == 0
    printed = flask("metadata", file, *BASE_URL)
    profile = load_profile(file, SITE, is_default=False)
    verify_element(etree.fromstring(printed.output.encode()), [crt.read_text()], profile)


def test_keys_tell_how_to_change_from_the_old_ones(flask: Run, file: Path) -> None:
    done = flask("keys", file, "--out", file.parent / "keys", "--locality", "Milano", *BASE_URL)
    assert "its metadata then publishes both certificates" in done.output


def test_a_key_pair_is_never_overwritten(flask: Run, file: Path) -> None:
    words = ("keys", file, "--out", file.parent / "keys", "--locality", "Milano", *BASE_URL)
    flask(*words)
    (crt, key) = sorted((file.parent / "keys").iterdir())
    kept = key.read_text()
    again = flask(*words)
    assert again.exit_code == 1
    assert "is there already and is not overwritten" in again.output
    assert key.read_text() == kept


def test_keys_for_idem_are_published_for_encryption_too(flask: Run, tmp_path: Path) -> None:
    done = flask("keys", "university", "--out", tmp_path / "keys", "--locality", "Milano")
    assert done.exit_code == 0, done.output
    assert 'use = ["signing", "encryption"]' in done.output


def test_check_says_what_is_missing_for_the_profiles_in_use_and_fails(flask: Run) -> None:
    done = flask("check")
    assert done.exit_code == 1
    assert "university (idem), http://127.0.0.1:8000/saml/metadata" in done.output
    assert "needed: Key pair 1: it is the demo's" in done.output
    assert "things to do before registration" in done.output


def test_terms_for_a_service_the_catalogue_does_not_have_are_told(flask: Run, file: Path) -> None:
    flask("keys", file, "--out", file.parent / "keys", "--locality", "Milano", *BASE_URL)
    crt, key = sorted((file.parent / "keys").iterdir())
    text = file.read_text().replace("keys/spid.key", str(key)).replace("keys/spid.crt", str(crt))
    file.write_text(f"{text}\n[services.wrong-key]\nlevel = 1\n")
    done = flask("check", file, *BASE_URL)
    assert done.exit_code == 1
    assert 'a service "wrong-key", which the catalogue does not have' in done.output


def test_what_is_wrong_in_a_file_is_told(flask: Run, tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text('federation = "spd"\n')
    done = flask("check", path)
    assert done.exit_code == 1
    assert "federation: one of 'spid-public'" in done.output


def test_an_unknown_profile_is_told_with_the_known_ones(flask: Run) -> None:
    done = flask("metadata", "nobody")
    assert done.exit_code == 1
    assert "name one of university" in done.output


def test_the_metadata_of_the_default_profile_is_printed_without_a_name(flask: Run, app: Flask) -> None:
    root = etree.fromstring(flask("metadata").output.encode())
    assert root.get("entityID") == "http://127.0.0.1:8000/saml/metadata"


@pytest.mark.both_databases
def test_the_databases_clock_is_read_as_an_aware_instant(session: Session) -> None:
    found = leases.database_time(session)
    assert abs(datetime.now(UTC) - found) < timedelta(seconds=30)
