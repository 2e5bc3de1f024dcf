"""The bell is drawn on every page: counting and listing read an index, however many notices there are."""

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.cleaning import RECORDS
from servicedesk.store import bell, devices
from servicedesk.store.models.preferences import BellNotice, PushDevice
from tests.store.many_tickets import NOW, person
from tests.store.plans import full_scans, plans

NOTICES, PEOPLE = 6_000, 60


@pytest.fixture
def reader(session: Session) -> int:
    """One of many people with notices, most of them read, and devices."""
    people = [person(session) for _number in range(PEOPLE)]
    rows = [
        {
            "person_id": people[number % PEOPLE],
            "template": "comment",
            "number": f"2026{number:06}",
            "at": NOW + timedelta(minutes=number),
            "read_at": None if number % 50 == 0 else NOW,
        }
        for number in range(NOTICES)
    ]
    session.execute(sa.insert(BellNotice), rows)
    told = [
        {"person_id": people[number % PEOPLE], "endpoint": f"https://push.example/{number}", "p256dh": "", "auth": ""}
        for number in range(3000)
    ]
    session.execute(sa.insert(PushDevice), [{**row, "name": "Firefox", "added_at": NOW} for row in told])
    return people[0]


@pytest.mark.parametrize("has_statistics", [False, True])
def test_the_bell_and_the_devices_are_found_by_an_index(session: Session, reader: int, has_statistics: bool) -> None:
    if has_statistics or session.get_bind().dialect.name == "postgresql":  # whose own daemon keeps them at all times
        session.execute(sa.text("ANALYZE"))
    overdue = sa.delete(BellNotice).where(BellNotice.at < NOW - RECORDS)
    for ask in (
        partial(bell.count_unread, session, reader),
        partial(bell.page, session, reader, None, 20),
        partial(bell.page, session, reader, NOTICES // 2, 20),
        partial(devices.devices_of, session, [reader]),
        partial(session.execute, overdue),
    ):
        plan = plans(session, ask)
        assert plan
        assert not [*full_scans(plan, "bell_notice"), *full_scans(plan, "push_device")], f"{ask}\n{plan}"
