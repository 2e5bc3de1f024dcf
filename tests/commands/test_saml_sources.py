"""`flask saml refresh` and `providers` as an operator runs them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from servicedesk.app import create_app
from servicedesk.settings import Settings
from servicedesk.web import db
from tests.federation_desk import aggregate_at, file_of, publish, with_sources
from tests.gateways.web_server import Site, running
from tests.job_desk import settings_for
from tests.saml.aggregates import entity, group, signed

Run = Callable[..., Result]
OWN, ONE, TWO = "https://own.example/idp", "https://one.example/idp", "https://two.example/idp"


@pytest.fixture
def site() -> Iterator[Site]:
    with running() as site:
        publish(site, entity(ONE, names={"it": "Università Uno", "en": "University One"}), entity(TWO))
        yield site


@pytest.fixture
def settings(database_url: str, site: Site, tmp_path: Path) -> Settings:
    own = file_of(tmp_path, "own.xml", signed(group(entity(OWN, names={"it": "Nostra", "en": "Nostra"}))))
    return with_sources(settings_for(database_url, tmp_path), own, aggregate_at(site, tmp_path))


@pytest.fixture
def flask(settings: Settings) -> Iterator[Run]:
    app = create_app(settings)
    runner = app.test_cli_runner()
    yield lambda *words: runner.invoke(args=["saml", *words])
    with app.app_context():
        db.db.engine.dispose()


def test_refresh_reads_every_source_now_and_says_what_it_gave(flask: Run, site: Site) -> None:
    for _ in range(2):
        result = flask("refresh")
        assert result.exit_code == 0, result.output
        own, address = result.output.splitlines()
        assert own.startswith("university") and own.endswith("own.xml: 1 providers, 0 problems, no end stated")
        assert address.endswith(f"{site.url}/metadata.xml: 2 providers, 0 problems, no end stated")
    assert len(site.asked) == 2


def test_refresh_fails_when_a_source_does(flask: Run, site: Site) -> None:
    site.answers.clear()
    result = flask("refresh", "university")
    assert result.exit_code == 1
    assert "failed: It could not be read: 404 Not Found." in result.output


def test_providers_lists_them_or_those_that_fit_words(flask: Run) -> None:
    flask("refresh")
    assert flask("providers", "university").output.splitlines() == [
        f"{OWN}  Nostra",
        TWO,
        f"{ONE}  Università Uno / University One",
    ]
    assert flask("providers", "university", "univ", "uno").output == f"{ONE}  Università Uno / University One\n"
    assert flask("providers", "university", "nothing").output == "None.\n"


def test_a_long_list_says_that_there_is_more(flask: Run, site: Site) -> None:
    publish(site, *(entity(f"https://idp{n}.example") for n in range(60)))
    flask("refresh")
    lines = flask("providers", "university").output.splitlines()
    assert len(lines) == 51 and lines[-1].startswith("... and more")


@pytest.mark.parametrize("words", [("refresh", "nothing"), ("providers", "nothing")])
def test_an_unknown_profile_is_told_with_those_there_are(flask: Run, words: tuple[str, ...]) -> None:
    result = flask(*words)
    assert result.exit_code == 1
    assert "There is no profile nothing. The profiles are: university." in result.output
