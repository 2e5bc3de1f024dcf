"""Makes the virtual environment, installs the pins, compiles translations; does nothing when all is there."""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETS = {
    "production": ["requirements.txt"],
    "demo": ["requirements.txt", "requirements-demo.txt"],
    "test": ["requirements.txt", "requirements-demo.txt", "requirements-dev.txt"],
    "conformance": ["requirements-conformance.txt"],
}
APART = {"conformance": ROOT / ".venv-conformance"}
"""Sets whose pins do not go together with ours."""
PIN = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)

FOUND = ("Collecting ", "Processing ", "Requirement already satisfied: ")


class SetupError(Exception):
    """The set-up cannot go on; the message says what to do."""


def main(wanted: str) -> None:
    with Path(__file__).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two terminals may start the first set-up at once
        environment = APART.get(wanted, ROOT / ".venv")
        make_environment(environment)
        install([ROOT / name for name in SETS[wanted]], environment)
        if wanted not in APART:
            compile_translations(environment)


def make_environment(environment: Path) -> None:
    """Create the virtual environment, anew when its Python is gone."""
    if works([str(environment / "bin" / "python"), "-c", "import pip"]):
        return
    if not works([sys.executable, "-c", "import venv, ensurepip"]):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise SetupError(f"This Python has no venv module. On Debian or Ubuntu: apt install python{version}-venv")
    print(f"Making the virtual environment {environment.name} ...", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(environment)], capture_output=True, text=True)
    if made.returncode:
        raise SetupError(f"The virtual environment could not be made:\n{made.stdout}{made.stderr}")


def works(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def install(files: list[Path], environment: Path) -> None:
    """Install what the files pin, unless exactly these contents were installed before."""
    stamp = environment / "installed.json"
    have: dict[str, str] = json.loads(stamp.read_text()) if stamp.exists() else {}
    digests = {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in files}
    if digests.items() <= have.items():
        return
    names = {name for each in files for name in PIN.findall(each.read_text())}
    print(f"Installing {len(names)} packages (about a minute on the first run) ...", flush=True)
    run_pip(environment, [part for each in files for part in ("-r", str(each))], len(names))
    stamp.write_text(json.dumps(have | digests, indent=1))


def run_pip(environment: Path, arguments: list[str], total: int) -> None:
    """Run pip install, showing how far it is. Raises SetupError with pip's last words."""
    options = ["--require-hashes", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    command = [str(environment / "bin" / "python"), "-m", "pip", "install", *options, *arguments]
    said: list[str] = []
    seen = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in pip.stdout or ():
            said.append(line)
            if line.startswith(FOUND):
                seen += 1
                show(f"{seen} of {total} found")
            elif line.startswith("Installing collected"):
                show("unpacking ...")
    show("failed" if pip.returncode else "done", last=True)
    if pip.returncode:
        raise SetupError("pip could not install the packages; its last words:\n" + "".join(said[-15:]))


def show(text: str, last: bool = False) -> None:
    """Write one progress line over the one before; a log file gets nothing."""
    if sys.stdout.isatty():
        print(f"\r  {text:<40}", end="\n" if last else "", flush=True)


def compile_translations(environment: Path) -> None:
    """Compile the catalogues that changed since they were compiled last."""
    sources = list((ROOT / "translations").glob("*/LC_MESSAGES/*.po"))
    stale = [each for each in sources if not is_newer(each.with_suffix(".mo"), each)]
    if not stale:
        return
    command = [str(environment / "bin" / "pybabel"), "-q", "compile", "-d", str(ROOT / "translations")]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SetupError(f"The translations could not be compiled:\n{done.stdout}{done.stderr}")


def is_newer(compiled: Path, source: Path) -> bool:
    return compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except SetupError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Stopped; the next run goes on from here.")
