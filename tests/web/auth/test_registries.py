"""The providers of a profile, from files and addresses together: who may sign people in, and who is offered."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from lxml import etree

from saml.errors import Code, ConfigurationError, SamlError
from servicedesk.app import create_app
from servicedesk.settings import Settings, SettingsError, Source
from servicedesk.web.auth.registries import FEW, DeskRegistry, registry_of
from servicedesk.web.db import db
from tests.federation_desk import aggregate_at, file_of, publish, read_now, with_sources
from tests.gateways.web_server import Site, running
from tests.job_desk import working
from tests.saml.aggregates import entity, group, pair, signed
from tests.web.queries import count_queries

ONE, TWO, THREE = "https://one.example/idp", "https://two.example/idp", "https://three.example/idp"
EVIL = pair("somebody")
Asked = Callable[[DeskRegistry], Any]


@pytest.fixture
def site() -> Iterator[Site]:
    with running() as site:
        yield site


@pytest.fixture
def desk_of(settings: Settings) -> Iterator[Callable[..., "Desk"]]:
    """Make the desk with these sources; those at addresses are read by the job, as often as asked."""
    made = []

    def make(*sources: Source) -> Desk:
        made.append(Desk(with_sources(settings, *sources)))
        return made[-1]

    yield make
    for desk in made:
        desk.close()


class Desk:
    """The application with one profile, and its job."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.app: Flask = create_app(settings)
        self.read()

    def read(self) -> None:
        with working(self.settings) as context:
            read_now(context)

    def ask(self, question: Asked) -> Any:
        """Ask the registry inside a request."""
        with self.app.test_request_context("/"):
            return question(registry_of("university"))

    def certificate(self, entity_id: str) -> str:
        certificates: tuple[str, ...] = self.ask(lambda ours: ours.get(entity_id).certificates)
        return certificates[0]

    def offered(self, words: str = "", limit: int = 50) -> list[str]:
        found = self.ask(lambda ours: ours.search(words, limit) if words else ours.choices(limit))
        return [choice.entity_id for choice in found]

    def refuses(self, entity_id: str) -> bool:
        try:
            self.certificate(entity_id)
        except SamlError as error:
            return error.code == Code.UNKNOWN_PROVIDER
        return False

    def close(self) -> None:
        with self.app.app_context():
            db.engine.dispose()


def own(tmp_path: Path, *members: etree._Element, name: str = "own.xml", **more: Any) -> Source:
    return file_of(tmp_path, name, signed(group(*members, **more)))


@pytest.mark.both_databases
def test_providers_of_files_and_of_addresses_are_found_and_offered_in_the_order_of_the_sources(
    desk_of, site: Site, tmp_path: Path
) -> None:
    publish(site, entity(THREE, names={"it": "Zeta"}), entity(TWO, names={"it": "Alfa", "en": "Alpha"}))
    desk = desk_of(own(tmp_path, entity(ONE, names={"it": "Nostra"})), aggregate_at(site, tmp_path))
    assert desk.offered() == [ONE, TWO, THREE]
    assert desk.offered(limit=2) == [ONE, TWO]
    for entity_id in (ONE, TWO, THREE):
        assert desk.certificate(entity_id) == pair("provider").certificate_pem
    (choice,) = desk.ask(lambda ours: ours.search("alp", 5))
    assert (choice.entity_id, choice.names) == (TWO, {"it": "Alfa", "en": "Alpha"})


def test_who_is_in_no_source_is_unknown(desk_of, site: Site, tmp_path: Path) -> None:
    publish(site, entity(TWO))
    desk = desk_of(own(tmp_path, entity(ONE)), aggregate_at(site, tmp_path))
    for entity_id in ("", "https://nobody.example", TWO + "x", TWO.upper(), "x" * 5000):
        assert desk.refuses(entity_id), entity_id


def test_an_aggregate_cannot_take_over_the_provider_of_a_file_before_it(desk_of, site: Site, tmp_path: Path) -> None:
    publish(site, entity(ONE, keys=[EVIL], names={"it": "Evil"}), entity(TWO))
    desk = desk_of(own(tmp_path, entity(ONE, names={"it": "Nostra"})), aggregate_at(site, tmp_path))
    assert desk.certificate(ONE) == pair("provider").certificate_pem
    assert desk.offered() == [ONE, TWO]
    assert desk.offered("evil") == []


def test_a_file_cannot_take_over_the_provider_of_an_aggregate_before_it(desk_of, site: Site, tmp_path: Path) -> None:
    publish(site, entity(ONE))
    desk = desk_of(aggregate_at(site, tmp_path), own(tmp_path, entity(ONE, keys=[EVIL])))
    assert desk.certificate(ONE) == pair("provider").certificate_pem
    assert desk.offered() == [ONE]


def test_of_two_files_the_first_one_counts(desk_of, tmp_path: Path) -> None:
    second = own(tmp_path, entity(ONE, keys=[EVIL]), entity(TWO), name="second.xml")
    desk = desk_of(own(tmp_path, entity(ONE)), second)
    assert desk.certificate(ONE) == pair("provider").certificate_pem
    assert desk.offered() == [ONE, TWO]


def test_the_provider_of_an_ended_file_is_unknown_and_nobody_takes_its_place(
    desk_of, site: Site, tmp_path: Path
) -> None:
    publish(site, entity(ONE, keys=[EVIL]), entity(TWO))
    ended = own(tmp_path, entity(ONE), valid_until=datetime.now(UTC) - timedelta(seconds=5))
    desk = desk_of(ended, aggregate_at(site, tmp_path))
    assert desk.refuses(ONE)
    assert desk.offered() == [TWO]


