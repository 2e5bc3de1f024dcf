"""The demo's identity providers: their processes, and the metadata by which the desk knows them at the ports in use."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from saml.devidp import FEDERATION
from saml.devidp_answers import site_metadata
from saml.devidp_config import IdpConfig, load_config, load_site
from servicedesk.settings import ROOT, SamlProfile, Settings, Source

UNIVERSITY = ROOT / "config" / "saml" / "devidp.toml"
DIGITAL = ROOT / "config" / "saml" / "devidp-digital.toml"
SHIPPED = ROOT / "config" / "saml" / "demo"
"""Where the providers' metadata for the usual ports are."""
FILES = {"university": "idp-metadata.xml", "spid": "spid-metadata.xml", "cie": "cie-metadata.xml"}
PATIENCE = 5
"""Seconds the providers get to end by themselves."""


def university(settings: Settings) -> IdpConfig:
    """Return the university's provider."""
    return load_config(UNIVERSITY, _host(settings, settings.demo.provider_port))


def digital(settings: Settings) -> tuple[IdpConfig, ...]:
    """Return the SPID providers and the CIE provider."""
    return load_site(DIGITAL, _host(settings, settings.demo.spid_port), settings.site.base_url)


def _host(settings: Settings, port: int) -> str:
    return f"http://{settings.demo.provider_host}:{port}"


def metadata(settings: Settings) -> Mapping[str, bytes]:
    """Return the metadata files for the ports in use, by the name of the one shipped for the usual ports."""
    ours = [each for each in (university(settings), *digital(settings)) if not each.in_federation]
    return {
        name: site_metadata([each for each in ours if each.federation == federation])
        for federation, name in FILES.items()
    }


def at_ports(settings: Settings, folder: Path) -> Settings:
    """Return the settings with sources for the ports in use; for unusual ones metadata are written into `folder`."""
    made = metadata(settings)
    if all((SHIPPED / name).read_bytes() == content for name, content in made.items()):
        return settings
    for name, content in made.items():
        (folder / name).write_bytes(content)

    address = f"http://127.0.0.1:{settings.demo.spid_port}{FEDERATION}"

    def moved(source: Source) -> Source:
        if source.path is None:
            return source.model_copy(update={"url": address})
        return Source(path=folder / source.path.name) if source.path.parent == SHIPPED else source

    def with_moved(profile: SamlProfile) -> SamlProfile:
        return profile.model_copy(update={"sources": tuple(map(moved, profile.sources))})

    saml = settings.saml.model_copy(update={"profiles": tuple(map(with_moved, settings.saml.profiles))})
    return settings.model_copy(update={"saml": saml})


@contextmanager
def running(settings: Settings) -> Iterator[Mapping[int, subprocess.Popen[bytes]]]:
    """Run the providers for the block: one process for the university's, one for those of SPID and CIE, by port."""
    demo = settings.demo
    with ExitStack() as stack:
        yield {
            port: stack.enter_context(process(settings, file, port))
            for port, file in ((demo.provider_port, UNIVERSITY), (demo.spid_port, DIGITAL))
        }


@contextmanager
def process(settings: Settings, file: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run the providers of one file for the block."""
    arguments = ["--config", str(file), "--host", settings.demo.provider_host, "--port", str(port)]
    started = subprocess.Popen(
        [sys.executable, "-m", "saml.devidp", *arguments, "--desk", settings.site.base_url],
        cwd=ROOT,
        env={**os.environ, "SERVICEDESK_MODE": settings.mode},
        start_new_session=True,  # Ctrl-C reaches this process alone, which then ends the other in good order
    )
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def await_all(settings: Settings, processes: Mapping[int, subprocess.Popen[bytes]]) -> None:
    """Return once every provider answers. Raises ClickException when one has ended, after its own words."""
    for port, each in processes.items():
        while not _is_listening(settings.demo.provider_host, port):
            if each.poll() is not None:
                raise click.ClickException("The demo identity provider did not start; the line above says why.")
            time.sleep(0.05)


def _is_listening(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0
