"""What machines ask of a process: whether it lives, and whether it can serve (`/healthz`, `/readyz`)."""

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.app import create_app
from servicedesk.settings import ROOT, Settings, load
from servicedesk.store.models.system import CatalogueVersion
from tests.web.conftest import browser

NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:9/nothing"


def missing(client: FlaskClient) -> tuple[int, list[str]]:
    answer = client.get("/readyz")
    return answer.status_code, answer.get_json()["missing"]


@pytest.mark.both_databases
def test_a_desk_with_database_schema_and_catalogue_is_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200
    assert missing(client) == (200, [])


@pytest.mark.both_databases
def test_without_a_catalogue_the_desk_lives_but_is_not_ready(client: FlaskClient, desk: Session) -> None:
    desk.execute(sa.delete(CatalogueVersion))
    desk.commit()
    assert missing(client) == (503, ["catalogue"])
    assert client.get("/healthz").status_code == 200


@pytest.mark.both_databases
def test_a_database_of_another_release_is_named(client: FlaskClient, desk: Session) -> None:
    desk.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    desk.commit()
    assert missing(client) == (503, ["schema"])


@pytest.mark.both_databases
def test_an_empty_database_lacks_schema_and_catalogue(client: FlaskClient, desk: Session) -> None:
    desk.execute(sa.text("DROP TABLE alembic_version"))
    desk.execute(sa.text("DROP TABLE catalogue_version"))
    desk.commit()
    assert missing(client) == (503, ["schema", "catalogue"])


@pytest.mark.both_databases
def test_after_being_unready_a_desk_becomes_ready_without_a_restart(client: FlaskClient, desk: Session) -> None:
    head = desk.scalar(sa.text("SELECT version_num FROM alembic_version"))
    desk.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    desk.commit()
    assert missing(client)[0] == 503
    desk.execute(sa.text("UPDATE alembic_version SET version_num = :head"), {"head": head})
    desk.commit()
    assert missing(client) == (200, [])


@pytest.fixture
def cut_off(settings: Settings) -> Flask:
    """A desk whose database server is not there."""
    environ = {"SERVICEDESK_DATABASE__URL": NOWHERE, "SERVICEDESK_STORAGE__FOLDER": str(settings.storage.folder)}
    return create_app(load(ROOT / "config" / "test.toml", environ))


def test_without_a_database_the_desk_lives_and_says_what_is_missing(cut_off: Flask) -> None:
    client = browser(cut_off)
    client.set_cookie("servicedesk_session", "somebody's")
    assert client.get("/healthz").status_code == 200
    assert missing(client) == (503, ["database", "schema", "catalogue"])