def test_an_ended_entity_of_a_file_is_unknown_and_the_others_stay(desk_of, tmp_path: Path) -> None:
    ended = entity(ONE, valid_until=datetime.now(UTC) - timedelta(seconds=5))
    desk = desk_of(own(tmp_path, ended, entity(TWO)))
    assert desk.refuses(ONE) and not desk.refuses(TWO)
    assert desk.offered() == [TWO]


def test_hidden_providers_are_not_offered_but_known(desk_of, site: Site, tmp_path: Path) -> None:
    publish(site, entity(TWO, is_hidden=True, names={"it": "Due"}))
    desk = desk_of(own(tmp_path, entity(ONE, is_hidden=True, names={"it": "Uno"})), aggregate_at(site, tmp_path))
    assert desk.offered() == desk.offered("uno") == desk.offered("due") == []
    assert not desk.refuses(ONE) and not desk.refuses(TWO)


def test_a_new_copy_counts_at_once(desk_of, site: Site, tmp_path: Path) -> None:
    publish(site, entity(ONE), entity(TWO))
    desk = desk_of(aggregate_at(site, tmp_path))
    assert desk.certificate(ONE) == pair("provider").certificate_pem
    publish(site, entity(ONE, keys=[EVIL]))
    desk.read()
    assert desk.certificate(ONE) == EVIL.certificate_pem
    assert desk.refuses(TWO)


def test_a_certificate_taken_out_of_the_settings_vouches_for_nobody_from_the_next_start(
    desk_of, site: Site, tmp_path: Path
) -> None:
    publish(site, entity(ONE))
    assert desk_of(aggregate_at(site, tmp_path)).offered() == [ONE]
    later = with_sources(desk_of(own(tmp_path, entity(TWO))).settings, aggregate_at(site, tmp_path, name="new"))
    app = create_app(later)  # before any job has run
    with app.test_request_context("/"):
        assert registry_of("university").choices(5) == ()
        db.engine.dispose()


def test_with_more_than_a_few_providers_there_is_a_search(desk_of, site: Site, tmp_path: Path) -> None:
    members = [entity(f"https://idp{n}.example", names={"it": f"Uni {n}"}) for n in range(FEW)]
    publish(site, *members)
    desk = desk_of(aggregate_at(site, tmp_path))
    assert not desk.ask(DeskRegistry.is_large)
    publish(site, *members, entity(ONE))
    desk.read()
    assert desk.ask(DeskRegistry.is_large)


def test_a_search_without_words_finds_nothing_and_takes_no_wildcards(desk_of, tmp_path: Path) -> None:
    desk = desk_of(own(tmp_path, entity(ONE, names={"it": "Università Uno"})))
    assert desk.offered("università di uno") == [ONE]
    for words in (" ", "%", "_", "' or 1=1", "uno due"):
        assert desk.ask(lambda ours, words=words: ours.search(words, 5)) == (), words


def test_what_comes_from_files_alone_asks_no_database(desk_of, tmp_path: Path) -> None:
    desk = desk_of(own(tmp_path, entity(ONE)))
    with count_queries(desk.app) as seen:
        assert desk.certificate(ONE) and desk.offered() == [ONE]
    assert seen.count == 0


def test_one_provider_or_a_choice_takes_one_statement(desk_of, site: Site, tmp_path: Path) -> None:
    publish(site, *(entity(f"https://idp{n}.example") for n in range(30)))
    desk = desk_of(aggregate_at(site, tmp_path))
    for question in (
        lambda ours: ours.get("https://idp7.example"),
        lambda ours: ours.choices(20),
        lambda ours: ours.search("idp7", 20),
        DeskRegistry.is_large,
    ):
        with count_queries(desk.app) as seen:
            desk.ask(question)
        assert seen.count == 1


def test_the_same_row_gives_the_same_object(desk_of, site: Site, tmp_path: Path) -> None:
    publish(site, entity(ONE))
    desk = desk_of(aggregate_at(site, tmp_path))
    assert desk.ask(lambda ours: ours.get(ONE)) is desk.ask(lambda ours: ours.get(ONE))


def test_every_error_of_every_file_stops_the_start(settings: Settings, tmp_path: Path) -> None:
    weak = own(tmp_path, entity(ONE, keys=[pair("weak", bits=1024)]), entity(TWO), name="weak.xml")
    sources = (weak, file_of(tmp_path, "broken.xml", b"<a"), Source(path=tmp_path / "missing.xml"))
    with pytest.raises(ConfigurationError) as caught:
        create_app(with_sources(settings, *sources))
    text = "\n".join(caught.value.errors)
    for expected in ("1024 bits", "broken.xml", "missing.xml"):
        assert expected in text


def test_errors_in_what_a_federation_signed_leave_out_single_providers(desk_of, tmp_path: Path) -> None:
    certificate = tmp_path / "federation.pem"
    certificate.write_text(pair("federation").certificate_pem)
    weak = own(tmp_path, entity(ONE, keys=[pair("weak", bits=1024)]), entity(TWO))
    desk = desk_of(weak.model_copy(update={"certificate": certificate}))
    assert desk.offered() == [TWO]


def test_a_file_that_its_federation_did_not_sign_stops_the_start(settings: Settings, tmp_path: Path) -> None:
    certificate = tmp_path / "somebody.pem"
    certificate.write_text(EVIL.certificate_pem)
    source = own(tmp_path, entity(ONE)).model_copy(update={"certificate": certificate})
    with pytest.raises(ConfigurationError, match=Code.BAD_SIGNATURE):
        create_app(with_sources(settings, source))


def test_a_certificate_that_is_missing_stops_the_start(settings: Settings, tmp_path: Path) -> None:
    source = own(tmp_path, entity(ONE)).model_copy(update={"certificate": tmp_path / "missing.pem"})
    with pytest.raises(SettingsError, match="missing.pem"):
        create_app(with_sources(settings, source))
