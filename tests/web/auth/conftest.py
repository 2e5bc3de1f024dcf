"""The desk with two providers, and a browser."""

import pytest
from flask import Flask

from servicedesk.settings import Settings
from tests.web.auth.federation import Browser, make_idps, with_both_providers


@pytest.fixture
def settings(settings: Settings, tmp_path) -> Settings:
    return with_both_providers(settings, tmp_path)


@pytest.fixture
def idps(app: Flask, tmp_path) -> dict[str, object]:
    return make_idps(app, tmp_path)


@pytest.fixture
def browser(app: Flask, idps) -> Browser:
    return Browser.new(app, idps)
