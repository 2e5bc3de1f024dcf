"""A student at the desk, signed in."""

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.store.models.people import Person
from tests import factories
from tests.web.conftest import SignIn


@pytest.fixture
def now() -> datetime:
    """The instant at which the test's tickets were worked on: pages ask the real clock."""
    return datetime.now(UTC)


@pytest.fixture
def student(desk: Session) -> Person:
    """An active student with a record in the register."""
    made = factories.student(desk, given_name="Giulia", family_name="Bianchi", email="giulia@example.org")
    desk.commit()
    return made


@pytest.fixture
def signed_in(client: FlaskClient, student: Person, sign_in: SignIn) -> FlaskClient:
    """The student's browser."""
    sign_in(client, student.id)
    return client
