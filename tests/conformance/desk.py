"""The desk in the SPID test profile: one process over https with a profile for each federation, level and binding."""

import contextlib
import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Final

from saml.keys import new_key_pair, write_key_pair
from saml.profile import load_profile
from servicedesk.settings import ROOT
from tests.conformance.tool import self_signed

TEMPLATES: Final = Path(__file__).parent / "profiles"
LEVELS: Final = (1, 2, 3)
BINDINGS: Final = ("redirect", "post")
SECONDS: Final = 60


@dataclass(frozen=True)
class Desk:
    """A running desk: its address, and the certificate under which it is reached."""

    base_url: str
    certificate: Path

    def provider(self, name: str) -> str:
        """Return the address of the service provider of one profile."""
        return f"{self.base_url}/saml/{name}"


def spid(level: int, binding: str) -> str:
    """Return the name of the SPID profile that asks for `level` by `binding`."""
    return f"spid-{level}-{binding}"


def profiles() -> dict[str, tuple[str, int, str]]:
    """Return for each profile's name its template, level and binding."""
    made = {spid(level, binding): ("spid-public", level, binding) for level in LEVELS for binding in BINDINGS}
    made["spid-private"] = ("spid-private", 2, "redirect")
    made |= {f"cie-{binding}": ("cie-public", 2, binding) for binding in BINDINGS}
    return made


@contextlib.contextmanager
def running(folder: Path, provider_metadata: Path) -> Iterator[Desk]:
    """Run the desk in `folder` for the length of the block."""
    port = free_port()
    base_url = f"https://localhost:{port}"
    key, certificate = folder / "web.key", folder / "web.crt"
    self_signed(key, certificate)
    environ = settings(folder, base_url, provider_metadata)
    for words in (["db", "upgrade"], ["catalogue", "apply", "categories.yaml"]):
        flask(environ, *words)
    log = folder / "desk.log"
    command = [sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--workers", "2", "--threads", "4"]
    command += ["--bind", f"localhost:{port}", "--keyfile", str(key), "--certfile", str(certificate), "wsgi:app"]
    with log.open("w") as written:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=written, stderr=subprocess.STDOUT)
        try:
            wait_until_ready(process, base_url, certificate, log)
            yield Desk(base_url, certificate)
        finally:
            process.terminate()
            process.wait(20)


def free_port() -> int:
    """Return a port nothing listens on at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def settings(folder: Path, base_url: str, provider_metadata: Path) -> dict[str, str]:
    """Write profiles and settings into `folder` and return the environment that names them."""
    lines = (ROOT / "config" / "test.toml").read_text().split("[[saml.profiles]]")[0]
    lines += '\n[web]\nsign_ins = "100000 per minute"\n'  # the program sends more in a minute than any campus
    for name in profiles():
        file = write_profile(folder, name, base_url)
        lines += f'\n[[saml.profiles]]\nfile = "{file}"\nsources = [{{ path = "{provider_metadata}" }}]\n'
    (folder / "settings.toml").write_text(lines)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SERVICEDESK_")}
    return kept | {
        "SERVICEDESK_CONFIG": str(folder / "settings.toml"),
        "SERVICEDESK_SITE__BASE_URL": base_url,
        "SERVICEDESK_DATABASE__URL": f"sqlite:///{folder}/desk.sqlite3",
        "SERVICEDESK_STORAGE__FOLDER": str(folder / "attachments"),
        "SERVICEDESK_WEB__SIGN_INS": "100000 per minute",
        "SERVICEDESK_RECORDS__LOG_KEY": "conformance-log-key-0123456789abcdef",
    }


def write_profile(folder: Path, name: str, base_url: str) -> Path:
    """Write the file of one profile and its keys, one in use and one to come, and return its path."""
    template, level, binding = profiles()[name]
    text = Template((TEMPLATES / f"{template}.toml").read_text())
    file = folder / f"{name}.toml"
    given = {"name": name, "level": level, "binding": binding, "keys": folder / template, "site": base_url}
    file.write_text(text.substitute(given))
    profile = load_profile(file, base_url, is_default=False, with_keys=False)
    for kind in (template, f"{template}-next"):
        if not (folder / f"{kind}.key").exists():
            write_key_pair(new_key_pair(profile, locality="Brescia", days=365, now=datetime.now(UTC)), folder, kind)
    return file


def flask(environ: dict[str, str], *words: str) -> None:
    """Run one of the desk's commands to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *words], cwd=ROOT, env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"


def wait_until_ready(process: "subprocess.Popen[bytes]", base_url: str, certificate: Path, log: Path) -> None:
    """Return as soon as the desk answers."""
    trusted = ssl.create_default_context(cafile=str(certificate))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted))
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError), opener.open(f"{base_url}/readyz", timeout=5):
            return
        time.sleep(0.2)
    raise AssertionError(f"the desk did not answer:\n{log.read_text()}")
