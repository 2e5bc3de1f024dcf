"""Measures a federation's aggregate of 6,000 identity providers in 80 MB: the job that reads it, and the pages after.

The aggregate is signed and served over http on this machine; aims: the job under 30 s, a page's part under 50 ms.
"""

import argparse
import functools
import multiprocessing
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from flask import Flask
from lxml import etree

from saml.safexml import written
from saml.signing import certificate_bodies, sign_element
from servicedesk import jobs, turns
from servicedesk.app import create_app
from servicedesk.federations import plan
from servicedesk.settings import ROOT, SamlProfile, Settings, Source, load
from servicedesk.store import migrate
from servicedesk.store.base import writing
from servicedesk.store.federation import make_due
from servicedesk.web.auth.registries import DeskRegistry, registries

DEMO = ROOT / "config" / "saml" / "demo"
TIMES = 9
TOWNS = ("Bergamo", "Brescia", "Milano", "Leiden", "Uppsala", "Porto", "Napoli", "Graz", "Brno", "Sevilla", "Zagreb")
ENTITY = """<md:EntityDescriptor entityID="https://idp{n}.uni{n}.example/idp/shibboleth" ID="_{n}">
<md:Extensions><mdrpi:RegistrationInfo registrationAuthority="https://federation.example/"
 registrationInstant="2020-01-01T00:00:00Z"/><shibmd:Scope regexp="false">uni{n}.example</shibmd:Scope></md:Extensions>
<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:Extensions><mdui:UIInfo>
<mdui:DisplayName xml:lang="it">Università di {town} {n}</mdui:DisplayName>
<mdui:DisplayName xml:lang="en">University of {town} {n}</mdui:DisplayName>{more}</mdui:UIInfo></md:Extensions>
<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{key}</ds:X509Certificate></ds:X509Data>
</ds:KeyInfo></md:KeyDescriptor><md:KeyDescriptor use="encryption"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{key}
</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
 Location="https://idp{n}.uni{n}.example/sso/post"/>
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
 Location="https://idp{n}.uni{n}.example/sso"/>
</md:IDPSSODescriptor><md:Organization><md:OrganizationName xml:lang="en">{town} {edition}</md:OrganizationName>
</md:Organization></md:EntityDescriptor>"""
ROOT_TAG = """<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
 xmlns:ds="http://www.w3.org/2000/09/xmldsig#"
 xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui" xmlns:shibmd="urn:mace:shibboleth:metadata:1.0"
 xmlns:mdrpi="urn:oasis:names:tc:SAML:metadata:rpi" ID="_aggregate" validUntil="{until}">"""
MORE = "".join(
    f'<mdui:Keywords xml:lang="x{n}">some more words about what this place is {n}</mdui:Keywords>' for n in range(100)
)


class Demo:
    """The demo's key signs for the federation."""

    key_pem = (DEMO / "idp-demo.key").read_text()
    certificate_pem = (DEMO / "idp-demo.crt").read_text()


def make_aggregate(path: Path, count: int, changed: int = 0) -> None:
    """Write a signed aggregate of `count` providers; the first `changed` have another name than before."""
    (key,) = certificate_bodies(Demo.certificate_pem)
    text = [ROOT_TAG.format(until=written(datetime.now(UTC) + timedelta(days=7)))]
    for n in range(count):
        town = TOWNS[n % len(TOWNS)] + ("-Nuova" if n < changed else "")
        text.append(ENTITY.format(n=n, town=town, key=key, more=MORE, edition="x" * 100))
    root = etree.fromstring("".join([*text, "</md:EntitiesDescriptor>"]))
    sign_element(root, Demo())
    path.write_bytes(etree.tostring(root))


def apart(work: Callable[..., None], *arguments: object) -> None:
    """Do the work in a process of its own, so that its memory does not count."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    process.start()
    process.join()
    assert process.exitcode == 0


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the folder over http and give its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def settings_for(folder: Path, url: str, database: str) -> Settings:
    """Return the test settings with the aggregate as the only source of the university's profile."""
    environ = {"SERVICEDESK_DATABASE__URL": database or f"sqlite:///{folder}/bench.sqlite3"}
    settings = load(ROOT / "config" / "test.toml", environ)
    source = Source(url=f"{url}/aggregate.xml", certificate=DEMO / "idp-demo.crt")
    profile = SamlProfile(file=settings.saml.profiles[0].file, sources=(source,))
    return settings.model_copy(update={"saml": settings.saml.model_copy(update={"profiles": (profile,)})})


def timed_job(context: turns.JobContext, what: str) -> None:
    """Run the job as if it were due, and print how long it took."""
    began = time.perf_counter()
    with context.sessions() as session, writing(session):
        make_due(session, [source.key for source in plan(context.settings)])
    result = jobs.run_job(context, "refresh_federations")
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"job, {what:<12}{time.perf_counter() - began:>8.1f} s   {megabytes} MB at most   {result}")


def timed(app: Flask, what: str, call: Callable[[], object]) -> None:
    """Print the median milliseconds of a call, each in a request of its own."""
    taken = []
    for _ in range(TIMES):
        with app.test_request_context("/"):
            began = time.perf_counter()
            call()
            taken.append((time.perf_counter() - began) * 1000)
    print(f"{what:<44}{taken[0]:>8.1f} ms at first {statistics.median(taken):>8.1f} ms")


def measure_pages(settings: Settings, count: int) -> None:
    """Print what finding and choosing costs, alone and in the sign-in page."""
    app = create_app(settings)

    def ours() -> DeskRegistry:
        return registries()[0]

    last = f"https://idp{count - 1}.uni{count - 1}.example/idp/shibboleth"
    timed(app, "one provider by its id", lambda: ours().get(last))
    timed(app, "are there many", lambda: ours().is_large())
    timed(app, "the first 100", lambda: ours().choices(100))
    timed(app, "search 'univ berg'", lambda: ours().search("univ berg", 21))
    timed(app, f"search 'uni{count - 1}'", lambda: ours().search(f"uni{count - 1}", 21))
    timed(app, "search 'nothing'", lambda: ours().search("nothing", 21))
    for path in ("/login", "/login?q=univ+berg", "/login?q=nothing"):
        taken = []
        for _ in range(TIMES):
            began = time.perf_counter()
            assert app.test_client().get(path).status_code == 200
            taken.append((time.perf_counter() - began) * 1000)
        print(f"page {path:<39}{taken[0]:>8.1f} ms at first {statistics.median(taken):>8.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--providers", type=int, default=6_000)
    parser.add_argument("--database", default="", help="an empty database; a SQLite file by default")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        aggregate = folder / "public" / "aggregate.xml"
        aggregate.parent.mkdir()
        apart(make_aggregate, aggregate, options.providers)
        print(f"{options.providers} providers in {aggregate.stat().st_size / 1e6:.0f} MB")
        with served(aggregate.parent) as url:
            settings = settings_for(folder, url, options.database)
            migrate.upgrade(settings.database.url)
            context = jobs.make_context(settings)
            timed_job(context, "first")
            timed_job(context, "unchanged")
            apart(make_aggregate, aggregate, options.providers, options.providers // 100)
            timed_job(context, "1% changed")
        measure_pages(settings, options.providers)


if __name__ == "__main__":
    main()
