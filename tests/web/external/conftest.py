"""A service whose link is public, and tickets filed without an account."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from servicedesk.store.models.tickets import Ticket
from tests import factories

SERVICE = "ae929822-c377-4964-bfb2-61bd6947fb4a"
FORM = f"/external/{SERVICE}/new/accesso-login"
EMAIL = "mario@example.org"


@pytest.fixture
def guest_ticket(desk: Session) -> Ticket:
    """An open ticket of Mario, who has no account; its suffix is 7KQF2M."""
    guest = factories.guest(desk, given_name="Mario", family_name="Rossi", email=EMAIL)
    made = factories.ticket(
        desk, requester=guest, key="accesso-login", suffix="7KQF2M", title="Locked out", now=datetime.now(UTC)
    )
    desk.commit()
    return made
