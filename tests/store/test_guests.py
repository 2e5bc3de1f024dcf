"""What is asked about people without an account, on either database: the right rows, and no table read whole."""

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.unconfirmed import confirm
from servicedesk.store import guests
from servicedesk.store.models.guests import WaitingRequest
from servicedesk.store.models.notices import Notice
from tests import factories
from tests.factories import NOW
from tests.store.plans import full_scans, plans

MANY = 4_000
VICTIM = "victim@example.org"


@pytest.fixture
def mails(session: Session) -> None:
    """Thousands of mails to others, and five to one address."""
    to = [f"a{number}@example.org" for number in range(MANY)] + [VICTIM] * 5
    rows = [
        {
            "address": address,
            "template": "comment",
            "first_try_at": NOW + timedelta(seconds=number),
            "next_try_at": NOW,
            "message_id": f"m{number}",
        }
        for number, address in enumerate(to)
    ]
    session.execute(sa.insert(Notice), rows)
    kept = [
        {
            "token_hash": f"{number:064d}",
            "form_hash": f"{number:064d}",
            "service_id": factories.SERVICE,
            "category_key": "login",
            "content": {},
            "sent_at": NOW,
            "expires_at": NOW + timedelta(hours=48),
        }
        for number in range(MANY)
    ]
    session.execute(sa.insert(WaitingRequest), kept)
    session.execute(sa.text("ANALYZE"))


def test_the_newest_mails_to_an_address_are_those_that_count(session: Session, mails: None) -> None:
    newest = guests.newest_mails(session, VICTIM, NOW, 3)
    assert [at - NOW for at in newest] == [timedelta(seconds=MANY + number) for number in (4, 3, 2)]
    assert guests.newest_mails(session, VICTIM, NOW + timedelta(days=1), 3) == []


def test_neither_mails_nor_waiting_requests_are_read_whole(session: Session, mails: None) -> None:
    for table, call in (
        ("notice", partial(guests.newest_mails, session, VICTIM, NOW, 3)),
        ("waiting_request", partial(guests.waiting_request, session, "token", NOW)),
    ):
        assert not list(full_scans(plans(session, call), table))


def test_only_guests_have_something_to_confirm(session: Session) -> None:
    guest, sure, person = factories.guest(session), factories.guest(session), factories.person(session)
    confirm(session, sure.id, NOW)
    assert guests.unconfirmed(session, {guest.id, sure.id, person.id}) == {guest.id}
