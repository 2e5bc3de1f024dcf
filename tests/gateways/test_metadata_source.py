"""Metadata is fetched over https alone, within bounds of bytes and time; on this machine tests may do without."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from servicedesk.gateways import metadata_source
from servicedesk.gateways.metadata_source import Planned, SourceFailed, content_of, planned
from servicedesk.settings import SettingsError, Source
from tests.gateways.web_server import Answer, Site, running

LIMIT = 1_000_000


@pytest.fixture
def site() -> Iterator[Site]:
    with running() as site:
        yield site


def fetched(url: str) -> bytes:
    return content_of(Planned("idem", Source(url=url, format="json"), ""), limit=LIMIT, may_be_plain=True)


def failure(url: str) -> str:
    with pytest.raises(SourceFailed) as caught:
        fetched(url)
    return str(caught.value)


def test_what_an_address_gives_arrives_whole(site: Site) -> None:
    body = b"x" * LIMIT
    site.answers["/metadata"] = Answer(body)
    assert fetched(f"{site.url}/metadata") == body


def test_redirects_are_followed_to_addresses_that_may_be_asked(site: Site) -> None:
    site.answers["/old"] = Answer(status=301, location="/new")
    site.answers["/new"] = Answer(b"here")
    assert fetched(f"{site.url}/old") == b"here"


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://127.0.0.2/x", "http://localhost/x", "data:text/plain,x"],
)
def test_redirects_to_anything_but_https_are_refused(site: Site, location: str) -> None:
    site.answers["/old"] = Answer(status=302, location=location)
    assert "could not be read" in failure(f"{site.url}/old")
    assert site.asked == ["/old"]


def test_a_long_way_of_redirects_ends(site: Site) -> None:
    for number in range(9):
        site.answers[f"/{number}"] = Answer(status=302, location=f"/{number + 1}")
    assert "could not be read" in failure(f"{site.url}/0")
    assert site.asked == ["/0", "/1", "/2", "/3"]


def test_redirects_in_a_circle_end(site: Site) -> None:
    site.answers["/round"] = Answer(status=302, location="/round")
    assert "could not be read" in failure(f"{site.url}/round")
    assert len(site.asked) <= 6


def test_a_larger_answer_than_allowed_is_refused_without_reading_it_to_the_end(site: Site) -> None:
    site.answers["/metadata"] = Answer(b"x" * (LIMIT + 1), announced=10**12)
    assert "larger than 1 megabytes" in failure(f"{site.url}/metadata")


def test_an_answer_that_breaks_off_is_no_answer(site: Site) -> None:
    site.answers["/metadata"] = Answer(b"half", announced=8)
    assert "could not be read" in failure(f"{site.url}/metadata")


def test_errors_of_the_server_and_its_absence_are_told(site: Site) -> None:
    assert "404" in failure(f"{site.url}/nothing")
    site.answers["/broken"] = Answer(b"<html>sorry</html>", status=503)
    assert "503" in failure(f"{site.url}/broken")
    assert "could not be read" in failure("http://127.0.0.1:9/metadata")


def test_a_server_that_keeps_silent_is_not_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata_source, "STEP_SECONDS", 0.1)
    never = Event()
    site.answers["/slow"] = Answer(b"late", waits_for=never)
    assert "timed out" in failure(f"{site.url}/slow")
    never.set()


def test_a_server_that_drips_is_not_listened_to_for_ever(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata_source, "WHOLE_SECONDS", -1)
    site.answers["/drips"] = Answer(b"drop")
    assert "not finished" in failure(f"{site.url}/drips")


def test_a_file_is_read_within_the_same_bounds(tmp_path: Path) -> None:
    path = tmp_path / "metadata.xml"
    source = Planned("idem", Source(path=path), "")
    with pytest.raises(SourceFailed):
        content_of(source, limit=LIMIT, may_be_plain=False)
    path.write_bytes(b"x" * LIMIT)
    assert content_of(source, limit=LIMIT, may_be_plain=False) == path.read_bytes()
    path.write_bytes(b"x" * (LIMIT + 1))
    with pytest.raises(SourceFailed):
        content_of(source, limit=LIMIT, may_be_plain=False)


def test_in_production_an_address_without_https_stops_the_start(tmp_path: Path) -> None:
    plain = Source(url="http://127.0.0.1:8001/list", format="json")
    assert planned("spid", [plain], may_be_plain=True)
    with pytest.raises(SettingsError, match="must be an https address"):
        planned("spid", [plain], may_be_plain=False)


def test_an_address_that_only_looks_like_this_machine_is_not_asked() -> None:
    near = Source(url="http://127.0.0.1.evil.example/list", format="json")
    with pytest.raises(SettingsError, match="must be an https address"):
        planned("spid", [near], may_be_plain=True)


def test_every_missing_or_empty_certificate_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    missing = tmp_path / "missing.pem"
    url = "https://federation.example/metadata.xml"
    with pytest.raises(SettingsError) as caught:
        planned("idem", [Source(url=url, certificate=each) for each in (empty, missing)], may_be_plain=False)
    assert str(empty) in str(caught.value) and str(missing) in str(caught.value)


def test_another_certificate_makes_another_source(tmp_path: Path) -> None:
    source = Source(url="https://federation.example/metadata.xml", certificate=tmp_path / "federation.pem")
    keys = [Planned("idem", source, trusted).key for trusted in ("one", "two")]
    assert keys[0] != keys[1]
    assert Planned("idem", source, "one").key == keys[0] != Planned("spid", source, "one").key
