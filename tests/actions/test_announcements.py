"""Announcements: they begin and end by themselves, reach their audience alone, and no change is lost or unrecorded."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from servicedesk.actions import announcements as actions
from servicedesk.rules.announcements import Phase, Text, Weight
from servicedesk.rules.catalogue import Audience
from servicedesk.rules.errors import Conflict, Invalid, NotAllowed, NotFound, NotNow
from servicedesk.rules.permissions import Actor, ActorKind
from servicedesk.store import announcements as store
from servicedesk.store.models.announcements import Announcement
from servicedesk.store.models.system import AuditEvent
from tests import factories
from tests.factories import NOW, SERVICE, later

NOBODY = Actor(ActorKind.GUEST)
STUDENT = Actor(ActorKind.PERSON, 1, audiences=frozenset({"student"}))


def titles(session, actor=NOBODY, now=NOW, service=None, after=0, size=20) -> list[str]:
    return [row.titles["en"] for row in store.current(session, actor, service, after, size, now)[0]]


@pytest.fixture
def administrator(session):
    return factories.actor(session, factories.administrator(session))


def test_d1_an_announcement_begins_and_ends_by_itself(session):
    factories.announcement(session, starts_at=later(hours=1), ends_at=later(hours=3))
    assert titles(session, now=NOW) == []
    assert titles(session, now=later(hours=1)) == ["Closed"]
    assert titles(session, now=later(hours=2, minutes=59)) == ["Closed"]
    assert titles(session, now=later(hours=3)) == []


def test_d1_it_is_seen_by_its_audience_and_not_there_for_others(session):
    made = factories.announcement(session, "For students", "student")
    factories.announcement(session, "For all")
    assert titles(session, STUDENT) == ["For all", "For students"]
    assert titles(session, NOBODY) == ["For all"]
    assert store.one(session, STUDENT, made.id, NOW).texts["en"]["html"].startswith("<p>The counters <strong>")
    with pytest.raises(NotFound):
        store.one(session, NOBODY, made.id, NOW)
    with pytest.raises(NotFound):
        store.one(session, STUDENT, made.id, later(days=7))


def test_the_weightiest_stand_above_then_the_newest_and_pages_go_on_where_they_ended(session):
    factories.announcement(session, "old")
    factories.announcement(session, "new", starts_at=later(minutes=1))
    factories.announcement(session, "outage", weight=Weight.OUTAGE)
    factories.announcement(session, "warning", weight=Weight.WARNING)
    in_order = ["outage", "warning", "new", "old"]
    assert titles(session, now=later(hours=1)) == in_order
    rows, has_more = store.current(session, NOBODY, None, 0, 2, later(hours=1))
    assert has_more
    assert titles(session, now=later(hours=1), after=rows[-1].id) == in_order[2:]


def test_what_is_about_another_service_is_left_out_where_one_is_chosen(session):
    for name, service in (("all", None), ("ours", SERVICE), ("theirs", "another")):
        factories.announcement(session, name, service_id=service)
    assert sorted(titles(session, service=SERVICE)) == ["all", "ours"]
    assert sorted(titles(session)) == ["all", "ours", "theirs"]


def test_d1_an_administrator_announces_changes_and_ends_and_each_is_recorded(session, administrator):
    written = actions.written_of(session, factories.announcement(session))
    actions.announce(session, administrator, written, NOW, "one form")
    actions.announce(session, administrator, written, NOW, "one form")
    assert titles(session) == ["Closed", "Closed"]
    made = session.scalars(sa.select(Announcement).order_by(Announcement.id.desc())).first()
    assert made.changed_by == administrator.person_id
    texts = {**written.texts, "en": Text("Open", "Come *in*.")}
    longer = replace(written, texts=texts, audience=frozenset({Audience.STUDENT}), ends_at=later(days=9))
    actions.change(session, administrator, made.id, longer, made.saves, NOW)
    assert titles(session) == ["Closed"]
    assert titles(session, STUDENT, later(days=8)) == ["Open"]
    actions.end(session, administrator, made.id, made.saves, later(hours=1))
    assert titles(session, STUDENT, later(hours=1)) == ["Closed"]
    with pytest.raises(NotNow):
        actions.end(session, administrator, made.id, made.saves, later(hours=2))
    events = session.execute(sa.select(AuditEvent.action, AuditEvent.actor).order_by(AuditEvent.id)).all()
    me = f"person:{administrator.person_id}"
    assert events[1:] == [("announcement.new", me), ("announcement.change", me), ("announcement.end", me)]
    changed = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "announcement.change")).one()
    assert (changed.before["audience"], changed.after["audience"]) == (["everyone"], ["student"])


def test_one_that_was_ended_before_it_began_never_shows(session, administrator):
    made = factories.announcement(session, starts_at=later(days=1), ends_at=later(days=2))
    actions.end(session, administrator, made.id, made.saves, NOW)
    assert titles(session, now=later(days=1, hours=1)) == []
    [over], _ = store.in_phase(session, administrator, Phase.OVER, 0, 5, NOW)
    assert over.id == made.id


def test_whoever_saves_second_is_told_and_nothing_is_overwritten(session, administrator):
    made = factories.announcement(session)
    written, seen = actions.written_of(session, made), made.saves
    actions.change(session, administrator, made.id, replace(written, weight=Weight.WARNING), seen, NOW)
    for late in (
        lambda: actions.change(session, administrator, made.id, written, seen, NOW),
        lambda: actions.end(session, administrator, made.id, seen, NOW),
    ):
        with pytest.raises(Conflict):
            late()
    assert made.weight == Weight.WARNING


def test_an_incomplete_announcement_is_refused_with_a_sentence_at_each_field(session, administrator):
    whole = actions.written_of(session, factories.announcement(session))
    wrong = replace(
        whole, audience=frozenset(), ends_at=whole.starts_at, texts={"it": Text("", "Sì."), "en": Text("Yes", "")}
    )
    with pytest.raises(Invalid) as refused:
        actions.announce(session, administrator, wrong, NOW, "a form")
    assert set(refused.value.fields) == {"audience", "ends_at", "title_it", "source_en"}
    titles_alone = replace(whole, texts={"it": Text("Chiusi", ""), "en": Text("Shut", "")})
    actions.announce(session, administrator, titles_alone, NOW, "another form")
    assert "Shut" in titles(session)


def test_an_administrator_of_one_service_announces_there_alone(session):
    limited = factories.actor(session, factories.administrator(session, SERVICE))
    ours = factories.announcement(session, "ours", service_id=SERVICE)
    everyones = factories.announcement(session, "everyone's")
    written = actions.written_of(session, ours)
    actions.announce(session, limited, written, NOW, "a form")
    for theirs in (None, "another"):
        with pytest.raises(NotAllowed):
            actions.announce(session, limited, replace(written, service_id=theirs), NOW, f"form {theirs}")
        with pytest.raises(NotAllowed):
            actions.change(session, limited, ours.id, replace(written, service_id=theirs), ours.saves, NOW)
    with pytest.raises(NotFound):
        actions.end(session, limited, everyones.id, everyones.saves, NOW)
    listed, _ = store.in_phase(session, limited, Phase.CURRENT, 0, 5, NOW)
    assert {row.titles["en"] for row in listed} == {"ours"}
    technician = factories.actor(session, factories.technician(session))
    with pytest.raises(NotAllowed):
        actions.announce(session, technician, written, NOW, "a technician's form")
