"""The jobs that look after the records of signing in, run as `flask jobs run` runs them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from servicedesk.actions import alarms, refusals, saml_log
from servicedesk.jobs import run_job
from servicedesk.rules.sentences import Sentence
from servicedesk.settings import Records
from servicedesk.store.base import writing
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.records import Alarm, SignInCount, SignInLogEntry, SignInTotal
from servicedesk.turns import JobContext
from tests import factories
from tests.gateways.smtp_server import PostOffice, Server
from tests.job_desk import settings_for, working

NOW = datetime.now(UTC)
KEY = "a key for the sign-in log that tests may read"


@pytest.fixture
def context(database_url: str, tmp_path: Path, server: Server) -> Iterator[JobContext]:
    records = Records(log_key=KEY, operators=("ops@example.org",))
    settings = settings_for(database_url, tmp_path, server.port).model_copy(update={"records": records})
    with working(settings) as context:
        with context.sessions() as session, writing(session):
            factories.publish(session)
        yield context


def test_a_new_alarm_reaches_the_operators_by_mail(context: JobContext, office: PostOffice) -> None:
    with context.sessions() as session, writing(session):
        alarms.raise_alarm(session, "certificate", Sentence("The certificate expires."), NOW)
    assert run_job(context, "alarms") == "1 mailed, 0 over"
    assert run_job(context, "alarms") == "0 mailed, 0 over"
    run_job(context, "deliver_mail")
    ((recipient, content),) = office.arrived
    assert recipient == "ops@example.org" and b"The certificate expires." in content


def test_an_alarm_about_sign_ins_is_over_when_it_has_been_quiet(context: JobContext) -> None:
    with context.sessions() as session, writing(session):
        for number in range(refusals.MANY_OF_PROVIDER):
            name = f"somebody {number}"
            refusals.note(session, profile="p", provider="i", code="expired", pseudonym=name, now=NOW)
    assert run_job(context, "alarms", NOW) == "1 mailed, 0 over"
    assert run_job(context, "alarms", NOW + timedelta(hours=2)) == "0 mailed, 1 over"
    with context.sessions() as session:
        assert session.scalars(sa.select(Alarm.cleared_at)).one() == NOW + timedelta(hours=2)
        assert session.scalar(sa.select(sa.func.count()).select_from(Notice)) == 1


def test_the_log_is_purged_when_its_term_is_over_and_in_batches(
    context: JobContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicedesk.turns.BATCH", 3)
    with context.sessions() as session, writing(session):
        for number in range(8):
            at = NOW - timedelta(days=800 if number < 7 else 1)
            saml_log.record_request(
                session, KEY, profile="p", provider="i", request_id=str(number), message=b"<AuthnRequest/>", now=at
            )
    assert run_job(context, "purge_log") == "7 entries removed"
    assert run_job(context, "purge_log") == "0 entries removed"
    with context.sessions() as session:
        assert session.scalars(sa.select(SignInLogEntry.exchange)).all() == ["7"]
        assert [each.is_purged for each in saml_log.verify(session, KEY)] == [True, False]


def test_without_a_log_there_is_nothing_to_purge_and_no_key_needed(context: JobContext) -> None:
    without = context.settings.model_copy(update={"records": Records()})
    assert run_job(JobContext(**{**vars(context), "settings": without}), "purge_log") == "0 entries removed"


def test_counts_and_alarms_that_are_over_are_forgotten_after_90_days_and_totals_never(context: JobContext) -> None:
    old = NOW - timedelta(days=91)
    with context.sessions() as session, writing(session):
        for at in (old, NOW):
            refusals.note_accepted(session, profile="p", provider="i", now=at)
            alarms.raise_alarm(session, f"over {at}", Sentence("Over."), at)
            alarms.clear_alarm(session, f"over {at}", at)
        alarms.raise_alarm(session, "open", Sentence("Still open."), old)
    run_job(context, "clean")
    with context.sessions() as session:
        assert len(session.scalars(sa.select(SignInCount.slot)).all()) == 1
        assert set(session.scalars(sa.select(Alarm.key))) == {f"over {NOW}", "open"}
        assert session.scalars(sa.select(SignInTotal.count)).one() == 2
