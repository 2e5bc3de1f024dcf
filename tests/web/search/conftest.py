"""A student at the desk, signed in."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests import factories
from tests.web.conftest import SignIn


@pytest.fixture
def signed_in(client: FlaskClient, desk: Session, sign_in: SignIn) -> FlaskClient:
    """The browser of an active student."""
    student = factories.student(desk)
    desk.commit()
    sign_in(client, student.id)
    return client
