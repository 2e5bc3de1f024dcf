"""Announcements are read through indexes, page by page."""

import pytest
import sqlalchemy as sa

from servicedesk.rules.announcements import Phase
from servicedesk.rules.permissions import EVERY_SERVICE, Actor, ActorKind
from servicedesk.store import announcements
from tests import factories
from tests.factories import NOW, later
from tests.store.plans import full_scans, plans

STUDENT = Actor(ActorKind.PERSON, 1, audiences=frozenset({"student"}))
CHIEF = Actor(ActorKind.PERSON, 2, administers=frozenset({EVERY_SERVICE}))


@pytest.fixture(autouse=True)
def announced(session):
    for day in range(3):
        factories.announcement(session, f"day {day}", starts_at=later(days=day), ends_at=later(days=day + 1))


def test_the_phases_share_every_announcement_out_and_their_pages_go_on_where_they_ended(session):
    noon = later(days=1, hours=3)
    found = {phase: announcements.in_phase(session, CHIEF, phase, 0, 5, noon)[0] for phase in Phase}
    assert {phase: [row.titles["en"] for row in rows] for phase, rows in found.items()} == {
        Phase.SCHEDULED: ["day 2"],
        Phase.CURRENT: ["day 1"],
        Phase.OVER: ["day 0"],
    }
    over = later(days=9)
    rows, has_more = announcements.in_phase(session, CHIEF, Phase.OVER, 0, 2, over)
    assert ([row.titles["en"] for row in rows], has_more) == (["day 2", "day 1"], True)
    rows, has_more = announcements.in_phase(session, CHIEF, Phase.OVER, rows[-1].id, 2, over)
    assert ([row.titles["en"] for row in rows], has_more) == (["day 0"], False)


def test_announcements_are_read_through_indexes(session):
    if session.get_bind().dialect.name != "sqlite":
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
    for ask in (
        lambda: announcements.current(session, STUDENT, factories.SERVICE, 1, 3, NOW),
        lambda: announcements.audience_of(session, 1),
        *(lambda phase=phase: announcements.in_phase(session, CHIEF, phase, 1, 3, NOW) for phase in Phase),
    ):
        plan = plans(session, ask)
        assert plan
        for table in ("announcement", "announcement_audience"):
            assert not list(full_scans(plan, table)), plan
