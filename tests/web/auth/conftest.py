"""The desk with the demo's federations, and a browser."""

from typing import Any

import pytest
from flask import Flask

from servicedesk.settings import Settings
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
