"""AgID's spid-sp-test as a program: its identity provider, and its findings by part."""

import json
import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from servicedesk.settings import ROOT

BIN: Final = ROOT / ".venv-conformance" / "bin"
PROVIDER: Final = "https://localhost:8443"
"""The entity id under which the program answers; nothing listens there."""
SECONDS: Final = 900


@dataclass(frozen=True)
class Finding:
    """One check: whether it held (`warning` counts as held), and what was seen."""

    part: str
    """metadata, requests or responses"""
    check: str
    result: str
    seen: str

    @property
    def held(self) -> bool:
        """Whether the check found nothing wrong."""
        return self.result != "failure"

    def __str__(self) -> str:
        return f"{self.part}: {self.check}: {self.seen[:300]}"


PARTS: Final = {"metadata": "metadata", "authnrequest": "requests", "response": "responses"}


def make_provider(folder: Path) -> Path:
    """Make keys for the program's identity provider in `folder` and return the path of its metadata."""
    key, certificate = folder / "private.key", folder / "public.cert"
    self_signed(key, certificate)
    made = subprocess.run(
        [str(BIN / "spid_sp_test"), "--idp-metadata"],
        env=environment(folder),
        check=True,
        capture_output=True,
        text=True,
    )
    metadata = folder / "idp-metadata.xml"
    metadata.write_text(made.stdout)
    return metadata


def self_signed(key: Path, certificate: Path) -> None:
    """Write a new key and a certificate for localhost that it signs itself."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:3072", "-nodes", "-sha256", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)


def environment(folder: Path, ca: Path | None = None) -> dict[str, str]:
    """Return the program's environment: its keys in `folder`, the certificate it trusts, no proxy."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    trusted = {"REQUESTS_CA_BUNDLE": str(ca)} if ca else {}
    return kept | trusted | {"IDP_ENTITYID": PROVIDER, "IDP_CERT_PATH": str(folder), "NO_PROXY": "*"}


def check(
    folder: Path, ca: Path, address: str, profile: str, parts: Iterable[str], cases: Sequence[str] = ()
) -> list[Finding]:
    """Return the findings of `parts` on the service provider at `address` (https://host/saml/<name>).

    For metadata alone `address` may also be a file, which is then judged as before registration: addresses without
    ports, certificates in the form AgID asks for.

    Raises AssertionError when the program broke off before its last check.
    """
    wanted = set(parts)
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    metadata = ["--metadata-url", f"{address}/metadata"]
    if address.startswith("file:"):
        metadata = ["--production", "--metadata-url", address]
    command = [str(BIN / "spid_sp_test"), *metadata, "--extra", "--profile", profile]
    command += ["--report_format", "json", "--report-output-file", str(report), "--debug", "CRITICAL", "--exit-zero"]
    if wanted - {"metadata"}:
        command += ["--authn-url", f"{address}/login?idp={PROVIDER}"]
    if "responses" in wanted:
        command += ["--test-response"]
        command += ["--test-names", *cases] if cases else []
    done = subprocess.run(
        command, env=environment(folder, ca), capture_output=True, text=True, timeout=SECONDS, cwd=folder
    )
    assert report.exists() and "Errors occourred" not in done.stderr, f"{done.stdout}\n{done.stderr}"
    found = [each for each in read(report) if each.part in wanted]
    assert {each.part for each in found} == wanted, f"missing parts\n{done.stdout}\n{done.stderr}"
    return found


def read(report: Path) -> list[Finding]:
    """Return the findings in a report of the program."""
    categories = json.loads(report.read_text())["test"]["sp"]
    return [
        Finding(PARTS[category.split("_")[0]], row["test"], row["result"], str(row["value"]))
        for category, classes in categories.items()
        for rows in classes.values()
        for row in rows
    ]


def all_cases() -> list[str]:
    """Return the names of every response case the program knows."""
    script = "from spid_sp_test.responses.settings import RESPONSE_TESTS; print(*RESPONSE_TESTS)"
    done = subprocess.run([str(BIN / "python"), "-c", script], check=True, capture_output=True, text=True)
    return done.stdout.split()
