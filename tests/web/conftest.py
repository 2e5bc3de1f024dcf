"""The whole application over a database of its own that holds the shipped catalogue, and signed-in browsers."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from servicedesk.actions import sessions
from servicedesk.gateways import catalogue_file
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.catalogue_json import to_data
from servicedesk.settings import ROOT, Settings, load
from servicedesk.store.base import make_engine
from servicedesk.store.models.system import CatalogueVersion
from servicedesk.web.db import db
from tests.applications import make_app
from tests.proofs import solve

SignIn = Callable[[FlaskClient, int], None]
Files = Sequence[tuple[str, bytes]]
PROVIDER = sessions.AtProvider("https://provider.test/", "somebody")
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """The test settings over this test's database and a folder of its own for attachments."""
    environ = {"SERVICEDESK_DATABASE__URL": database_url, "SERVICEDESK_STORAGE__FOLDER": str(tmp_path / "attachments")}
    return load(ROOT / "config" / "test.toml", environ)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application; nobody is signed in, and the shipped catalogue runs."""
    engine = make_engine(settings.database.url)
    with Session(engine) as session:
        publish(session)
        session.commit()
    engine.dispose()
    app = make_app(settings)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def another(settings: Settings) -> Iterator[Callable[[], Flask]]:
    """Start another worker of the same desk."""
    made: list[Flask] = []

    def started() -> Flask:
        made.append(make_app(settings))
        return made[-1]

    yield started
    for app in made:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that reads English."""
    return browser(app)


@pytest.fixture
def sign_in(app: Flask) -> SignIn:
    """Sign a person in with a real session and its cookie: `sign_in(client, person_id)`."""

    def signed_in(client: FlaskClient, person_id: int) -> None:
        settings: Settings = app.extensions["desk_settings"]
        now = datetime.now(UTC)
        with app.app_context(), Session(db.engine) as session:
            token = sessions.start(session, person_id, PROVIDER, now + timedelta(hours=1), now)
            session.commit()
        client.set_cookie(settings.sessions.cookie, token)

    return signed_in


@pytest.fixture
def desk(app: Flask, settings: Settings) -> Iterator[Session]:
    """A session of its own on the application's database, to set the scene and to see what became of it.

    It holds no application context: the requests of the test would share it, and with it who is signed in.
    """
    engine = make_engine(settings.database.url)
    with Session(engine, expire_on_commit=False) as session:
        yield session
    engine.dispose()


def browser(app: Flask, language: str = "en") -> FlaskClient:
    """Return one more browser, in this language."""
    client = app.test_client()
    client.set_cookie("servicedesk_language", language)
    return client


def csrf(client: FlaskClient, path: str) -> str:
    """Return the token of the forms on the page at `path`."""
    found = _TOKEN.search(client.get(path).text)
    assert found, f"no form at {path}"
    return found[1]


def send(
    client: FlaskClient, path: str, action: str | None = None, /, files: Files = (), **fields: str
) -> TestResponse:
    """Fill in the form at `path` that goes to `action`, by default to `path` itself, and send it as a browser does."""
    form = next(form for form in page(client, path).forms if form.get("action") == (action or path))
    return post(client, form, files, **fields)


def post(client: FlaskClient, form: html.FormElement, files: Files = (), **fields: str) -> TestResponse:
    """Send a form of a page with these fields changed and these files (name, content) chosen."""
    data: MultiDict[str, Any] = MultiDict(form.form_values())
    if data.get("started"):
        data["proof"] = solve(data["started"])
    for name, value in fields.items():
        data[name] = value
    for name, content in files:
        data.add("files", (BytesIO(content), name))
    return client.post(form.get("action"), data=data, content_type="multipart/form-data")


def page(client: FlaskClient, path: str, status: int = 200) -> html.HtmlElement:
    """Return the page at `path`, which must answer with `status`."""
    answer = client.get(path)
    assert answer.status_code == status, f"{path}: {answer.status_code}"
    return html.fromstring(answer.text)


@cache
def shipped_catalogue() -> Catalogue:
    """Return the catalogue that the desk ships with."""
    path = ROOT / "categories.yaml"
    found = catalogue_file.read(path.read_bytes(), path.name)
    assert found.catalogue is not None
    return found.catalogue


@cache
def shipped_content() -> dict[str, Any]:
    """Return the shipped catalogue as it is stored."""
    return to_data(shipped_catalogue())


def publish(session: Session, number: int = 1, catalogue: Catalogue | None = None) -> None:
    """Make a catalogue the running one, by default the shipped one."""
    content = to_data(catalogue) if catalogue else shipped_content()
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    session.add(
        CatalogueVersion(
            number=number,
            file_hash=digest,
            content=content,
            content_hash=digest,
            difference={},
            applied_at=datetime.now(UTC),
            applied_by="test",
        )
    )
