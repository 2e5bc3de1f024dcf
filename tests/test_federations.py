"""The job that reads federations: over the network, verified, kept; whatever goes wrong, what was good stays."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from saml.errors import Code
from saml.federation_metadata import read_metadata
from saml.registry import IdentityProvider
from saml.signing import certificate_bodies
from servicedesk import federations
from servicedesk.federations import listed, refresh
from servicedesk.jobs import run_due, run_job
from servicedesk.rules.sentences import Sentence
from servicedesk.settings import Settings, Source
from servicedesk.store.base import writing
from servicedesk.store.models.federation import FederationProvider, FederationSource
from servicedesk.store.models.records import Alarm
from servicedesk.turns import JobContext
from tests.federation_desk import aggregate_at, file_of, publish, read_now, with_sources
from tests.gateways.web_server import Answer, Site, running
from tests.job_desk import settings_for, working
from tests.saml.aggregates import entity, group, pair, signed, trusted

JOB = "refresh_federations"
ONE, TWO = "https://one.example/idp", "https://two.example/idp"
SOON = datetime.now(UTC) + timedelta(days=7)


@pytest.fixture
def site() -> Iterator[Site]:
    with running() as site:
        yield site


@pytest.fixture
def settings(database_url: str, tmp_path: Path, site: Site) -> Settings:
    publish(site, entity(ONE, names={"it": "Università Uno"}), entity(TWO), valid_until=SOON)
    return with_sources(settings_for(database_url, tmp_path), aggregate_at(site, tmp_path))


@pytest.fixture
def context(settings: Settings) -> Iterator[JobContext]:
    with working(settings) as context:
        yield context


def kept(session: Session) -> dict[str, IdentityProvider]:
    """Return the providers kept, by entity id."""
    found = map(IdentityProvider.from_json, session.scalars(sa.select(FederationProvider.content)))
    return {provider.entity_id: provider for provider in found}


def standing(session: Session, place: int = 0) -> FederationSource:
    return session.scalars(sa.select(FederationSource).order_by(FederationSource.id)).all()[place]


def why(session: Session) -> str:
    return str(Sentence.from_json(standing(session).failure or {}))


@pytest.mark.both_databases
def test_the_job_reads_an_aggregate_and_keeps_its_providers(context: JobContext) -> None:
    assert run_due(context, JOB) == "university: 2 providers, 2 added, 0 changed, 0 removed, 0 problems"
    with context.sessions() as session:
        assert set(kept(session)) == {ONE, TWO}
        assert kept(session)[ONE].names == {"it": "Università Uno"}
        assert standing(session).valid_until == SOON.replace(microsecond=0)


def test_it_asks_again_only_when_the_hours_are_over(context: JobContext, site: Site) -> None:
    run_job(context, JOB)
    assert run_job(context, JOB) == "nothing was due"
    assert run_job(context, JOB, datetime.now(UTC) + timedelta(hours=6)) != "nothing was due"
    assert len(site.asked) == 2


def test_the_next_copy_changes_what_differs(context: JobContext, site: Site) -> None:
    run_job(context, JOB)
    publish(site, entity(TWO, keys=[pair("somebody")]), entity("https://three.example"))
    assert read_now(context) == "university: 2 providers, 1 added, 1 changed, 1 removed, 0 problems"
    with context.sessions() as session:
        assert set(kept(session)) == {TWO, "https://three.example"}
        assert kept(session)[TWO].certificates == (pair("somebody").certificate_pem,)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(b"", 503), "503"),
        (Answer(b"<html>Maintenance</html>"), Code.WRONG_ROOT),
        (Answer(signed(group(entity("https://evil.example")), pair("somebody"))), Code.BAD_SIGNATURE),
        (Answer(b"<a/>", announced=400), "could not be read"),
    ],
)
def test_the_last_good_copy_stays_when_a_later_one_is_not_good(
    context: JobContext, site: Site, answer: Answer, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    run_job(context, JOB)
    site.answers["/metadata.xml"] = answer
    assert read_now(context).startswith("university: failed: ")
    (line,) = (each.getMessage() for each in caplog.records if each.name == federations.__name__)
    assert line.startswith(f"university could not be read from {site.url}/metadata.xml: ") and reason in line
    with context.sessions() as session:
        assert set(kept(session)) == {ONE, TWO}
        assert reason in why(session)
        assert standing(session).failures == 1


def test_an_older_copy_that_is_over_is_not_taken(context: JobContext, site: Site) -> None:
    run_job(context, JOB)
    publish(site, entity("https://old.example"), valid_until=datetime.now(UTC) - timedelta(seconds=5))
    read_now(context)
    with context.sessions() as session:
        assert set(kept(session)) == {ONE, TWO}
        assert Code.EXPIRED in why(session)


def test_a_failing_source_holds_up_no_other(
    settings: Settings, context: JobContext, site: Site, tmp_path: Path
) -> None:
    publish(site, entity("https://three.example"), path="/other.xml")
    sources = (Source(url=f"{site.url}/gone", format="json"), aggregate_at(site, tmp_path, "/other.xml"))
    with working(with_sources(settings, *sources)) as both:
        result = run_job(both, JOB)
        assert result.startswith("university: failed: ") and "1 provider, 1 added" in result
        with both.sessions() as session:
            assert set(kept(session)) == {"https://three.example"}


def test_a_federation_that_changes_its_certificate_in_the_settings_is_another_source(
    settings: Settings, context: JobContext, site: Site, tmp_path: Path
) -> None:
    run_job(context, JOB)
    new = with_sources(settings, aggregate_at(site, tmp_path, name="new federation"))
    with working(new) as later:
        run_job(later, JOB)
        with later.sessions() as session:
            assert kept(session) == {}, "what the old certificate vouched for went with it"
            assert Code.BAD_SIGNATURE in why(session)


def test_the_list_of_spid_is_read_too(settings: Settings, site: Site) -> None:
    (body,) = certificate_bodies(pair("provider").certificate_pem)
    places = [{"Binding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST", "Location": f"{ONE}/sso"}]
    row = {"entity_id": ONE, "organization_name": "Uno", "signing_certificate_x509": [body]}
    site.answers["/list"] = Answer(json.dumps([{**row, "single_sign_on_service": places}]).encode())
    with working(with_sources(settings, Source(url=f"{site.url}/list", format="json"))) as context:
        assert "1 provider, 1 added" in run_job(context, JOB)


def test_another_sources_word_on_a_known_provider_is_reported_and_alarmed_where_the_certificates_differ(
    settings: Settings, site: Site, tmp_path: Path
) -> None:
    evil = pair("somebody")
    publish(site, entity(ONE, keys=[evil]), entity(TWO), entity("https://three.example"), path="/second.xml")
    publish(site, entity("https://three.example", keys=[evil]), path="/third.xml")
    own = file_of(tmp_path, "own.xml", signed(group(entity(ONE), entity(TWO))))
    second, third = (aggregate_at(site, tmp_path, path) for path in ("/second.xml", "/third.xml"))
    with working(with_sources(settings, own, second, third)) as context:
        run_job(context, JOB)
        with context.sessions() as session:
            assert [standing(session, place).repeated for place in range(3)] == [
                [],
                [ONE, TWO],
                ["https://three.example"],
            ]
            sentences = [Sentence.from_json(row.sentence) for row in session.scalars(sa.select(Alarm))]
            assert sorted(str(each.params["providers"]) for each in sentences) == [ONE, "https://three.example"]


def test_a_file_that_cannot_be_read_any_more_is_an_alarm_of_the_job(settings: Settings, tmp_path: Path) -> None:
    own = file_of(tmp_path, "own.xml", signed(group(entity(ONE))))
    with working(with_sources(settings, own)) as context:
        assert own.path is not None
        own.path.unlink()
        run_job(context, JOB)
        with context.sessions() as session:
            assert session.scalars(sa.select(Alarm)).one()


def test_a_stopping_job_begins_no_further_source(settings: Settings, context: JobContext, site: Site) -> None:
    context.stopping.set()
    assert run_job(context, JOB) == "nothing was due"
    assert site.asked == []


def test_nothing_is_fetched_or_read_inside_a_transaction(
    settings: Settings, context: JobContext, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    depth = []

    class Watched:
        """A batch that notes that it is open."""

        def __enter__(self) -> Session:
            self.session = context.sessions()
            self.block = writing(self.session)
            depth.append(1)
            return self.block.__enter__()

        def __exit__(self, *error: object) -> None:
            depth.pop()
            self.block.__exit__(*error)  # type: ignore[arg-type]
            self.session.close()

    open_when_read: list[int] = []

    def read(*arguments: object, **more: object) -> object:
        open_when_read.append(len(depth))
        return original(*arguments, **more)  # type: ignore[arg-type]

    original = federations.load
    monkeypatch.setattr(federations, "load", read)
    refresh(settings, Watched, datetime.now(UTC), lambda: False)  # type: ignore[arg-type]
    assert open_when_read == [0]


def test_words_to_search_are_those_of_names_scopes_and_host() -> None:
    found = entity("https://idp.unibg.example/x", names={"it": "Università di Bergamo"}, scopes=["studenti.example"])
    (entry,) = read_metadata(signed(found), trusted()).entries
    assert listed(entry).words == " universita bergamo studenti example idp unibg"
    assert listed(entry).sort_name == "universita bergamo"
