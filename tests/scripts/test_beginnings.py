"""The first steps of `make demo` and `make test` where something is missing: one clear sentence each."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from servicedesk.settings import ROOT

OURS_TO_INSTALL = os.geteuid() == 0 and Path("/etc/debian_version").exists()


@pytest.fixture
def programs(tmp_path):
    """The only folder of programs that a command started by these tests finds."""
    folder = tmp_path / "programs"
    folder.mkdir()
    return folder


@pytest.fixture
def fresh(tmp_path):
    """A clone with nothing in it but the scripts."""
    shutil.copytree(ROOT / "scripts", tmp_path / "clone" / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "clone"


def program(place, text):
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"#!/bin/sh\n{text}\n")
    place.chmod(0o755)


def run(*command, **environ):
    return subprocess.run(command, env={"LC_ALL": "C.UTF-8", **environ}, capture_output=True, text=True, timeout=60)


def test_an_old_python_is_told_in_one_sentence_with_what_was_found(programs):
    program(programs / "python3", 'test "$1" = --version && echo "Python 3.9.2"')
    done = run("/bin/sh", str(ROOT / "scripts" / "python.sh"), "scripts/setup.py", "demo", PATH=str(programs))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "Python 3.11 or newer is needed (found: Python 3.9.2)" in line


def test_no_python_at_all_is_told_in_one_sentence(programs):
    done = run("/bin/sh", str(ROOT / "scripts" / "python.sh"), "scripts/setup.py", "demo", PATH=str(programs))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "(found: none)" in line


def test_a_newer_python_beside_an_old_one_is_found(programs):
    program(programs / "python3", "exit 1")
    (programs / "python3.11").symlink_to(sys.executable)
    done = run("/bin/sh", str(ROOT / "scripts" / "python.sh"), "-c", "print('here')", PATH=str(programs))
    assert done.stdout == "here\n"


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_the_venv_module_is_told_in_one_sentence(fresh, tmp_path, module):
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / f"{module}.py").write_text("raise ImportError")
    done = run(sys.executable, str(fresh / "scripts" / "setup.py"), "demo", PYTHONPATH=str(tmp_path / "without"))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "This Python has no venv module" in line
    assert "apt install python3" in line
    assert not (fresh / ".venv").exists()


def whole_suite(fresh, programs):
    program(fresh / ".venv" / "bin" / "pytest", 'echo "pytest $*"')
    return run(sys.executable, str(fresh / "scripts" / "test.py"), PATH=str(programs))


def test_missing_debian_packages_are_named_in_one_line_and_the_suite_runs(fresh, programs):
    told, ran = whole_suite(fresh, programs).stdout.splitlines()
    assert told.startswith("Not installed here: chromium openssl xmlsec1.")
    assert ran == "pytest -n 2 --dist loadgroup"


def test_where_nothing_is_missing_nothing_is_said(fresh, programs):
    for name in ("google-chrome-stable", "openssl", "xmlsec1"):
        program(programs / name, "exit 0")
    assert whole_suite(fresh, programs).stdout == "pytest -n 2 --dist loadgroup\n"


@pytest.mark.skipif(not OURS_TO_INSTALL, reason="packages are installed by root on Debian alone")
@pytest.mark.parametrize(("status", "told"), [(0, 1), (100, 3)])
def test_root_on_debian_installs_what_is_missing_and_goes_on_where_that_fails(fresh, programs, tmp_path, status, told):
    asked = tmp_path / "asked.txt"
    program(programs / "apt-get", f'echo "$*" >> {asked}; echo "no network" >&2; exit {status}')
    *said, ran = whole_suite(fresh, programs).stdout.splitlines()
    assert len(said) == told
    assert said[0] == "Installing Debian packages: chromium openssl xmlsec1 ..."
    assert ran.startswith("pytest")
    assert asked.read_text().splitlines()[0] == "-qq update"
    assert status or asked.read_text().splitlines()[1].endswith("chromium openssl xmlsec1")


def test_a_run_without_a_browser_says_which_tests_that_left_out(programs):
    file = "tests/e2e/test_going_back.py"
    command = [sys.executable, "-m", "pytest", file, "-q", "--engines", "sqlite", "-p", "no:cacheprovider"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PATH": str(programs)}, capture_output=True, text=True, timeout=60
    )
    assert "left out for want of chromium: 3 tests" in done.stdout
    assert done.stdout.count(f"\n{file}::test_") == 3
