"""The desk with the demo's federations, and a browser."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from servicedesk.actions.register import import_batch
from servicedesk.gateways.register_file import read
from servicedesk.settings import ROOT, Settings
from tests.web.auth.federation import Browser, make_idps, with_all_providers


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return with_all_providers(settings)


@pytest.fixture
def idps(app: Flask, tmp_path) -> dict[str, Any]:
    return make_idps(app, tmp_path)


@pytest.fixture
def browser(app: Flask, idps) -> Browser:
    return Browser.new(app, idps)


@pytest.fixture
def register(desk: Session, settings: Settings) -> None:
    """The register knows Lucia and Marco as active students, whom nobody asks for anything on their way."""
    found = read(ROOT / "config" / "demo" / "students.csv", settings.identity_key)
    import_batch(desk, found.rows[:5], datetime.now(UTC))
    desk.commit()
