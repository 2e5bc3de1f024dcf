"""A desk whose identity providers come from federations: a site that publishes them, settings that name it."""

from datetime import datetime
from pathlib import Path

from lxml import etree

from servicedesk.federations import plan
from servicedesk.jobs import run_job
from servicedesk.settings import ROOT, SamlProfile, Settings, Source
from servicedesk.store.base import writing
from servicedesk.store.federation import make_due
from servicedesk.turns import JobContext
from tests.gateways.web_server import Answer, Site
from tests.saml.aggregates import FEDERATION, Pair, group, pair, signed

UNIVERSITY = ROOT / "config" / "saml" / "university.toml"


def with_sources(settings: Settings, *sources: Source) -> Settings:
    """Return the settings with the university's profile alone, and these as its sources."""
    profile = SamlProfile(file=UNIVERSITY, sources=sources)
    return settings.model_copy(update={"saml": settings.saml.model_copy(update={"profiles": (profile,)})})


def certificate_file(folder: Path, name: str = FEDERATION) -> Path:
    """Return a file with the certificate of a federation."""
    path = folder / f"{name}.pem"
    path.write_text(pair(name).certificate_pem)
    return path


def aggregate_at(site: Site, folder: Path, path: str = "/metadata.xml", name: str = FEDERATION) -> Source:
    """Return the source that reads an address of the site, trusting one federation."""
    return Source(url=f"{site.url}{path}", certificate=certificate_file(folder, name))


def publish(
    site: Site,
    *members: etree._Element,
    path: str = "/metadata.xml",
    by: Pair | None = None,
    valid_until: datetime | None = None,
) -> None:
    """Publish a signed aggregate of these entities."""
    site.answers[path] = Answer(signed(group(*members, valid_until=valid_until), by))


def read_now(context: JobContext) -> str:
    """Run the job as if every source were due."""
    with context.sessions() as session, writing(session):
        make_due(session, [source.key for source in plan(context.settings)])
    return run_job(context, "refresh_federations")


def file_of(folder: Path, name: str, content: bytes) -> Source:
    """Return the source that is a file with this content."""
    path = folder / name
    path.write_bytes(content)
    return Source(path=path)
