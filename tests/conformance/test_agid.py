"""AgID's own checks find nothing wrong: metadata, requests by both bindings, every answer a provider might give."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from saml.metadata import build_metadata
from saml.profile import load_profile
from servicedesk.settings import ROOT
from tests.conformance import desk, tool
from tests.conformance.desk import BINDINGS, LEVELS, Desk

LEVEL_CASES = ("1", "94", "95", "96", "97")
IS_FULL = os.environ.get("SERVICEDESK_TEST_CONFORMANCE") == "full"
"""`make conformance`: every case at every level; otherwise all at level 2, and the level cases at 1 and 3."""
EXCEPTION = re.compile(r"^\| (metadata|requests|responses) \| (.+?) \| .+ \|$", re.MULTILINE)

pytestmark = [pytest.mark.needs_xmlsec1, pytest.mark.xdist_group("conformance")]

Check = Callable[..., None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the keys, the settings and the database of both sides lie."""
    return tmp_path_factory.mktemp("conformance")


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Desk]:
    """The desk in the SPID test profile."""
    with desk.running(folder, tool.make_provider(folder)) as started:
        yield started


@pytest.fixture
def check(running: Desk, folder: Path, record_property: Callable[[str, object], None]) -> Check:
    """Run some parts of the program at one address and fail on every difference that has no reason stated."""

    def checked(address: str, kind: str, parts: Sequence[str], cases: Sequence[str] = ()) -> None:
        found = tool.check(folder, running.certificate, address, kind, parts, cases)
        if "responses" in parts:
            expected = cases or tool.all_cases()
            assert sum(each.part == "responses" for each in found) == len(expected), "some cases were not run"
        failed = [each for each in found if not each.held and (each.part, each.check) not in exceptions()]
        for part in parts:
            total = [each for each in found if each.part == part]
            record_property(f"conformance {part}", f"{sum(each.held for each in total)}/{len(total)}")
        assert not failed, "\n".join(map(str, failed))

    return checked


def exceptions() -> set[tuple[str, str]]:
    """Return the checks that may fail, from the table in docs/conformance.md, where each has its reason."""
    return {(part, name) for part, name in EXCEPTION.findall((ROOT / "docs" / "conformance.md").read_text())}


def test_only_what_needs_the_internet_is_excepted() -> None:
    assert exceptions() == {("metadata", "The IPACode element MUST have a valid value present on IPA")}


KINDS = [
    (desk.spid(2, "redirect"), "spid-sp-public"),
    ("spid-private", "spid-sp-private"),
    ("cie-redirect", "cie-sp-public"),
]


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_metadata(running: Desk, check: Check, name: str, kind: str) -> None:
    check(running.provider(name), kind, ["metadata"])


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_metadata_as_it_is_registered(check: Check, tmp_path: Path, name: str, kind: str) -> None:
    site = "https://desk.unidemo.example"
    written = tmp_path / "metadata.xml"
    written.write_bytes(build_metadata(load_profile(desk.write_profile(tmp_path, name, site), site, is_default=False)))
    check(f"file://{written}", kind, ["metadata"])


@pytest.mark.parametrize("binding", BINDINGS)
@pytest.mark.parametrize("level", LEVELS)
def test_requests(running: Desk, check: Check, level: int, binding: str) -> None:
    check(running.provider(desk.spid(level, binding)), "spid-sp-public", ["requests"])


@pytest.mark.parametrize("binding", BINDINGS)
def test_requests_to_cie(running: Desk, check: Check, binding: str) -> None:
    check(running.provider(f"cie-{binding}"), "cie-sp-public", ["requests"])


@pytest.mark.parametrize("level", LEVELS)
def test_responses(running: Desk, check: Check, level: int) -> None:
    cases = () if IS_FULL or level == 2 else LEVEL_CASES
    check(running.provider(desk.spid(level, "redirect")), "spid-sp-public", ["responses"], cases)


def test_responses_to_a_request_by_post(running: Desk, check: Check) -> None:
    cases = () if IS_FULL else LEVEL_CASES
    check(running.provider(desk.spid(2, "post")), "spid-sp-public", ["responses"], cases)
