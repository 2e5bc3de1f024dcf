"""The shape of the code: floors, empty package files, one sentence per module, files of a readable length."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("servicedesk", "saml", "tests", "scripts", "bench")
LONGEST = 400
MODULES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if "versions" not in path.parts)
CODE = [path for path in MODULES if path.name != "__init__.py"]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_module_imports_from_a_floor_above_it():
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--config", "pyproject.toml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_package_files_are_empty():
    telling = {named(path) for path in MODULES if path.name == "__init__.py" and path.read_text().strip()}
    assert telling <= {"servicedesk/__init__.py"}


@pytest.mark.parametrize("path", CODE, ids=named)
def test_a_module_starts_with_one_sentence_that_says_what_it_holds(path):
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    first = docstring.partition("\n")[0]
    assert first.endswith("."), f"{named(path)}: the first line of the docstring is no sentence: {first!r}"


@pytest.mark.parametrize("path", CODE, ids=named)
def test_a_file_is_short_enough_to_be_read_at_once(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST
