"""Publishing a catalogue on both databases."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.catalogue import CatalogueRefused, apply, publishable
from servicedesk.rules.errors import Conflict, NotFound
from servicedesk.rules.lifecycle import State
from servicedesk.store import catalogue as store
from servicedesk.store.base import writing
from servicedesk.store.models.people import Person
from servicedesk.store.models.system import AuditEvent, CatalogueVersion
from servicedesk.store.models.tickets import Ticket

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
SHIPPED = (Path(__file__).parents[2] / "categories.yaml").read_bytes()
BY = "command:test"


def without(key):
    """Return the shipped file without the category `key`."""
    lines = SHIPPED.decode().splitlines(keepends=True)
    start = next(place for place, line in enumerate(lines) if line.strip() == f"- key: {key}")
    depth = len(lines[start]) - len(lines[start].lstrip())
    end = next(
        place
        for place in range(start + 1, len(lines))
        if len(lines[place]) - len(lines[place].lstrip()) <= depth and lines[place].strip()
    )
    return "".join(lines[:start] + lines[end:]).encode()


def published(session, content=SHIPPED, now=NOW):
    return apply(session, publishable(content, "categories.yaml"), BY, now)


def ticket_in(session, key, state=State.ASSIGNED_GROUP, closed_at=None):
    person = Person(given_name="Lucia", family_name="Studente", email="l@example.org", created_at=NOW)
    session.add(person)
    session.flush()
    version, tree = store.current_version(session)
    category = tree.categories[key]
    ticket = Ticket(
        number=f"2026{session.scalar(sa.select(sa.func.count(Ticket.id))) + 1:06}",
        service_id=category.service_id,
        kind=category.kind,
        origin="person",
        category_key=key,
        catalogue_version=version,
        group_code=category.group,
        requester_id=person.id,
        route_reason={},
        title="A title",
        state=state,
        urgency=1,
        impact=1,
        priority=1,
        opened_at=NOW,
        changed_at=NOW,
        closed_at=closed_at,
    )
    session.add(ticket)
    session.flush()


def test_without_a_version_there_is_no_catalogue_and_a_sentence_says_what_to_do(session):
    with pytest.raises(NotFound, match="flask catalogue apply"):
        store.current(session)


def test_the_first_file_becomes_version_one_and_is_recorded(session):
    applied = published(session)
    assert (applied.version, applied.is_new) == (1, True)
    number, tree = store.current_version(session)
    assert (number, tree) == (1, publishable(SHIPPED, "c").catalogue)
    audit = session.scalars(sa.select(AuditEvent)).one()
    assert (audit.actor, audit.action, audit.subject, audit.at) == (BY, "catalogue.applied", "catalogue:1", NOW)
    assert store.was_applied(session, publishable(SHIPPED, "c").file_hash)


def test_applying_the_same_catalogue_again_writes_nothing_even_in_a_process_that_reads_it_anew(session, monkeypatch):
    published(session)
    monkeypatch.setattr(store, "_loaded", {})
    again = published(session, SHIPPED + b"\n# a remark changes nothing\n")
    assert (again.version, again.is_new, again.difference.changes) == (1, False, ())
    assert session.scalar(sa.select(sa.func.count()).select_from(CatalogueVersion)) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(AuditEvent)) == 1


def test_a_file_with_errors_is_refused_whole_and_the_running_catalogue_stays(session):
    published(session)
    with pytest.raises(CatalogueRefused) as refused:
        published(session, SHIPPED.replace(b"group: TASSE", b"group: TASSSE").replace(b"urgency: 3", b"urgency: 9"))
    assert len(refused.value.findings) > 5
    assert "running catalogue stays" in str(refused.value)
    assert store.current_version(session)[0] == 1


def test_a_new_version_runs_at_once_and_the_old_one_can_still_be_read(session):
    published(session)
    applied = published(session, without("mensa"), NOW + timedelta(days=1))
    assert applied.version == 2
    assert [(change.kind, change.key) for change in applied.difference.changes] == [("removed", "mensa")]
    assert store.current(session).name_of("mensa") is None
    assert store.numbered(session, 1).path_name("mensa", "it") == "Borse di studio e alloggi - Mensa e ristorazione"
    assert [version.number for version in store.history(session)] == [2, 1]
    with pytest.raises(NotFound):
        store.numbered(session, 3)


def test_a_removed_category_with_an_open_ticket_is_retired(session):
    published(session)
    ticket_in(session, "mensa")
    applied = published(session, without("mensa"))
    assert [(change.kind, change.key) for change in applied.difference.changes] == [("retired", "mensa")]
    kept = store.current(session).categories["mensa"]
    assert (kept.retired, kept.selectable, kept.group) == (True, False, "TASSE")


@pytest.mark.parametrize(("days", "is_kept"), [(19, True), (40, False)])
def test_a_closed_ticket_keeps_its_category_as_long_as_it_may_be_reopened(session, days, is_kept):
    published(session)
    ticket_in(session, "mensa", State.CLOSED, NOW)
    published(session, without("mensa"), NOW + timedelta(days=days))
    assert (store.current(session).name_of("mensa") is not None) is is_kept


def test_the_tree_is_kept_in_memory_per_version_and_shared_between_sessions(fresh_database):
    with Session(fresh_database) as session, writing(session):
        published(session)
    with Session(fresh_database) as one, Session(fresh_database) as other:
        assert store.current(one) is store.current(other)


def test_a_session_that_begins_anew_sees_what_another_worker_published(fresh_database):
    with Session(fresh_database) as session, writing(session):
        published(session)
    with Session(fresh_database) as worker:
        assert store.current_version(worker)[0] == 1
        with Session(fresh_database) as session, writing(session):
            published(session, without("mensa"))
        worker.rollback()
        number, tree = store.current_version(worker)
        assert (number, tree.name_of("mensa")) == (2, None)


@pytest.mark.concurrency
def test_two_who_publish_at_once_never_lose_a_version_unnoticed(fresh_database):
    files = [publishable(without(key), "c") for key in ("mensa", "alloggi")]
    barrier, outcomes = Barrier(2), []

    def publish(file):
        with Session(fresh_database) as session:
            barrier.wait()
            try:
                with writing(session):
                    outcomes.append(apply(session, file, BY, NOW).version)
            except Conflict:
                outcomes.append("conflict")

    threads = [Thread(target=publish, args=(file,)) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Session(fresh_database) as session:
        numbers = [version.number for version in store.history(session)][::-1]
    assert sorted(outcomes, key=str) in ([1, 2], [1, "conflict"])
    assert numbers == [number for number in sorted(outcomes, key=str) if number != "conflict"]
