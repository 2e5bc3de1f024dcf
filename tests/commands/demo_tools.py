"""Settings of a demo in a folder of its own on free ports, and the demo as a real process."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

from servicedesk.settings import ROOT
from tests.saml.forge import new_pair


def free_ports(count: int) -> list[int]:
    """Return ports nothing listens on at present."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def demo_environment(home: Path) -> dict[str, str]:
    """Return the environment of a demo whose data lie in `home`."""
    desk, provider, spid, smtp = free_ports(4)
    own = {
        "CONFIG": "config/demo.toml",
        "DATABASE__URL": f"sqlite:///{home}/desk.sqlite3",
        "STORAGE__FOLDER": str(home / "attachments"),
        "DEMO__MAILBOX": str(home / "mailbox"),
        "DEMO__PORT": str(desk),
        "DEMO__PROVIDER_PORT": str(provider),
        "DEMO__SPID_PORT": str(spid),
        "DEMO__SMTP_PORT": str(smtp),
        "MAIL__PORT": str(smtp),
        "SITE__BASE_URL": f"http://127.0.0.1:{desk}",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SERVICEDESK_")}
    return kept | {f"SERVICEDESK_{name}": value for name, value in own.items()}


class Running:
    """A `flask` command as a process; its lines arrive as it writes them."""

    def __init__(self, environ: dict[str, str], *words: str) -> None:
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.lines: Queue[str | None] = Queue()
        self.said: list[str] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def wait_for(self, words: str, seconds: float) -> str:
        """Return the first line that holds `words`; fails when the process ends without it."""
        while (line := self.lines.get(timeout=seconds)) is not None:
            self.said.append(line)
            if words in line:
                return line
        raise AssertionError(f"ended without {words!r}:\n{''.join(self.said)}")

    def end(self, number: int, seconds: float) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(seconds)


@contextmanager
def running(environ: dict[str, str], *words: str) -> Iterator[Running]:
    """Run a `flask` command for the length of the block; killed at its end if it still runs."""
    started = Running(environ, *words)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.end(signal.SIGTERM, 20)
        started.reader.join(5)
        if started.process.stdout:
            started.process.stdout.close()


def is_listening(port: int) -> bool:
    """Tell whether something listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def production_environment(folder: Path) -> dict[str, str]:
    """Return the environment of a desk for real use, with keys of its own; its files lie in `folder`."""
    pair = new_pair(folder)
    own = f"{folder}/"
    profile = (ROOT / "config" / "saml" / "university.toml").read_text()
    profile = profile.replace("demo/sp-demo.", "new.")
    (folder / "profile.toml").write_text(profile)
    metadata = (ROOT / "config" / "saml" / "demo" / "idp-metadata.xml").read_text()
    body = "".join(pair.certificate_pem.splitlines()[1:-1])
    marked = r"(<ds:X509Certificate>)[^<]*"
    (folder / "idp-metadata.xml").write_text(re.sub(marked, rf"\g<1>{body}", metadata))
    settings = (ROOT / "config" / "demo.toml").read_text()
    saml = f'[[saml.profiles]]\nfile = "{own}profile.toml"\nsources = [{{ path = "{own}idp-metadata.xml" }}]\n\n'
    settings = re.sub(r"\[\[saml\.profiles\]\].*(?=\[web\])", saml, settings, flags=re.DOTALL)
    (folder / "settings.toml").write_text(settings)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SERVICEDESK_")}
    return kept | {
        "SERVICEDESK_CONFIG": f"{own}settings.toml",
        "SERVICEDESK_MODE": "production",
        "SERVICEDESK_SECRET_KEY": "s" * 40,
        "SERVICEDESK_IDENTITY_KEY": "i" * 40,
        "SERVICEDESK_SITE__BASE_URL": "https://desk.example.org",
        "SERVICEDESK_DATABASE__URL": f"sqlite:///{folder}/desk.sqlite3",
    }
