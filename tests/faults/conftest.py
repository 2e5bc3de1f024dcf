"""What the tests of faults share: a desk of their own and a real mail server beside it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from servicedesk.settings import Settings
from servicedesk.turns import JobContext
from tests import factories
from tests.gateways.smtp_server import Server
from tests.job_desk import settings_for, working


@pytest.fixture
def settings(database_url: str, tmp_path: Path, server: Server) -> Settings:
    """The settings of this desk."""
    return settings_for(database_url, tmp_path, server.port)


@pytest.fixture
def context(settings: Settings) -> Iterator[JobContext]:
    """What its jobs work with; a catalogue is published."""
    with working(settings) as context:
        with context.sessions() as session:
            factories.publish(session)
            session.commit()
        yield context
