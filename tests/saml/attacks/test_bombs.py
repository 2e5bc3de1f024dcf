"""Messages made to fill the memory: each refused, and a process that reads them all grows by less than 50 MB."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.saml.attacks import bombs

ROOT = Path(__file__).parents[3]
MOST = 50 * 1024


@pytest.fixture(scope="module")
def growth(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, int | str]]:
    """By how many kilobytes a process of its own had grown after each bomb, and why it was refused."""
    folder = tmp_path_factory.mktemp("bombs")
    bombs.write_all(folder)
    command = [sys.executable, "-m", "tests.saml.attacks.bombs", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, dict[str, int | str]] = json.loads(done.stdout)
    return found


def test_every_bomb_is_refused(growth) -> None:
    assert len(growth) > 25
    assert {name for name, result in growth.items() if result["code"] == "accepted"} == set()


def test_no_bomb_grows_the_memory_by_50_megabytes(growth) -> None:
    assert {name: result for name, result in growth.items() if result["kilobytes"] >= MOST} == {}


def test_what_is_refused_for_its_size_is_never_decoded(growth) -> None:
    for name in ("eight megabytes of A", "a query of eight megabytes", "a long post", "a deflated long text"):
        assert growth[name]["code"] == "too-large"
