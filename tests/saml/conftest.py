"""The desk and the provider of the SAML tests."""

from pathlib import Path

import pytest

from tests.saml.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)
