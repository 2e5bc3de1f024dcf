"""Sources are read when they are due, a failure keeps the last good copy, and operators hear of it in time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.federation_sources import (
    CERTIFICATE_WARNING,
    FEW,
    NEAR,
    PATIENCE,
    RETRY,
    NewCopy,
    due,
    forget_others,
    keep,
    note_conflicts,
    note_failure,
    read_again,
)
from servicedesk.actions.sessions import AtProvider, start
from servicedesk.gateways.metadata_source import Planned
from servicedesk.rules.sentences import Sentence
from servicedesk.settings import Source
from servicedesk.store import federation
from servicedesk.store.federation import Changes, Listed
from servicedesk.store.models.federation import FederationProvider, FederationSource
from servicedesk.store.models.records import Alarm
from servicedesk.store.models.system import AuditEvent
from tests import factories

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
IDEM = Planned("university", Source(url="https://idem.example/metadata.xml", certificate=Path("x"), hours=6), "PEM")
SPID = Planned("spid", Source(url="https://spid.example/list", format="json", hours=1), "")
FILE = Planned("university", Source(path=Path("/etc/idp.xml"), hours=6), "")
DOWN = Sentence("It could not be read: 503 Service Unavailable.")


def listed(entity_id: str = "https://one.example", expires: datetime | None = None) -> Listed:
    return Listed(entity_id, {"it": "Uno"}, "uno", " uno", False, None, expires, "content")


def copy(*providers: Listed, problems: Sequence[str] = (), valid_until: datetime | None = None) -> NewCopy:
    return NewCopy(providers or (listed(),), tuple(problems), valid_until)


def row_of(session: Session, planned: Planned = IDEM) -> FederationSource:
    return session.scalars(sa.select(FederationSource).where(FederationSource.key == planned.key)).one()


def alarms(session: Session) -> list[str]:
    rows = session.scalars(sa.select(Alarm).where(Alarm.cleared_at.is_(None)).order_by(Alarm.id))
    return [str(Sentence.from_json(row.sentence)) for row in rows]


def fail(session: Session, times: int, now: datetime = NOW, planned: Planned = IDEM) -> None:
    for number in range(times):
        note_failure(session, planned, DOWN, now + number * RETRY)


def test_a_source_is_due_at_first_and_again_after_its_hours(session: Session) -> None:
    assert due(session, [IDEM, SPID], NOW) == [IDEM, SPID]
    for each in (IDEM, SPID):
        keep(session, each, copy(), NOW)
    assert due(session, [IDEM, SPID], NOW + timedelta(minutes=59)) == []
    assert due(session, [IDEM, SPID], NOW + timedelta(hours=1)) == [SPID]
    assert due(session, [IDEM, SPID], NOW + timedelta(hours=6)) == [IDEM, SPID]


def test_after_a_failure_a_source_is_tried_again_soon(session: Session) -> None:
    note_failure(session, IDEM, DOWN, NOW)
    assert due(session, [IDEM], NOW + RETRY - timedelta(seconds=1)) == []
    assert due(session, [IDEM], NOW + RETRY) == [IDEM]


def test_whoever_asks_has_it_read_at_the_next_turn_and_that_is_recorded(session: Session) -> None:
    keep(session, IDEM, copy(), NOW)
    read_again(session, [IDEM], "person:7", NOW)
    session.expire_all()
    assert due(session, [IDEM], NOW) == [IDEM]
    event = session.scalars(sa.select(AuditEvent)).one()
    assert (event.actor, event.action, event.subject) == ("person:7", "federation.read_again", "federation:university")


def test_a_good_copy_is_kept_with_its_standing(session: Session) -> None:
    until = NOW + timedelta(days=7)
    changes = keep(session, IDEM, copy(listed(), problems=["https://two.example: no key"], valid_until=until), NOW)
    assert changes == Changes(1, 0, 0)
    row = row_of(session)
    assert (row.providers, row.problems, row.valid_until) == (1, ["https://two.example: no key"], until)
    assert (row.read_at, row.failures, row.failure) == (NOW, 0, None)


def test_a_failure_leaves_the_last_good_copy_and_its_end_as_they_are(session: Session) -> None:
    until = NOW + timedelta(days=7)
    keep(session, IDEM, copy(valid_until=until), NOW)
    fail(session, 3, NOW + timedelta(hours=6))
    row = row_of(session)
    assert (row.providers, row.valid_until, row.read_at, row.failures) == (1, until, NOW, 3)
    assert Sentence.from_json(row.failure or {}) == DOWN
    found = federation.find(session, [IDEM.key], "https://one.example", NOW + timedelta(days=6))
    assert found is not None and found.content == "content"
    gone = federation.find(session, [IDEM.key], "https://one.example", until)
    assert gone is not None and gone.content is None


def test_a_source_that_was_never_read_is_worth_an_alarm_at_once(session: Session) -> None:
    fail(session, 1)
    (alarm,) = alarms(session)
    assert "there is no copy" in alarm and IDEM.place in alarm


def test_a_few_failures_are_no_alarm_and_many_in_a_row_are_one(session: Session) -> None:
    keep(session, IDEM, copy(), NOW)
    fail(session, PATIENCE - 1, NOW)
    assert alarms(session) == []
    fail(session, 3, NOW + timedelta(hours=2))
    (alarm,) = alarms(session)
    assert "2026-03-02 09:00 UTC is used until -" in alarm


def test_a_single_failure_is_an_alarm_when_the_copy_ends_soon(session: Session) -> None:
    keep(session, IDEM, copy(valid_until=NOW + NEAR + timedelta(hours=1)), NOW)
    fail(session, 1, NOW)
    assert alarms(session) == []
    fail(session, 1, NOW + timedelta(hours=2))
    assert len(alarms(session)) == 1


def test_the_alarm_is_over_as_soon_as_the_source_can_be_read(session: Session) -> None:
    fail(session, 1)
    keep(session, IDEM, copy(), NOW + RETRY)
    assert alarms(session) == []


def test_operators_hear_of_a_certificate_before_it_ends_and_no_more_once_it_is_renewed(session: Session) -> None:
    ends = NOW + CERTIFICATE_WARNING
    keep(session, SPID, copy(listed(expires=ends)), NOW)
    assert alarms(session) == []
    later = NOW + timedelta(hours=1)
    keep(session, SPID, copy(listed(expires=ends), listed("https://two.example", ends)), later)
    assert len(alarms(session)) == 2 and "https://one.example (spid) ends on 2026-04-01" in alarms(session)[0]
    keep(session, SPID, copy(listed(expires=ends + timedelta(days=700))), later + timedelta(hours=1))
    assert alarms(session) == []


def test_among_thousands_only_the_certificates_of_providers_in_use_are_watched(session: Session) -> None:
    ends = NOW + timedelta(days=3)
    many = [listed(f"https://idp{number}.example", ends) for number in range(FEW + 1)]
    keep(session, IDEM, copy(*many), NOW)
    assert alarms(session) == []
    person = factories.person(session)
    start(session, person.id, AtProvider("https://idp7.example", "somebody"), NOW + timedelta(hours=1), NOW)
    keep(session, IDEM, copy(*many), NOW + timedelta(hours=6))
    (alarm,) = alarms(session)
    assert "https://idp7.example" in alarm


def test_of_a_file_only_the_standing_and_the_certificates_are_kept(session: Session) -> None:
    assert keep(session, FILE, copy(listed(expires=NOW + timedelta(days=3))), NOW) == Changes(0, 0, 0)
    assert row_of(session, FILE).providers == 1
    assert session.scalars(sa.select(FederationProvider)).all() == []
    assert len(alarms(session)) == 1


def test_a_long_report_is_shortened_with_the_number_of_lines_left_out(session: Session) -> None:
    keep(session, IDEM, copy(problems=[f"https://{number}.example: {'x' * 999}" for number in range(450)]), NOW)
    problems = row_of(session).problems
    assert len(problems) == 201 and problems[-1] == "... and 250 more"
    assert max(map(len, problems)) == 300


def test_strange_certificates_for_a_provider_of_another_source_raise_an_alarm_until_they_are_gone(
    session: Session,
) -> None:
    keep(session, IDEM, copy(), NOW)
    note_conflicts(session, IDEM, ["https://one.example", "https://two.example"], ["https://one.example"], NOW)
    assert row_of(session).repeated == ["https://one.example", "https://two.example"]
    (alarm,) = alarms(session)
    assert "https://one.example" in alarm and "https://two.example" not in alarm
    note_conflicts(session, IDEM, ["https://two.example"], [], NOW + timedelta(hours=6))
    assert alarms(session) == []


def test_a_source_taken_out_of_the_settings_goes_with_its_providers_and_alarms(session: Session) -> None:
    keep(session, IDEM, copy(listed(expires=NOW)), NOW)
    keep(session, SPID, copy(listed("https://two.example", expires=NOW)), NOW)
    assert len(alarms(session)) == 2
    assert forget_others(session, [SPID], NOW + timedelta(minutes=1)) == 1
    assert session.scalars(sa.select(FederationProvider.entity_id)).all() == ["https://two.example"]
    (alarm,) = alarms(session)
    assert "https://two.example" in alarm
