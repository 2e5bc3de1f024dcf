"""The job of retention: whole runs with the bytes of files, runs broken off and gone on with, runs that only look."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa

from servicedesk import retaining
from servicedesk.actions import anonymising, files
from servicedesk.actions.anonymising_rows import Left
from servicedesk.actions.details import Details
from servicedesk.actions.retention import set_terms
from servicedesk.actions.tickets import act
from servicedesk.gateways.storage import new_upload_id
from servicedesk.jobs import run_job
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.permissions import EVERY_SERVICE
from servicedesk.rules.retention import Terms, due_before
from servicedesk.rules.richtext import from_plain
from servicedesk.store import search
from servicedesk.store.base import writing
from servicedesk.store.models.retention import RetentionRun
from servicedesk.store.models.tickets import Ticket
from servicedesk.turns import JobContext
from tests import factories, planted
from tests.job_desk import settings_for, working

NOW = datetime.now(UTC)
CLOSED = NOW - timedelta(days=500)


@pytest.fixture
def context(database_url: str, tmp_path: Path) -> Iterator[JobContext]:
    with working(settings_for(database_url, tmp_path)) as context:
        yield context


def prepare(context: JobContext, count: int, **months: int) -> list[str]:
    """Make closed tickets of planted people, each with a file that says the word; return the ids of the files."""
    stored = []
    with context.sessions() as session, writing(session):
        factories.publish(session)
        boss = factories.actor(session, factories.administrator(session))
        set_terms(session, boss, factories.SERVICE, Terms(**months), 0, Terms(), NOW)
        for number in range(count):
            upload = new_upload_id()
            context.storage.save(BytesIO(planted.WORD.encode()), upload, 100)
            files.note_draft(session, upload, upload, f"{planted.WORD}.txt", "text/plain", 7, "0" * 64, CLOSED)
            who = planted.person(session, is_guest=bool(number % 2))
            ticket = factories.ticket(session, requester=who, title=planted.WORD, now=CLOSED)
            by = factories.actor(session, who, ticket)
            note = Details(note=from_plain(planted.WORD), files=(upload,), draft_key=upload)
            act(session, ticket, Action.COMMENT, by, CLOSED, note)
            act(session, ticket, Action.WITHDRAW, by, CLOSED)
            stored.append(upload)
    return stored


def on_disk(context: JobContext) -> list[bytes]:
    return [path.read_bytes() for path in context.storage.folder.rglob("*") if path.is_file()]


def test_a_run_removes_attachments_then_whole_requests_and_their_bytes(context: JobContext) -> None:
    prepare(context, 3, files=6, tickets=12)
    assert len(on_disk(context)) == 3
    told = run_job(context, "retention", NOW)
    assert told == "attachments of 3 requests, 3 requests, 0 accounts"
    assert on_disk(context) == []
    with context.sessions() as session:
        assert set(planted.found(session)) == {"person"}  # those who have an account keep it
        run = session.scalars(sa.select(RetentionRun)).one()
        assert (run.files, run.tickets, run.failed, run.ended_at) == (3, 3, 0, NOW)
    assert run_job(context, "retention", NOW).startswith("attachments of 0 requests, 0 requests")


def test_a_run_that_was_broken_off_is_gone_on_with_by_the_next(
    context: JobContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(context, 4, tickets=12)
    monkeypatch.setattr(retaining, "AT_ONCE", 1)
    real, removed = context.storage.remove, list[str]()

    def remove_and_die(upload_id: str) -> None:
        real(upload_id)
        removed.append(upload_id)
        if len(removed) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(context.storage, "remove", remove_and_die)
    with pytest.raises(KeyboardInterrupt):
        run_job(context, "retention", NOW)
    monkeypatch.setattr(context.storage, "remove", real)
    with context.sessions() as session:
        broken = session.scalars(sa.select(RetentionRun)).one()
        assert (broken.tickets, broken.ended_at) == (2, None)
        assert session.scalar(sa.select(sa.func.count()).where(Ticket.anonymised_at.is_(None))) == 2
    run_job(context, "retention", NOW)
    assert on_disk(context) == []
    with context.sessions() as session:
        assert session.scalar(sa.select(sa.func.count()).where(Ticket.anonymised_at.is_(None))) == 0
        assert [run.tickets for run in session.scalars(sa.select(RetentionRun).order_by(RetentionRun.id))] == [2, 2]


def test_looking_changes_nothing_and_counts_what_a_run_would_touch(context: JobContext) -> None:
    prepare(context, 2, files=6, tickets=12)
    with context.sessions() as session:
        due = retaining.preview(session, context.settings, NOW)
        assert [(each.kind, each.count) for each in due] == [("files", 2), ("tickets", 2)]
        early = retaining.preview(session, context.settings, CLOSED + timedelta(days=300))
        assert [(each.kind, each.count) for each in early] == [("files", 2), ("tickets", 0)]
        assert session.scalar(sa.select(sa.func.count()).where(Ticket.anonymised_at.is_not(None))) == 0
    assert len(on_disk(context)) == 2


def test_nothing_is_removed_where_no_term_was_ever_set(context: JobContext) -> None:
    prepare(context, 1)
    assert run_job(context, "retention", NOW) == "no terms are set"
    assert len(on_disk(context)) == 1


def test_words_of_people_removed_by_hand_leave_the_index_of_search_even_where_no_term_was_set(
    context: JobContext,
) -> None:
    prepare(context, 2)
    with context.sessions() as session, writing(session):
        people = session.scalars(sa.select(Ticket.requester_id)).all()
        anonymising.anonymise(session, people, Left(keeps_texts=False, keeps_codes=True), NOW)
    run_job(context, "retention", NOW)
    with context.sessions() as session:
        assert list(planted.found(session)) == []


def test_accounts_have_a_term_of_their_own(context: JobContext) -> None:
    prepare(context, 0)
    with context.sessions() as session, writing(session):
        boss = factories.actor(session, factories.administrator(session))
        set_terms(session, boss, EVERY_SERVICE, Terms(accounts=24), 0, Terms(), NOW)
        planted.person(session, created_at=NOW - timedelta(days=800))
        planted.person(session, created_at=NOW - timedelta(days=800), signed_in_at=NOW - timedelta(days=30))
    assert run_job(context, "retention", NOW).endswith("1 account")


def test_months_are_those_of_the_calendar() -> None:
    end = datetime(2026, 8, 31, 12, 0, tzinfo=UTC)
    assert due_before(end, 6, factories.ROME) == datetime(2026, 2, 28, 13, 0, tzinfo=UTC)
    assert due_before(end, 0, factories.ROME) is None


def test_settings_give_the_terms_where_nobody_set_any(context: JobContext) -> None:
    own = context.settings.retention.model_copy(update={"files_months": 6, "tickets_months": 12})
    settings = context.settings.model_copy(update={"retention": own})
    with context.sessions() as session, writing(session):
        factories.publish(session)
        factories.ticket(session, state=State.CLOSED, now=CLOSED)
    told = run_job(replace(context, settings=settings), "retention", NOW)
    assert told == "attachments of 0 requests, 1 request, 0 accounts"
    with context.sessions() as session:
        assert search.matching(session, "renewing", factories.actor(session, factories.technician(session))) == []
